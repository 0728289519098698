/** Questions of the dashboard's pages: read once, again when the store changes, and page by page. */
import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
  useQuery,
  type UseQueryResult
} from '@tanstack/react-query';

import { Catalog } from '../catalog';
import type { RequestError } from '../client';
import { useUi } from '../context';

/** Milliseconds after which a page that is looked at is read again in any case. */
const AGAIN = 20_000;

function useCatalog(): Catalog | null {
  const { client } = useUi();
  return client instanceof Catalog ? client : null;
}

export function useAsked<T>(
  key: readonly unknown[],
  ask: (catalog: Catalog, signal: AbortSignal) => Promise<T>,
  on = true
): UseQueryResult<T, RequestError> {
  const catalog = useCatalog();
  return useQuery<T, RequestError>({
    queryKey: ['catalog', ...key],
    queryFn: ({ signal }) => ask(catalog as Catalog, signal),
    enabled: catalog !== null && on,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
    retry: false
  });
}

export interface IPage<T> {
  rows: T[];
  after: string;
}

export function usePages<T>(
  key: readonly unknown[],
  ask: (catalog: Catalog, after: string, signal: AbortSignal) => Promise<IPage<T>>
): UseInfiniteQueryResult<InfiniteData<IPage<T>, string>, RequestError> {
  const catalog = useCatalog();
  return useInfiniteQuery<IPage<T>, RequestError, InfiniteData<IPage<T>, string>, readonly unknown[], string>(
    {
      queryKey: ['catalog', ...key],
      queryFn: ({ pageParam, signal }) => ask(catalog as Catalog, pageParam, signal),
      initialPageParam: '',
      getNextPageParam: page => page.after || undefined,
      enabled: catalog !== null,
      placeholderData: keepPreviousData,
      refetchInterval: AGAIN,
      retry: false
    }
  );
}
