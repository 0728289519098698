/** Pages of a list that grows at its head while somebody reads further down. */
import type { InfiniteData } from '@tanstack/react-query';

import { refKey } from './client';
import type { IRunPage, IRunSummary } from './types';

/** A page whose rows were put away, to be read again when somebody comes back: how many there were. */
export interface IFoldedPage extends IRunPage {
  folded?: number;
}

type Pages = InfiniteData<IRunPage, string>;

export function toRef(run: IRunSummary) {
  return { project: run.project, uid: run.uid, iteration: run.iteration ?? 0 };
}

/**
 * The pages with their head replaced by what is read now. What was read behind it stays, so that a long list is not read
 * again for every new run; where the two do not meet any more, only the head is kept.
 */
export function renewed(old: Pages, head: IRunPage): Pages {
  const first = old.pages[0];
  const last = head.rows[head.rows.length - 1];
  if (!first || !last || !head.after) {
    return { pages: [head], pageParams: [''] };
  }
  const meets = first.rows.findIndex(row => refKey(toRef(row)) === refKey(toRef(last)));
  if (meets < 0) {
    return { pages: [head], pageParams: [''] };
  }
  const rest = first.rows.slice(meets + 1);
  const joined = { ...head, rows: [...head.rows, ...rest], after: rest.length ? first.after : head.after };
  return { pages: [joined, ...old.pages.slice(1)], pageParams: old.pageParams };
}

export function lengthOf(page: IRunPage): number {
  return (page as IFoldedPage).folded ?? page.rows.length;
}

/** Without the rows of pages that nobody looks at: memory stays the same however far somebody scrolls. */
export function folded(data: Pages, first: number, last: number): Pages {
  const far = (index: number): boolean => index > 0 && (index < first || index > last);
  if (!data.pages.some((page, index) => far(index) && page.rows.length)) {
    return data;
  }
  const pages = data.pages.map((page, index) =>
    far(index) && page.rows.length ? { ...page, rows: [], offered: [], folded: lengthOf(page) } : page
  );
  return { ...data, pages };
}

/** With a page that was read again; rows that are gone meanwhile shorten it. */
export function unfolded(data: Pages, index: number, page: IRunPage): Pages {
  const pages = data.pages.map((old, at) => (at === index ? { ...page, after: old.after } : old));
  return { ...data, pages };
}

/** Without some rows, by their keys. */
export function without(data: Pages, keys: ReadonlySet<string>): Pages {
  const pages = data.pages.map(page => {
    const rows = page.rows.filter(row => !keys.has(refKey(toRef(row))));
    return rows.length === page.rows.length ? page : { ...page, rows };
  });
  return { ...data, pages };
}
