/** What the UI asks of whoever shows it: data from a store, and deeds in the host. */
import type {
  IArtifactItem,
  IArtifactPage,
  IChanges,
  IColumnPage,
  ICompareView,
  IContent,
  IDatasetDrift,
  IDatasetView,
  IDeleted,
  ILibrary,
  ILogPart,
  IProjects,
  IRunPage,
  IRunView,
  ISeriesView
} from './types';

/** What names a run everywhere. */
export interface IRunRef {
  project: string;
  uid: string;
  iteration: number;
}

export interface IRunsQuestion {
  filter: string;
  project: string;
  columns: string[];
  /** A group that the runs belong to, as a list of groups names it. */
  within?: string;
  limit: number;
  after: string;
}

/** Which part of an artifact: rows and columns of a table as `rows.py` reads them, or a `file` of a folder. */
export interface IContentQuestion {
  offset?: number;
  rows?: number;
  first?: number;
  columns?: number;
  /** A column, `-column` for the largest first. */
  sort?: string;
  /** Column to condition: `> 3`, `= a`, `null`, or a part of the text. */
  where?: Record<string, string>;
  file?: string;
}

export interface IColumnsQuestion {
  offset: number;
  find: string;
}

/** A store of runs. Every call may fail with `RequestError`. */
export interface IRunClient {
  projects(signal?: AbortSignal): Promise<IProjects>;
  runs(question: IRunsQuestion, signal?: AbortSignal): Promise<IRunPage>;
  run(ref: IRunRef, signal?: AbortSignal): Promise<IRunView>;
  log(ref: IRunRef, offset: number, signal?: AbortSignal): Promise<ILogPart>;
  series(ref: IRunRef, signal?: AbortSignal): Promise<ISeriesView[]>;
  compare(refs: readonly IRunRef[], everything: boolean, signal?: AbortSignal): Promise<ICompareView>;
  artifact(item: IArtifactItem, signal?: AbortSignal): Promise<IDatasetView>;
  content(item: IArtifactItem, asked: IContentQuestion, signal?: AbortSignal): Promise<IContent>;
  columns(item: IArtifactItem, asked: IColumnsQuestion, signal?: AbortSignal): Promise<IColumnPage>;
  versions(item: IArtifactItem, signal?: AbortSignal): Promise<IArtifactPage>;
  drift(item: IArtifactItem, old: string, now: string, signal?: AbortSignal): Promise<IDatasetDrift>;
  /** The script that draws charts of a kind: `vega` or `plotly`. */
  library(name: string, signal?: AbortSignal): Promise<ILibrary>;
  abort(ref: IRunRef): Promise<IRunView>;
  remove(ref: IRunRef): Promise<IDeleted>;
  /** Answers when the store is no more what it was at `token`, or after some seconds. */
  changes(token: string, signal?: AbortSignal): Promise<IChanges>;
}

/** What a host can do beyond showing; a deed that is missing is not offered. */
export interface IHost {
  openRun?(ref: IRunRef): void;
  openCompare?(refs: readonly IRunRef[]): void;
  rerun?(ref: IRunRef): void;
  copy?(text: string): void;
  /** Address of the page around pages of users, where the host's own policy lets no script of a frame run. */
  readonly frame?: string;
}

/** An answer that was no success: `status` 0 when there was no answer at all. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint = ''
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

const UID = /^(?!\.{1,2}$)[0-9A-Za-z_.-]{1,128}$/;
const PROJECT = /^(?!\.{1,2}$)[^/\\\u0000-\u001f]{1,200}$/; // eslint-disable-line no-control-regex -- they are what is refused

/** The reference of a run in a view, null when there is none that could be asked for: views come from files too. */
export function refOf(view: { project?: unknown; uid?: unknown; iteration?: unknown }): IRunRef | null {
  const { project, uid, iteration } = view;
  if (typeof uid !== 'string' || !UID.test(uid) || typeof project !== 'string' || !PROJECT.test(project)) {
    return null;
  }
  return { project, uid, iteration: Number.isInteger(iteration) ? Math.max(0, iteration as number) : 0 };
}

export function sameRef(one: IRunRef, other: IRunRef): boolean {
  return one.uid === other.uid && one.project === other.project && one.iteration === other.iteration;
}

export function refKey(ref: IRunRef): string {
  return `${ref.project}@${ref.uid}#${ref.iteration}`;
}
