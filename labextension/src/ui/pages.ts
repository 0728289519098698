/** Pages of a list that grows at its head while somebody reads further down. */
import type { InfiniteData } from '@tanstack/react-query';

import { refKey } from './client';
import type { IRunPage, IRunSummary } from './types';

export function toRef(run: IRunSummary) {
  return { project: run.project, uid: run.uid, iteration: run.iteration ?? 0 };
}

/**
 * The pages with their head replaced by what is read now. What was read behind it stays, so that a long list is not read
 * again for every new run; where the two do not meet any more, only the head is kept.
 */
export function renewed(old: InfiniteData<IRunPage, string>, head: IRunPage): InfiniteData<IRunPage, string> {
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
