/** From values to places: bounds, round marks, paths. */

export interface IAxis {
  low: number;
  high: number;
  marks: number[];
}

/** The lowest and highest finite value; 0 and 1 when there is none. */
export function bounds(...columns: readonly (readonly (number | null)[])[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns) {
    for (const value of column) {
      if (value !== null && Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** `value` moved from `low..high` to `start..end`; the middle when the range is empty. */
export function place(value: number, low: number, high: number, start: number, end: number): number {
  const span = high - low;
  if (!Number.isFinite(span)) {
    return place(value / 4, low / 4, high / 4, start, end);
  }
  return span ? start + (end - start) * ((value - low) / span) : (start + end) / 2;
}

/** An axis over `low` to `high` with at most `most` round marks within. */
export function axis(low: number, high: number, most = 4): IAxis {
  const span = high - low;
  if (!Number.isFinite(span) || span <= 0 || span < 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
    return { low, high, marks: [low] };
  }
  const unit = 10 ** Math.floor(Math.log10(span / most));
  for (const step of [1, 2, 2.5, 5, 10, 20].map(factor => factor * unit)) {
    const first = Math.ceil(low / step);
    const last = Math.floor(high / step);
    if (last - first < most) {
      const marks = Array.from(
        { length: last - first + 1 },
        (_, i) => Number(((first + i) * step).toPrecision(12)) + 0
      );
      return { low, high, marks };
    }
  }
  return { low, high, marks: [low] };
}

/** Marks of one axis written with the same number of decimals. */
export function written(marks: readonly number[]): string[] {
  const sizes = marks.map(mark => Math.abs(mark)).filter(size => size > 0);
  if (sizes.some(size => size >= 1e5 || size < 1e-4)) {
    return marks.map(mark => (mark === 0 ? '0' : compact(mark)));
  }
  const places = Math.max(0, ...marks.map(mark => (String(mark).split('.')[1] ?? '').length));
  return marks.map(mark => mark.toFixed(Math.min(places, 6)));
}

function compact(value: number): string {
  const size = Math.abs(value);
  const units: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k']
  ];
  for (const [unit, letter] of units) {
    if (size >= unit && size < 1e12) {
      return `${Number((value / unit).toPrecision(4))}${letter}`;
    }
  }
  return size >= 1e-4 && size < 1e3
    ? String(Number(value.toPrecision(4)))
    : value.toExponential().replace('e+', 'e');
}

/** The path of a curve, interrupted where values are missing; a lone point becomes a dot. */
export function linePath(
  xs: readonly number[],
  ys: readonly (number | null)[],
  x: (value: number) => number,
  y: (value: number) => number
): string {
  let path = '';
  let pen = false;
  for (let i = 0; i < xs.length && i < ys.length; i++) {
    const value = ys[i];
    if (value === null || !Number.isFinite(value) || !Number.isFinite(xs[i])) {
      pen = false;
      continue;
    }
    path += `${pen ? 'L' : 'M'}${x(xs[i]).toFixed(1)} ${y(value).toFixed(1)}${pen ? '' : 'h.01'}`;
    pen = true;
  }
  return path;
}

/** The index of the value nearest to `wanted` in an ascending list; -1 for an empty one. */
export function nearest(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 && wanted - sorted[low - 1] <= sorted[low] - wanted ? low - 1 : sorted.length ? low : -1;
}

/** An exponentially weighted mean, started without bias; `weight` 0 leaves the curve as it is. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) {
    return [...values];
  }
  let sum = 0;
  let total = 0;
  return values.map(value => {
    if (value === null || !Number.isFinite(value)) {
      return null;
    }
    sum = sum * weight + (1 - weight) * value;
    total = total * weight + (1 - weight);
    return sum / total;
  });
}
