/** Parallel coordinates: an axis for each parameter and result, a line for each iteration. */
import { axis, bounds, place, written } from './scale';

export interface IParallelAxis {
  name: string;
  /** Numbers on a scale, or categories at equal distances. */
  kind: 'number' | 'category';
  low: number;
  high: number;
  categories: string[];
  /** Places from 0 (bottom) to 1 (top) with what stands there. */
  marks: { at: number; text: string }[];
}

export interface IParallelLine {
  iteration: number;
  state: string;
  /** For each axis the place from 0 to 1, null where the value is missing. */
  at: (number | null)[];
}

export interface IParallel {
  axes: IParallelAxis[];
  lines: IParallelLine[];
}

/** From an axis to the stretch of places that was chosen on it. */
export type Brushes = ReadonlyMap<number, readonly [number, number]>;

const MAX_CATEGORIES = 24;

/**
 * The model of a sweep's values.
 *
 * `values` holds rows of iteration, state, seconds, then a value for each of `names`.
 */
export function parallel(names: readonly string[], values: readonly (readonly unknown[])[]): IParallel {
  const axes = names.map((name, index) =>
    axisOf(
      name,
      values.map(row => row[index + 3])
    )
  );
  const lines = values.map(row => ({
    iteration: typeof row[0] === 'number' ? row[0] : 0,
    state: String(row[1] ?? ''),
    at: axes.map((each, index) => placeOf(each, row[index + 3]))
  }));
  return { axes, lines };
}

function axisOf(name: string, values: readonly unknown[]): IParallelAxis {
  const known = values.filter(value => value !== null && value !== undefined && !isSpecial(value));
  if (known.length && known.every(value => typeof value === 'number' && Number.isFinite(value))) {
    const [low, high] = bounds(known as number[]);
    const marks = axis(low, high, 5).marks;
    const texts = written(marks);
    const shown = marks.map((mark, index) => ({ at: place(mark, low, high, 0, 1), text: texts[index] }));
    return { name, kind: 'number', low, high, categories: [], marks: shown };
  }
  const categories = [...new Set(known.map(String))].sort().slice(0, MAX_CATEGORIES);
  const high = Math.max(1, categories.length - 1);
  const single = categories.length === 1;
  return {
    name,
    kind: 'category',
    low: 0,
    high,
    categories,
    marks: categories.map((text, index) => ({ at: single ? 0.5 : index / high, text }))
  };
}

function placeOf(each: IParallelAxis, value: unknown): number | null {
  if (value === null || value === undefined || isSpecial(value)) {
    return null;
  }
  if (each.kind === 'number') {
    return typeof value === 'number' && Number.isFinite(value)
      ? place(value, each.low, each.high, 0, 1)
      : null;
  }
  const index = each.categories.indexOf(String(value));
  return index < 0 ? null : each.categories.length === 1 ? 0.5 : index / each.high;
}

/** NaN, infinities and integers too large for JSON come as `{"$number": ...}`. */
function isSpecial(value: unknown): boolean {
  return typeof value === 'object';
}

/** Whether a line passes through every chosen stretch. */
export function passes(line: IParallelLine, brushes: Brushes): boolean {
  for (const [index, [low, high]] of brushes) {
    const at = line.at[index];
    if (at === null || at === undefined || at < low || at > high) {
      return false;
    }
  }
  return true;
}

/** The path of a line over axes at `lefts`, interrupted where values are missing. */
export function through(line: IParallelLine, lefts: readonly number[], top: number, bottom: number): string {
  let path = '';
  let pen = false;
  line.at.forEach((at, index) => {
    if (at === null) {
      pen = false;
      return;
    }
    path += `${pen ? 'L' : 'M'}${lefts[index].toFixed(1)} ${(bottom - at * (bottom - top)).toFixed(1)}`;
    pen = true;
  });
  return path;
}
