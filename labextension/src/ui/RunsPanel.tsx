/** The list of runs: live, filtered by a line of text, and long without being slow. */
import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

import { type IRunRef, refKey } from './client';
import { useUi } from './context';
import { useGiven, useLater, useNow } from './hooks';
import { useChanges, useRuns } from './live';
import { toRef } from './pages';
import { Trouble } from './parts';
import { ProjectChoice } from './ProjectChoice';
import { type IPress, RunRow } from './RunRow';
import { NONE, press, type Selection } from './selection';
import type { IRunSummary } from './types';

const ROW = 50;
const NO_COLUMNS: string[] = [];
const PAUSE = 250;

export interface IRunsPanelProps {
  /** Whether it can be seen; a hidden panel asks nothing. */
  visible: boolean;
  project?: string;
  filter?: string;
  onFilter?: (filter: string) => void;
  /** Told of every choice, so that commands know what they act on. */
  onSelect?: (refs: readonly IRunRef[]) => void;
}

export function RunsPanel(props: IRunsPanelProps): React.ReactElement {
  const { trans } = useUi();
  const [filter, setFilter] = React.useState(props.filter ?? '');
  const asked = useLater(filter.trim(), PAUSE);
  const [project, setProject] = useGiven(props.project ?? '*');
  useChanges(props.visible);
  const query = useRuns({ filter: asked, project, columns: NO_COLUMNS }, props.visible);
  const rows = React.useMemo(() => query.data?.pages.flatMap(page => page.rows) ?? [], [query.data]);
  const understood = query.data?.pages[0]?.understood ?? [];
  const badFilter = query.error?.status === 400;
  const change = (text: string): void => {
    setFilter(text);
    props.onFilter?.(text);
  };
  return (
    <div className="mj-panel">
      <div className="mj-panel-head">
        <h3 className="mj-name">{trans.__('Runs')}</h3>
        <ProjectChoice project={project} choose={setProject} visible={props.visible} />
      </div>
      <div className="mj-search">
        <input
          type="search"
          className={`mj-input${badFilter ? ' mj-bad' : ''}`}
          placeholder={trans.__('accuracy > 0.95 state:completed')}
          aria-label={trans.__('Filter runs')}
          aria-invalid={badFilter}
          spellCheck={false}
          value={filter}
          onChange={event => change(event.target.value)}
        />
        {badFilter && asked === filter.trim() && <Trouble error={query.error} />}
        {!badFilter && understood.length > 0 && (
          <p className="mj-understood">
            {understood.map((each, index) => (
              <span key={index} className="mj-tag">
                <bdi>{each}</bdi>
              </span>
            ))}
          </p>
        )}
      </div>
      {query.error && !badFilter && <Trouble error={query.error} retry={() => void query.refetch()} />}
      {rows.length === 0 && !query.error && (
        <p className="mj-quiet">
          {query.isPending
            ? trans.__('Loading …')
            : asked
              ? trans.__('No run matches.')
              : trans.__('No runs yet.')}
        </p>
      )}
      <Rows
        rows={rows}
        more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        onSelect={props.onSelect}
      />
    </div>
  );
}

function Rows(props: {
  rows: readonly IRunSummary[];
  more?: () => void;
  onSelect?: (refs: readonly IRunRef[]) => void;
}): React.ReactElement {
  const { rows, more, onSelect } = props;
  const { host, trans } = useUi();
  const box = React.useRef<HTMLDivElement>(null);
  const list = React.useId();
  const [selection, setSelection] = React.useState<Selection>(NONE);
  const now = useNow();
  const keys = React.useMemo(() => rows.map(row => refKey(toRef(row))), [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: index => keys[index],
    overscan: 8
  });
  const items = virtual.getVirtualItems();
  const last = items.length ? items[items.length - 1].index : -1;
  React.useEffect(() => {
    if (more && last >= rows.length - 20) {
      more();
    }
  }, [more, last, rows.length]);
  const choose = (next: Selection): void => {
    setSelection(next);
    onSelect?.(rows.filter((_, index) => next.keys.has(keys[index])).map(toRef));
  };
  // rows keep the same two functions for good, so that only rows that changed are drawn again
  const latest = React.useRef({ choose, selection, keys, rows, host });
  latest.current = { choose, selection, keys, rows, host };
  const pressed = React.useCallback((index: number, how: IPress) => {
    const { choose, selection, keys } = latest.current;
    if (!how.context || !selection.keys.has(keys[index])) {
      choose(press(selection, keys, index, how));
    }
  }, []);
  const open = React.useCallback((index: number) => {
    const { host, rows } = latest.current;
    host.openRun?.(toRef(rows[index]));
  }, []);
  const active = keys.indexOf(selection.active);
  const keyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key] ?? 0;
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : active + step;
    if (step || event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      const at = Math.max(0, Math.min(rows.length - 1, active < 0 ? 0 : to));
      choose(press(selection, keys, at, { range: event.shiftKey, toggle: false }));
      // only the keyboard moves the list: it must not slip away between the two clicks of a double click
      virtual.scrollToIndex(at);
    } else if (event.key === 'Enter' && active >= 0) {
      host.openRun?.(toRef(rows[active]));
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      choose({ keys: new Set(keys), active: selection.active, anchor: selection.anchor });
    }
  };
  return (
    <div
      className="mj-rows"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label={trans.__('Runs')}
      aria-multiselectable="true"
      aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
      onKeyDown={keyDown}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
        {items.map(item => (
          <RunRow
            key={item.key}
            id={`${list}-${item.index}`}
            run={rows[item.index]}
            index={item.index}
            now={now}
            top={item.start}
            height={ROW}
            selected={selection.keys.has(keys[item.index])}
            active={item.index === active}
            press={pressed}
            open={open}
          />
        ))}
      </div>
    </div>
  );
}
