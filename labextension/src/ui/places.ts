/** What is looked at, as an address and back: `#/runs?filter=...`, `#/runs/project/uid/0`, `#/compare/...`. */
import { type IRunRef, refOf } from './client';
import type { IGridState } from './RunsGrid';

export type Place =
  | { view: 'runs'; state: IGridState }
  | { view: 'run'; run: IRunRef }
  | { view: 'compare'; runs: readonly IRunRef[] };

export type IPlace = Place;

export function addressOf(place: Place): string {
  if (place.view === 'run') {
    return `/runs/${written(place.run)}`;
  }
  if (place.view === 'compare') {
    return `/compare/${place.runs.map(written).join(',')}`;
  }
  const { filter, project, columns, sort } = place.state;
  const query = new URLSearchParams();
  if (filter) {
    query.set('filter', filter);
  }
  if (project !== '*') {
    query.set('project', project);
  }
  if (columns) {
    query.set('columns', columns.map(encodeURIComponent).join(','));
  }
  if (sort) {
    query.set('sort', sort);
  }
  const text = query.toString();
  return text ? `/runs?${text}` : '/runs';
}

/** The place of an address; the list of runs for one that means nothing. */
export function placeOf(hash: string): Place {
  const [path, query] = hash.replace(/^#/, '').split('?');
  const parts = path.split('/').filter(Boolean);
  if (parts[0] === 'runs' && parts.length === 4) {
    const run = read(parts.slice(1).join('/'));
    if (run) {
      return { view: 'run', run };
    }
  }
  if (parts[0] === 'compare') {
    const runs = parts.slice(1).join('/').split(',').map(read);
    const known = runs.filter((run): run is IRunRef => run !== null);
    if (known.length > 1) {
      return { view: 'compare', runs: known };
    }
  }
  const asked = new URLSearchParams(query ?? '');
  const columns = asked.get('columns');
  return {
    view: 'runs',
    state: {
      filter: asked.get('filter') ?? '',
      project: asked.get('project') ?? '*',
      columns: columns === null ? null : columns.split(',').filter(Boolean).map(decoded),
      sort: asked.get('sort') ?? ''
    }
  };
}

function written(run: IRunRef): string {
  return [run.project, run.uid, run.iteration].map(encodeURIComponent).join('/');
}

function read(text: string): IRunRef | null {
  const [project, uid, iteration] = text.split('/').map(decoded);
  return refOf({ project, uid, iteration: Number(iteration) });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
