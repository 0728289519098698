/** A unified diff as lines with their numbers. */

export type Kind = 'same' | 'added' | 'removed' | 'gap';

export interface IDiffLine {
  kind: Kind;
  text: string;
  /** Line numbers from 1; null where the side has no such line. */
  old: number | null;
  new: number | null;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

export function diffLines(text: string): IDiffLine[] {
  const lines: IDiffLine[] = [];
  let [old, next, inside] = [0, 0, false];
  for (const line of text.split('\n')) {
    const hunk = HUNK.exec(line);
    if (hunk) {
      [old, next, inside] = [Number(hunk[1]), Number(hunk[2]), true];
      lines.push({ kind: 'gap', text: hunk[3].trim(), old: null, new: null });
    } else if (inside && line.startsWith('+')) {
      lines.push({ kind: 'added', text: line.slice(1), old: null, new: next++ });
    } else if (inside && line.startsWith('-')) {
      lines.push({ kind: 'removed', text: line.slice(1), old: old++, new: null });
    } else if (inside && line.startsWith(' ')) {
      lines.push({ kind: 'same', text: line.slice(1), old: old++, new: next++ });
    }
  }
  return lines;
}
