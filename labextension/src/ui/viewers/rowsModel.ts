/** Which rows a scrolled table shows. */
import type { ICell } from '../types';

/** Pixels of a row. */
export const ROW = 27;
/** Browsers lose count far above this. */
const HIGHEST = 8_000_000;

/** How high all rows are; from some millions on, less than a pixel for each. */
export function scrollHeight(rows: number): number {
  return Math.min(rows * ROW, HIGHEST);
}

/** The first row that is seen when `top` pixels are scrolled away and `room` are to be seen. */
export function firstRow(top: number, room: number, rows: number): number {
  const height = scrollHeight(rows);
  const last = Math.max(0, rows - Math.floor(room / ROW));
  if (height < HIGHEST) {
    return Math.min(last, Math.floor(top / ROW));
  }
  return Math.min(last, Math.max(0, Math.round((top / (height - room)) * last)));
}

/** The pages that hold the rows. */
export function pagesOf(first: number, last: number, page: number): number[] {
  const found = [];
  for (let at = Math.floor(first / page); at <= Math.floor(last / page); at++) {
    found.push(at);
  }
  return found;
}

/** From no order to the smallest first, to the largest first, and back. */
export function turned(sort: string, name: string): string {
  return sort === name ? `-${name}` : sort === `-${name}` ? '' : name;
}

/** Letters that the columns have room for. */
export function widths(header: readonly string[], rows: readonly (readonly ICell[])[]): number[] {
  return header.map((name, at) => {
    const longest = Math.max(name.length + 2, ...rows.map(cells => cells[at]?.text.length ?? 0));
    return Math.min(34, Math.max(7, longest)) + 4;
  });
}
