/** The runs that are chosen in the panel: what commands act on that are told no run. */
import type { IRunRef } from '../ui/client';
import type { IStore } from './store';

const chosen = new WeakMap<IStore, readonly IRunRef[]>();

export function addSelection(store: IStore): (refs: readonly IRunRef[]) => void {
  return refs => {
    chosen.set(store, refs);
  };
}

export function selected(store: IStore): readonly IRunRef[] {
  return chosen.get(store) ?? [];
}
