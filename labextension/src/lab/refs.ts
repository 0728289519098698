/** Runs as arguments of commands. */
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { type IRunRef, refOf } from '../ui/client';

/** What the arguments say about themselves, for palettes, macros and tools. */
export const RUN_ARGS = {
  type: 'object',
  properties: {
    project: { type: 'string', description: 'The project of the run' },
    uid: {
      type: 'string',
      description: 'The uid of the run; the chosen run of the panel when it is left out'
    },
    iteration: { type: 'number', description: 'The iteration of a sweep; 0 is the sweep itself' }
  }
} as const;

export const RUNS_ARGS = {
  type: 'object',
  properties: {
    runs: {
      type: 'array',
      description: 'The runs; those chosen in the panel when it is left out',
      items: { ...RUN_ARGS, required: ['project', 'uid'] }
    }
  }
} as const;

/** The run that is named; null when none is, or when the name is none. */
export function argRef(args: ReadonlyPartialJSONObject): IRunRef | null {
  return refOf(args);
}

export function argRefs(args: ReadonlyPartialJSONObject): IRunRef[] {
  const runs: unknown = args.runs;
  const named = Array.isArray(runs) ? runs.map(each => refOf((each ?? {}) as object)) : [refOf(args)];
  return named.filter((ref): ref is IRunRef => ref !== null);
}
