/** What a dashboard asks beside runs: projects, groups, artifacts with their versions, functions. */
import type { IRunsQuestion } from './client';
import { HttpClient } from './http';
import type {
  IArtifactPage,
  ICounts,
  IFunctionChange,
  IFunctionPage,
  IFunctionView,
  IOverview,
  IRunGroups
} from './types';

export interface IListQuestion {
  project: string;
  name: string;
  kind: string;
  after: string;
}

/** Rows of a page. */
const PAGE = 100;

export class Catalog extends HttpClient {
  overview(signal?: AbortSignal): Promise<IOverview> {
    return this.get('overview', {}, signal) as Promise<IOverview>;
  }

  count(asked: Pick<IRunsQuestion, 'filter' | 'project'>, signal?: AbortSignal): Promise<ICounts> {
    return this.get('runs/count', { ...asked }, signal) as Promise<ICounts>;
  }

  groups(
    asked: Pick<IRunsQuestion, 'filter' | 'project'>,
    by: string,
    signal?: AbortSignal
  ): Promise<IRunGroups> {
    return this.get('runs/groups', { ...asked, by }, signal) as Promise<IRunGroups>;
  }

  artifacts(question: IListQuestion, signal?: AbortSignal): Promise<IArtifactPage> {
    return this.get('artifacts', { ...question, limit: PAGE }, signal) as Promise<IArtifactPage>;
  }

  functions(question: IListQuestion, signal?: AbortSignal): Promise<IFunctionPage> {
    return this.get('functions', { ...question, limit: PAGE }, signal) as Promise<IFunctionPage>;
  }

  functionOf(project: string, name: string, hash: string, signal?: AbortSignal): Promise<IFunctionView> {
    return this.get(path('functions', project, name), { hash }, signal) as Promise<IFunctionView>;
  }

  functionChange(
    project: string,
    name: string,
    old: string,
    next: string,
    signal?: AbortSignal
  ): Promise<IFunctionChange> {
    return this.get(
      `${path('functions', project, name)}/changes`,
      { old, new: next },
      signal
    ) as Promise<IFunctionChange>;
  }
}

function path(...parts: string[]): string {
  return parts.map(encodeURIComponent).join('/');
}
