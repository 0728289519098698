/** A store behind an HTTP address; how requests are sent is the host's affair. */
import {
  type IColumnsQuestion,
  type IContentQuestion,
  type IRunClient,
  type IRunRef,
  type IRunsQuestion,
  RequestError
} from './client';
import type { IArtifactItem } from './types';

export interface IRequest {
  method: 'GET' | 'POST' | 'DELETE';
  signal?: AbortSignal;
}

/** Sends a request to a path below the store's address and resolves with the response, whatever its status. */
export type Send = (path: string, request: IRequest) => Promise<Response>;

export class HttpClient implements IRunClient {
  constructor(private readonly send: Send) {}

  projects(signal?: AbortSignal) {
    return this.get('projects', {}, signal) as ReturnType<IRunClient['projects']>;
  }

  runs(question: IRunsQuestion, signal?: AbortSignal) {
    const { filter, project, columns, within = '', limit, after } = question;
    return this.get(
      'runs',
      { filter, project, columns: columns.join(','), within, limit, after },
      signal
    ) as ReturnType<IRunClient['runs']>;
  }

  run(ref: IRunRef, signal?: AbortSignal) {
    return this.get(runPath(ref), {}, signal) as ReturnType<IRunClient['run']>;
  }

  log(ref: IRunRef, offset: number, signal?: AbortSignal) {
    return this.get(`${runPath(ref)}/log`, { offset }, signal) as ReturnType<IRunClient['log']>;
  }

  series(ref: IRunRef, signal?: AbortSignal) {
    return this.get(`${runPath(ref)}/series`, { points: 1000 }, signal) as ReturnType<IRunClient['series']>;
  }

  compare(refs: readonly IRunRef[], everything: boolean, signal?: AbortSignal) {
    const runs = refs.map(ref => [ref.project, ref.uid, ref.iteration].map(encodeURIComponent).join('/'));
    return this.get(
      'compare',
      { runs: runs.join(','), everything: everything ? 1 : 0 },
      signal
    ) as ReturnType<IRunClient['compare']>;
  }

  artifact(item: IArtifactItem, signal?: AbortSignal) {
    return this.get(artifactPath(item), version(item), signal) as ReturnType<IRunClient['artifact']>;
  }

  content(item: IArtifactItem, asked: IContentQuestion, signal?: AbortSignal) {
    const { where = {}, ...rest } = asked;
    const conditions = Object.keys(where).length ? JSON.stringify(where) : '';
    return this.get(
      `${artifactPath(item)}/content`,
      { ...version(item), ...rest, where: conditions },
      signal
    ) as ReturnType<IRunClient['content']>;
  }

  columns(item: IArtifactItem, asked: IColumnsQuestion, signal?: AbortSignal) {
    return this.get(`${artifactPath(item)}/columns`, { ...version(item), ...asked }, signal) as ReturnType<
      IRunClient['columns']
    >;
  }

  versions(item: IArtifactItem, signal?: AbortSignal) {
    return this.get(`${artifactPath(item)}/versions`, {}, signal) as ReturnType<IRunClient['versions']>;
  }

  drift(item: IArtifactItem, old: string, now: string, signal?: AbortSignal) {
    return this.get(`${artifactPath(item)}/drift`, { old, new: now }, signal) as ReturnType<
      IRunClient['drift']
    >;
  }

  library(name: string, signal?: AbortSignal) {
    return this.get(`libraries/${encodeURIComponent(name)}`, {}, signal) as ReturnType<IRunClient['library']>;
  }

  abort(ref: IRunRef) {
    return this.request(`${runPath(ref)}/abort`, { method: 'POST' }) as ReturnType<IRunClient['abort']>;
  }

  remove(ref: IRunRef) {
    return this.request(runPath(ref), { method: 'DELETE' }) as ReturnType<IRunClient['remove']>;
  }

  changes(token: string, signal?: AbortSignal) {
    return this.get('changes', { seen: token }, signal) as ReturnType<IRunClient['changes']>;
  }

  protected get(
    path: string,
    query: Record<string, string | number>,
    signal?: AbortSignal
  ): Promise<unknown> {
    const asked = Object.entries(query).filter(([, value]) => value !== '');
    const text = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
    return this.request(text ? `${path}?${text}` : path, { method: 'GET', signal });
  }

  private async request(path: string, request: IRequest): Promise<unknown> {
    let response: Response;
    try {
      response = await this.send(path, request);
    } catch (error) {
      if (request.signal?.aborted) {
        throw error;
      }
      throw new RequestError(0, 'the server does not answer');
    }
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      throw failure(response.status, body);
    }
    return body;
  }
}

function failure(status: number, body: unknown): RequestError {
  const told = (body ?? {}) as { message?: unknown; hint?: unknown };
  const message =
    typeof told.message === 'string' && told.message ? told.message : `the server answered ${status}`;
  return new RequestError(status, message, typeof told.hint === 'string' ? told.hint : '');
}

function runPath(ref: IRunRef): string {
  return `runs/${segment(ref.project)}/${segment(ref.uid)}/${ref.iteration}`;
}

function artifactPath(item: IArtifactItem): string {
  return `artifacts/${segment(item.project ?? '')}/${segment(item.db_key || item.key)}`;
}

/** A name as one part of a path. Names come from files too: dots would lead out, however they are written. */
function segment(name: string): string {
  if (/^\.{1,2}$/.test(name)) {
    throw new RequestError(400, `Nothing can be called "${name}".`);
  }
  return encodeURIComponent(name);
}

function version(item: IArtifactItem): Record<string, string> {
  return item.uid ? { uid: item.uid } : { tag: item.tag ?? '' };
}
