/** States of runs: symbol, word and colour, so that colour alone never tells. */
import * as React from 'react';

import { cut } from './format';

const STATES: Record<string, [symbol: string, kind: string]> = {
  created: ['○', 'wait'],
  pending: ['○', 'wait'],
  running: ['●', 'run'],
  completed: ['✓', 'ok'],
  error: ['✕', 'err'],
  aborting: ['◌', 'run'],
  aborted: ['■', 'stop'],
  unknown: ['?', 'wait']
};

export const FINAL: ReadonlySet<string> = new Set(['completed', 'error', 'aborted']);

export function symbolOf(state: string): [symbol: string, kind: string] {
  return STATES[state] ?? STATES.unknown;
}

/** Symbol and word, spoken when it changes. */
export function StateChip(props: { state: string; quiet?: boolean }): React.ReactElement {
  const [symbol, kind] = symbolOf(props.state);
  return (
    <span className={`mj-chip mj-${kind}`} role={props.quiet ? undefined : 'status'}>
      <span aria-hidden="true" className={kind === 'run' ? 'mj-pulse' : undefined}>
        {symbol}
      </span>{' '}
      {cut(props.state || 'unknown', 20)}
    </span>
  );
}

/** The symbol alone, for dense lists; the word is its name. */
export function StateMark(props: { state: string }): React.ReactElement {
  const [symbol, kind] = symbolOf(props.state);
  return (
    <span className={`mj-mark mj-${kind}`} role="img" aria-label={props.state} title={props.state}>
      {symbol}
    </span>
  );
}
