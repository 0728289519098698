/** A list of runs of any length as rows by their number; what is far from what is looked at is put away. */
import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, IRunsQuestion, RequestError } from '../client';
import { useUi } from '../context';
import { renewLists, useRuns } from '../live';
import { folded, lengthOf, unfolded } from '../pages';
import type { IRunPage, IRunSummary } from '../types';

/** Pages that stay on either side of what is seen. */
const NEAR = 4;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 60;

export interface IRows {
  count: number;
  /** null: being read. */
  row: (index: number) => IRunSummary | null;
  seen: (first: number, last: number) => void;
  head: IRunPage | undefined;
  more: boolean;
  pending: boolean;
  error: RequestError | null;
  retry: () => void;
}

export function useRunRows(asked: Omit<IRunsQuestion, 'limit' | 'after'>): IRows {
  const { client } = useUi();
  const queries = useQueryClient();
  const query = useRuns(asked, true);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const starts = React.useMemo(() => startsOf(data), [data]);
  const { project, filter, columns, within = '' } = asked;
  const key = React.useMemo(
    () => ['runs', project, filter, columns, within],
    [project, filter, columns, within]
  );
  React.useEffect(() => {
    const stop = new AbortController();
    if (client) {
      renewLists(queries, client, stop.signal).catch(() => undefined); // the page says what it cannot read
    }
    return () => stop.abort();
  }, [client, queries]);
  const reading = React.useRef(new Set<number>());
  const seen = React.useCallback(
    (first: number, last: number): void => {
      if (!data || query.isPlaceholderData) {
        return;
      }
      const count = starts[starts.length - 1];
      if (hasNextPage && !isFetchingNextPage && last >= count - AHEAD) {
        void fetchNextPage();
      }
      const [from, to] = [pageAt(starts, first), pageAt(starts, last)];
      for (let index = from; index <= to; index++) {
        const page = data.pages[index];
        if (page && !page.rows.length && lengthOf(page) && !reading.current.has(index)) {
          reading.current.add(index);
          const [limit, after] = [lengthOf(page), data.pageParams[index]];
          void (client as IRunClient)
            .runs({ project, filter, columns, within, limit, after })
            .then(read =>
              queries.setQueryData<InfiniteData<IRunPage, string>>(key, old =>
                old && old.pageParams[index] === after ? unfolded(old, index, read) : old
              )
            )
            .catch(() => undefined) // asked for again when it is seen again
            .finally(() => reading.current.delete(index));
        }
      }
      const near = folded(data, from - NEAR, to + NEAR);
      if (near !== data) {
        queries.setQueryData<InfiniteData<IRunPage, string>>(key, old => (old === data ? near : old));
      }
    },
    [
      client,
      project,
      filter,
      columns,
      within,
      data,
      starts,
      key,
      hasNextPage,
      isFetchingNextPage,
      fetchNextPage,
      queries,
      query.isPlaceholderData
    ]
  );
  const row = React.useCallback(
    (index: number): IRunSummary | null => {
      const page = pageAt(starts, index);
      return data?.pages[page]?.rows[index - starts[page]] ?? null;
    },
    [data, starts]
  );
  return {
    count: starts[starts.length - 1],
    row,
    seen,
    head: data?.pages[0],
    more: hasNextPage,
    pending: query.isPending,
    error: query.error,
    retry: () => void query.refetch()
  };
}

/** The number of each page's first row, and at last how many rows there are. */
function startsOf(data: InfiniteData<IRunPage, string> | undefined): number[] {
  const starts = [0];
  for (const page of data?.pages ?? []) {
    starts.push(starts[starts.length - 1] + lengthOf(page));
  }
  return starts;
}

export function pageAt(starts: readonly number[], index: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= index) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}
