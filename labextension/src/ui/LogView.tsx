/** A log: colours of SGR only, a search, and following its end. */
import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

import { type ISpan, lines, plain } from './ansi';
import { useUi } from './context';
import { count } from './format';

const ROW = 18;
const SHORT = 400;

export interface ILogProps {
  text: string;
  /** Lines that came before and are not here. */
  skipped?: number;
  live?: boolean;
  /** As high as its place instead of as its lines, up to a limit. */
  fill?: boolean;
}

export function LogView(props: ILogProps): React.ReactElement {
  const { trans } = useUi();
  const [search, setSearch] = React.useState('');
  const [follow, setFollow] = React.useState(true);
  const rows = React.useMemo(() => lines(props.text), [props.text]);
  const wanted = search.trim().toLowerCase();
  const shown = React.useMemo(
    () => (wanted ? rows.filter(row => plain(row).toLowerCase().includes(wanted)) : rows),
    [rows, wanted]
  );
  return (
    <div className={`mj-log${props.fill ? ' mj-fill' : ''}`}>
      <div className="mj-log-bar">
        <input
          type="search"
          className="mj-input"
          placeholder={trans.__('Search the log')}
          aria-label={trans.__('Search the log')}
          value={search}
          onChange={event => setSearch(event.target.value)}
        />
        <span className="mj-faint">
          {wanted
            ? trans.__('%1 of %2', shown.length, count(rows.length, 'line'))
            : count(rows.length, 'line')}
          {props.skipped ? ` · ${trans.__('%1 before', count(props.skipped, 'line'))}` : ''}
        </span>
        {props.live && (
          <label className="mj-check">
            <input type="checkbox" checked={follow} onChange={event => setFollow(event.target.checked)} />
            {trans.__('Follow')}
          </label>
        )}
      </div>
      <Lines rows={shown} wanted={wanted} follow={Boolean(props.live) && follow && !wanted} />
    </div>
  );
}

function Lines(props: { rows: readonly ISpan[][]; wanted: string; follow: boolean }): React.ReactElement {
  const { rows, wanted, follow } = props;
  const box = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => {
    if (follow && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [follow, rows]);
  if (rows.length <= SHORT) {
    return (
      <div className="mj-log-lines" ref={box} tabIndex={0} role="log">
        {rows.map((row, index) => (
          <Line key={index} row={row} wanted={wanted} />
        ))}
      </div>
    );
  }
  return <ManyLines rows={rows} wanted={wanted} box={box} />;
}

function ManyLines(props: {
  rows: readonly ISpan[][];
  wanted: string;
  box: React.RefObject<HTMLDivElement>;
}): React.ReactElement {
  const { rows, box } = props;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 20
  });
  return (
    <div className="mj-log-lines" ref={box} tabIndex={0} role="log">
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(item => (
          <div
            key={item.key}
            className="mj-log-row"
            style={{ transform: `translateY(${item.start}px)`, height: ROW }}
          >
            <Line row={rows[item.index]} wanted={props.wanted} />
          </div>
        ))}
      </div>
    </div>
  );
}

const Line = React.memo(function Line(props: { row: readonly ISpan[]; wanted: string }): React.ReactElement {
  return (
    <div className="mj-log-line">
      {props.row.map((span, index) => (
        <span key={index} className={span.style || undefined}>
          {marked(span.text, props.wanted)}
        </span>
      ))}
      {props.row.length === 0 && '\u00a0'}
    </div>
  );
});

function marked(text: string, wanted: string): React.ReactNode {
  if (!wanted) {
    return text;
  }
  const parts: React.ReactNode[] = [];
  const lower = text.toLowerCase();
  let at = 0;
  for (let found = lower.indexOf(wanted); found >= 0; found = lower.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), <mark key={found}>{text.slice(found, found + wanted.length)}</mark>);
    at = found + wanted.length;
  }
  return [...parts, text.slice(at)];
}
