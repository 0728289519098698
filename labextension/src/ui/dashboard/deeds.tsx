/** What can be done with runs here, and what is said about it: deleting waits a while, so that it can be taken back. */
import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import * as React from 'react';

import { type IRunClient, type IRunRef, refKey } from '../client';
import { useUi } from '../context';
import { without } from '../pages';
import type { IRunPage } from '../types';

/** Milliseconds in which a deletion can be taken back. */
export const UNDO = 6000;
const SAID = 5000;

export interface INote {
  text: string;
  code?: string;
  action?: [label: string, act: () => void];
  bad?: boolean;
}

export interface IDeeds {
  remove(refs: readonly IRunRef[]): void;
  abort(refs: readonly IRunRef[]): void;
  rerun(ref: IRunRef): void;
  copy(text: string, said: string): void;
  /** Runs that are about to be deleted, by their keys. */
  going: ReadonlySet<string>;
}

const Context = React.createContext<IDeeds | null>(null);

export function useDeeds(): IDeeds {
  const deeds = React.useContext(Context);
  if (!deeds) {
    throw new Error('no deeds here');
  }
  return deeds;
}

export function DeedsProvider(props: {
  /** The address of the service, for commands; empty where the configured one is meant. */
  store: string;
  children: React.ReactNode;
}): React.ReactElement {
  const { client, trans } = useUi();
  const { store } = props;
  const queries = useQueryClient();
  const [note, setNote] = React.useState<INote | null>(null);
  const [waiting, setWaiting] = React.useState<readonly IRunRef[]>([]);
  const going = React.useMemo(() => new Set(waiting.map(refKey)), [waiting]);
  React.useEffect(() => {
    if (!waiting.length || !client) {
      return undefined;
    }
    const timer = setTimeout(() => {
      setNote(null); // from here on nothing can be taken back
      void removed(client, queries, waiting).then(failed => {
        setWaiting(before => before.filter(ref => !waiting.includes(ref)));
        if (failed) {
          setNote({ text: failed, bad: true });
        }
      });
    }, UNDO);
    return () => clearTimeout(timer);
  }, [waiting, client, queries]);
  React.useEffect(() => {
    if (!note || note.action || note.bad) {
      return undefined;
    }
    const timer = setTimeout(() => setNote(null), SAID);
    return () => clearTimeout(timer);
  }, [note]);
  const deeds = React.useMemo<IDeeds>(() => {
    const copy = (text: string, said: string): void => {
      const refused = (): void => setNote({ text: trans.__('Copy it from here:'), code: text, bad: true });
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text).then(() => setNote({ text: said }), refused);
      } else {
        refused();
      }
    };
    return {
      going,
      copy,
      remove: refs => {
        setWaiting(before => [
          ...before,
          ...refs.filter(ref => !before.some(each => refKey(each) === refKey(ref)))
        ]);
        setNote({
          text:
            refs.length === 1 ? trans.__('Deleting a run …') : trans.__('Deleting %1 runs …', refs.length),
          action: [
            trans.__('Undo'),
            () => {
              setWaiting([]);
              setNote(null);
            }
          ]
        });
      },
      abort: refs => {
        void Promise.allSettled(refs.map(ref => (client as IRunClient).abort(ref))).then(asked => {
          const failed = asked.find((each): each is PromiseRejectedResult => each.status === 'rejected');
          setNote(
            failed
              ? { text: String((failed.reason as Error).message), bad: true }
              : {
                  text:
                    refs.length === 1
                      ? trans.__('Asked the run to stop.')
                      : trans.__('Asked %1 runs to stop.', refs.length)
                }
          );
        });
      },
      rerun: ref => {
        const command = rerunCommand(ref, store);
        setNote({
          text: trans.__('Code is not executed here. In a terminal where it is:'),
          code: command,
          action: [trans.__('Copy'), () => copy(command, trans.__('Copied.'))]
        });
      }
    };
  }, [client, going, store, trans]);
  return (
    <Context.Provider value={deeds}>
      {props.children}
      {note && <Toast note={note} close={() => setNote(null)} />}
    </Context.Provider>
  );
}

/** The line for a terminal that runs the same again. */
export function rerunCommand(ref: IRunRef, store: string): string {
  const run = ref.iteration ? `${ref.uid}-${ref.iteration}` : ref.uid;
  const where = store ? ` --db ${quoted(store)}` : '';
  return `mlrun rerun ${run} --project ${quoted(ref.project)}${where}`;
}

function quoted(text: string): string {
  return /^[\w.:/@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** Deletes, takes the rows out of the lists that were read, and tells what failed. */
async function removed(client: IRunClient, queries: QueryClient, refs: readonly IRunRef[]): Promise<string> {
  const asked = await Promise.allSettled(refs.map(ref => client.remove(ref)));
  const gone = new Set(refs.filter((_, index) => asked[index].status === 'fulfilled').map(refKey));
  queries.setQueriesData<InfiniteData<IRunPage, string>>(
    { queryKey: ['runs'] },
    old => old && without(old, gone)
  );
  await queries.invalidateQueries({ queryKey: ['catalog'] });
  const failed = asked.find((each): each is PromiseRejectedResult => each.status === 'rejected');
  return failed ? String((failed.reason as Error).message) : '';
}

function Toast(props: { note: INote; close: () => void }): React.ReactElement {
  const { note } = props;
  const { trans } = useUi();
  return (
    <div className={`mj-toast${note.bad ? ' mj-toast-bad' : ''}`} role="status">
      <span>{note.text}</span>
      {note.code && <code>{note.code}</code>}
      {note.action && (
        <button type="button" className="mj-btn" onClick={note.action[1]}>
          {note.action[0]}
        </button>
      )}
      <button type="button" className="mj-term-x" aria-label={trans.__('Close')} onClick={props.close}>
        ×
      </button>
    </div>
  );
}
