/** The order of rows. */
import type { ICell, IRow } from './types';

export interface ISort {
  column: number;
  descending: boolean;
}

/** Rows in the order of one column; those without a value stay last, whichever way. */
export function order(rows: readonly IRow[], sort: ISort | null): readonly IRow[] {
  if (!sort) {
    return rows;
  }
  const sign = sort.descending ? -1 : 1;
  const keyed = rows.map((row, index) => ({ row, index, key: keyOf(row.cells[sort.column]) }));
  keyed.sort((one, other) => {
    if (one.key === null || other.key === null) {
      return one.key === other.key ? one.index - other.index : one.key === null ? 1 : -1;
    }
    return sign * compare(one.key, other.key) || one.index - other.index;
  });
  return keyed.map(each => each.row);
}

function keyOf(cell: ICell | undefined): number | string | null {
  if (!cell || cell.type === 'null' || cell.text === '') {
    return null;
  }
  if (typeof cell.value === 'number' || typeof cell.value === 'string') {
    return cell.value;
  }
  const special = (cell.value as { $number?: unknown } | null | undefined)?.$number;
  if (special !== undefined) {
    const number = Number(String(special).replace('inf', 'Infinity'));
    return Number.isNaN(number) ? null : number;
  }
  return cell.text;
}

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'number' && typeof other === 'number') {
    return one < other ? -1 : one > other ? 1 : 0;
  }
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}
