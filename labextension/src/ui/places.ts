/** What is looked at, as an address and back: `#/runs?filter=...`, `#/runs/project/uid/0`, `#/artifacts/project/key` ... */
import { type IRunRef, refOf } from './client';

/** Which runs are listed, and how. */
export interface IRunsState {
  filter: string;
  project: string;
  /** null: the first few that the runs have. */
  columns: string[] | null;
  /** `-results.accuracy`, `name` ...; empty: newest first. */
  sort: string;
  /** `name`, `sweep`, `label:team`; empty: one by one. */
  group: string;
  /** One group's runs. */
  within: string;
}

/** Lists that one looks through by project and name. */
export const LISTS = ['datasets', 'models', 'artifacts', 'functions'] as const;
export type List = (typeof LISTS)[number];

export interface IListState {
  project: string;
  name: string;
  kind: string;
}

export type Place =
  | { view: 'projects' }
  | { view: 'runs'; state: IRunsState }
  | { view: 'run'; run: IRunRef }
  | { view: 'compare'; runs: readonly IRunRef[] }
  | { view: List; state: IListState }
  | { view: 'artifact'; project: string; key: string; uid: string }
  | { view: 'function'; project: string; name: string; hash: string; against: string };

export type IPlace = Place;

export const ALL_RUNS: IRunsState = {
  filter: '',
  project: '*',
  columns: null,
  sort: '',
  group: '',
  within: ''
};

export function addressOf(place: Place): string {
  switch (place.view) {
    case 'projects':
      return '/projects';
    case 'run':
      return `/runs/${written(place.run)}`;
    case 'compare':
      return `/compare/${place.runs.map(written).join(',')}`;
    case 'artifact':
      return asked(`/artifacts/${path(place.project, place.key)}`, { uid: place.uid });
    case 'function':
      return asked(`/functions/${path(place.project, place.name)}`, {
        hash: place.hash,
        against: place.against
      });
    case 'runs': {
      const { filter, columns, sort, group, within } = place.state;
      return asked('/runs', {
        filter,
        project: projectOf(place.state.project),
        columns: columns ? columns.map(encodeURIComponent).join(',') : null,
        sort,
        group,
        within
      });
    }
    default: {
      const { name, kind } = place.state;
      return asked(`/${place.view}`, { project: projectOf(place.state.project), name, kind });
    }
  }
}

/** The place of an address; the list of runs for one that means nothing. */
export function placeOf(hash: string): Place {
  const [address, query] = hash.replace(/^#/, '').split('?');
  const parts = address.split('/').filter(Boolean);
  const given = new URLSearchParams(query ?? '');
  const text = (name: string): string => given.get(name) ?? '';
  if (parts[0] === 'projects' && parts.length < 2) {
    return { view: 'projects' };
  }
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
  if (parts.length === 3 && (parts[0] === 'artifacts' || parts[0] === 'functions')) {
    const [project, key] = parts.slice(1).map(decoded);
    return parts[0] === 'artifacts'
      ? { view: 'artifact', project, key, uid: text('uid') }
      : { view: 'function', project, name: key, hash: text('hash'), against: text('against') };
  }
  const list = LISTS.find(name => name === parts[0]);
  const project = given.get('project') ?? '*';
  if (list) {
    return { view: list, state: { project, name: text('name'), kind: text('kind') } };
  }
  const columns = given.get('columns');
  return {
    view: 'runs',
    state: {
      filter: text('filter'),
      project,
      columns: columns === null ? null : columns.split(',').filter(Boolean).map(decoded),
      sort: text('sort'),
      group: text('group'),
      within: text('within')
    }
  };
}

/** The project that a place is in; `*` when it is in none. */
export function projectAt(place: Place): string {
  switch (place.view) {
    case 'projects':
      return '*';
    case 'run':
      return place.run.project;
    case 'compare':
      return place.runs[0].project;
    case 'artifact':
    case 'function':
      return place.project;
    default:
      return place.state.project;
  }
}

function asked(address: string, values: Record<string, string | null>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value || (name === 'columns' && value !== null)) {
      query.set(name, value ?? '');
    }
  }
  const text = query.toString();
  return text ? `${address}?${text}` : address;
}

function projectOf(project: string): string {
  return project === '*' ? '' : project;
}

function path(...parts: string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

function written(run: IRunRef): string {
  return path(run.project, run.uid, String(run.iteration));
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
