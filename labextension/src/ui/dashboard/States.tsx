/** Runs by state: a line of shares, and the newest runs one by one. */
import * as React from 'react';

import { duration, when } from '../format';
import { symbolOf } from '../state';
import type { IRecent } from '../types';

const ORDER = ['running', 'pending', 'created', 'aborting', 'error', 'aborted', 'unknown', 'completed'];

export function inOrder(states: Record<string, number>): [state: string, amount: number][] {
  const place = (state: string): number => ORDER.indexOf(state) + 1 || ORDER.length;
  return Object.entries(states)
    .filter(([, amount]) => amount > 0)
    .sort((one, other) => place(one[0]) - place(other[0]));
}

export function totalOf(states: Record<string, number>): number {
  return Object.values(states).reduce((sum, amount) => sum + amount, 0);
}

/** Symbols with figures; what is completed goes without saying. */
export function StateFigures(props: { states: Record<string, number> }): React.ReactElement {
  return (
    <span className="mj-figures">
      {inOrder(props.states).map(([state, amount]) => {
        const [symbol, kind] = symbolOf(state);
        return (
          <span
            key={state}
            className={`mj-figure mj-${kind}`}
            title={`${amount.toLocaleString('en-US')} ${state}`}
          >
            <span aria-hidden="true">{symbol}</span>
            <span className="mj-unseen">{state} </span>
            {amount.toLocaleString('en-US')}
          </span>
        );
      })}
    </span>
  );
}

/** A mark for each of the newest runs, the newest at the right; its height is how long it took. */
export function Strip(props: { recent: readonly IRecent[]; now: number }): React.ReactElement {
  const shown = [...props.recent].slice(0, 30).reverse();
  const longest = Math.max(0.001, ...shown.map(run => run.duration ?? 0));
  const failed = shown.filter(run => run.state === 'error').length;
  const told = `the newest ${shown.length} runs, ${failed} of them failed`;
  return (
    <svg className="mj-strip" width={180} height={20} viewBox="0 0 180 20" role="img" aria-label={told}>
      {shown.map((run, index) => {
        const height = 4 + 16 * Math.sqrt((run.duration ?? longest) / longest);
        const kind = symbolOf(run.state)[1];
        return (
          <rect
            key={run.uid}
            className={`mj-strip-${kind}`}
            x={(30 - shown.length + index) * 6}
            y={20 - Math.min(20, height)}
            width={4}
            height={Math.min(20, height)}
          >
            <title>
              {[run.name, run.state, duration(run.duration), run.start ? when(run.start, props.now) : '']
                .filter(Boolean)
                .join(' · ')}
            </title>
          </rect>
        );
      })}
    </svg>
  );
}
