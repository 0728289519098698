/** Views that follow their store. */
import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient
} from '@tanstack/react-query';
import * as React from 'react';

import { type IRunClient, type IRunRef, type IRunsQuestion, refKey, refOf, RequestError } from './client';
import { useUi } from './context';
import { renewed } from './pages';
import type { IRunPage, IRunView } from './types';

/** Milliseconds between two looks at a run that goes on. */
export const POLL = 1000;

/** Rows of a list that are read at once. */
export const PAGE = 100;
/** ... and behind the first page, where somebody scrolls. */
const FURTHER = 400;
/** Looks for a run that is not there yet: a card can be faster than the store. */
const EARLY = 8;

export interface ILiveRun {
  view: IRunView;
  /** Why what is shown may be old. */
  error: RequestError | null;
  retry: () => void;
}

/**
 * A run's view as it was given, followed until it ends. One that has ended, or that may not be asked for, stays as it is
 * and asks nothing.
 */
export function useLiveRun(given: IRunView): ILiveRun {
  const { client } = useUi();
  const ref = React.useMemo(() => refOf(given), [given]);
  const follow = client !== null && ref !== null && given.live;
  const query = useQuery<IRunView, RequestError>({
    queryKey: ['run', ref ? refKey(ref) : ''],
    queryFn: ({ signal }) => (client as IRunClient).run(ref as IRunRef, signal),
    enabled: follow,
    placeholderData: given,
    refetchInterval: state => interval(state.state.data, state.state.error),
    retry: (failures, error) => error.status === 404 && failures < EARLY,
    retryDelay: POLL / 2
  });
  const view = follow && query.data ? query.data : given;
  return { view, error: follow ? query.error : null, retry: () => void query.refetch() };
}

/** A run that is only known by name: read once, then followed. */
export function useRun(ref: IRunRef) {
  const { client } = useUi();
  return useQuery<IRunView, RequestError>({
    queryKey: ['run', refKey(ref)],
    queryFn: ({ signal }) => (client as IRunClient).run(ref, signal),
    enabled: client !== null,
    refetchInterval: state => interval(state.state.data, state.state.error),
    retry: false
  });
}

/** Less often after trouble; never for what has ended or was deleted. */
function interval(view: IRunView | undefined, error: RequestError | null): number | false {
  if (error) {
    return error.status === 404 || error.status === 403 ? false : 5 * POLL;
  }
  return view && !view.live ? false : POLL;
}

/**
 * Refresh what was read when the store changes, as long as `on`. The server answers when something happened; a store
 * that changes all the time is looked at once a second.
 */
export function useChanges(on: boolean): void {
  const { client } = useUi();
  const queries = useQueryClient();
  React.useEffect(() => {
    if (!on || !client) {
      return undefined;
    }
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      let token = '';
      let pause = POLL;
      while (!stop.signal.aborted) {
        try {
          const told = await client.changes(token, stop.signal);
          if (told.changed) {
            await renewLists(queries, client, stop.signal);
          }
          token = told.token;
          pause = POLL;
        } catch {
          pause = Math.min(pause * 2, 30 * POLL);
        }
        await wait(pause, stop.signal);
      }
    };
    void follow();
    return () => stop.abort();
  }, [on, client, queries]);
}

/** A list of runs, read page by page as far as somebody scrolls. */
export function useRuns(asked: Omit<IRunsQuestion, 'limit' | 'after'>, on: boolean) {
  const { client } = useUi();
  const question: IRunsQuestion = { ...asked, limit: PAGE, after: '' };
  return useInfiniteQuery<IRunPage, RequestError, InfiniteData<IRunPage, string>, readonly unknown[], string>(
    {
      queryKey: ['runs', asked.project, asked.filter, asked.columns, asked.within ?? ''],
      meta: { question },
      queryFn: ({ pageParam, signal }) =>
        (client as IRunClient).runs(
          { ...question, after: pageParam, limit: pageParam ? FURTHER : PAGE },
          signal
        ),
      initialPageParam: '',
      getNextPageParam: page => page.after || undefined,
      enabled: client !== null && on,
      placeholderData: keepPreviousData,
      // a list that was read far down is not read again as a whole: its head is
      refetchOnMount: false,
      refetchOnReconnect: false,
      retry: false
    }
  );
}

/** Read the head of each list that is shown; what was read behind it stays. */
export async function renewLists(
  queries: QueryClient,
  client: IRunClient,
  signal: AbortSignal
): Promise<void> {
  void queries.invalidateQueries({ queryKey: ['catalog'], predicate: isOld });
  for (const query of queries.getQueryCache().findAll({ queryKey: ['runs'], type: 'active' })) {
    if (!query.state.data) {
      continue;
    }
    const head = await client.runs(query.meta?.question as IRunsQuestion, signal);
    queries.setQueryData<InfiniteData<IRunPage, string>>(query.queryKey, old =>
      old ? renewed(old, head) : old
    );
  }
}

/** What is put together from many runs is not read again more often than every few seconds. */
function isOld(query: { state: { dataUpdatedAt: number } }): boolean {
  return query.state.dataUpdatedAt < Date.now() - 3 * POLL;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Seconds that a run has taken, counted on between two answers. */
export function useElapsed(view: { live: boolean; duration: number | null }): number | null {
  const [since, setSince] = React.useState(0);
  const { live, duration } = view;
  React.useEffect(() => {
    setSince(0);
    if (!live) {
      return undefined;
    }
    const start = Date.now();
    const timer = setInterval(() => setSince((Date.now() - start) / 1000), 500);
    return () => clearInterval(timer);
  }, [live, duration]);
  return duration === null ? null : duration + (live ? since : 0);
}
