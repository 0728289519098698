/** Which rows of a list are chosen, as lists everywhere do it: click, Ctrl click, Shift click, arrows. */

export interface ISelection {
  keys: ReadonlySet<string>;
  /** The row that the keyboard is at. */
  active: string;
  /** Where a range starts. */
  anchor: string;
}

export type Selection = ISelection;

export const NONE: Selection = { keys: new Set(), active: '', anchor: '' };

export function press(
  selection: Selection,
  keys: readonly string[],
  index: number,
  how: { range: boolean; toggle: boolean }
): Selection {
  const key = keys[index];
  if (key === undefined) {
    return selection;
  }
  if (how.range && keys.includes(selection.anchor)) {
    const from = keys.indexOf(selection.anchor);
    return {
      keys: new Set(keys.slice(Math.min(from, index), Math.max(from, index) + 1)),
      active: key,
      anchor: selection.anchor
    };
  }
  if (how.toggle) {
    const next = new Set(selection.keys);
    if (!next.delete(key)) {
      next.add(key);
    }
    return { keys: next, active: key, anchor: key };
  }
  return { keys: new Set([key]), active: key, anchor: key };
}
