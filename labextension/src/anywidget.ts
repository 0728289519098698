/** The part of anywidget's model that is used. */
export interface IAnyModel<T extends Record<string, unknown>> {
  get<K extends keyof T>(name: K): T[K];
  set<K extends keyof T>(name: K, value: T[K]): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: 'msg:custom', listener: (content: never) => void): void;
  on(event: string, listener: () => void): void;
  off(event: 'msg:custom', listener: (content: never) => void): void;
  off(event: string, listener: () => void): void;
}

export type AnyModel<T extends Record<string, unknown>> = IAnyModel<T>;
