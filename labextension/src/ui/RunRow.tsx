/** A run in a list: what it is and what came of it, in two lines. */
import * as React from 'react';

import { ago, cut, duration, elapsed, when } from './format';
import { StateMark } from './state';
import type { IRunSummary } from './types';

/** How a row was pressed: `context` asks for a menu and keeps a choice that the row is part of. */
export interface IPress {
  range: boolean;
  toggle: boolean;
  context: boolean;
}

export interface IRunRowProps {
  id: string;
  run: IRunSummary;
  index: number;
  now: number;
  top: number;
  height: number;
  selected: boolean;
  active: boolean;
  press: (index: number, how: IPress) => void;
  open: (index: number) => void;
}

export const RunRow = React.memo(function RunRow(props: IRunRowProps): React.ReactElement {
  const { run } = props;
  const classes = ['mj-row', props.selected ? 'mj-selected' : '', props.active ? 'mj-active' : ''];
  return (
    <div
      id={props.id}
      className={classes.filter(Boolean).join(' ')}
      role="option"
      aria-selected={props.selected}
      data-index={props.index}
      style={{ transform: `translateY(${props.top}px)`, height: props.height }}
      onMouseDown={event => {
        if (event.button === 0) {
          props.press(props.index, {
            range: event.shiftKey,
            toggle: event.ctrlKey || event.metaKey,
            context: false
          });
        }
      }}
      onContextMenu={() => props.press(props.index, { range: false, toggle: false, context: true })}
      onDoubleClick={() => props.open(props.index)}
    >
      <StateMark state={run.state} />
      <span className="mj-row-name">
        <bdi>{run.name || 'run'}</bdi>
        {run.sweep && <span className="mj-dim"> · sweep</span>}
      </span>
      <time
        className="mj-faint"
        dateTime={run.start}
        title={run.start ? when(run.start, props.now) : undefined}
      >
        {ago(run.start ?? '', props.now)}
      </time>
      <span className={`mj-row-about${run.error ? ' mj-told' : ''}`} title={about(run)}>
        <About run={run} />
      </span>
      <span className="mj-faint mj-tab">{time(run)}</span>
    </div>
  );
});

function time(run: IRunSummary): string {
  if (run.duration === null || run.duration === undefined) {
    return '';
  }
  return run.live ? elapsed(run.duration) : duration(run.duration);
}

function About(props: { run: IRunSummary }): React.ReactElement {
  const { run } = props;
  const share = shareOf(run);
  return (
    <>
      {share !== null && (
        <span className="mj-mini" aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <bdi>{about(run)}</bdi>
    </>
  );
}

function shareOf(run: IRunSummary): number | null {
  const [done, total] = run.sweep
    ? [run.sweep.done, run.sweep.total]
    : [run.progress?.done ?? 0, run.progress?.total ?? 0];
  return run.live && total > 0 ? Math.min(1, done / total) : null;
}

/** The second line: an error, how far it is, or what came of it; the state by name when there is nothing else. */
export function about(run: IRunSummary): string {
  if (run.error) {
    return cut(run.error, 160);
  }
  if (run.live && run.message) {
    return cut(run.message, 160);
  }
  const parts: string[] = [];
  if (run.sweep && run.sweep.total) {
    parts.push(run.live ? `${run.sweep.done} / ${run.sweep.total}` : `${run.sweep.total} iterations`);
    if (run.sweep.best) {
      parts.push(`best ${run.sweep.best.text}`);
    }
  } else if (run.live && run.progress) {
    const { done, total } = run.progress;
    parts.push(total ? `${done} / ${total}` : String(done));
  }
  const skip = run.sweep?.best ? run.sweep.metric : '';
  for (const entry of run.results ?? []) {
    if (entry.name !== skip) {
      parts.push(`${cut(entry.name, 24)} ${entry.cell.text}`);
    }
  }
  return parts.join(' · ') || run.state;
}
