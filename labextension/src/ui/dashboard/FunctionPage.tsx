/** A function: its code, its versions, and what changed between two of them. */
import * as React from 'react';

import { useUi } from '../context';
import { count, cut } from '../format';
import { useNow } from '../hooks';
import { EntryTable, Heading, Label, Trouble, Value } from '../parts';
import { addressOf } from '../places';
import type { IFunctionChange, IFunctionSummary, IFunctionView } from '../types';
import { useAsked } from './asked';
import { CodeDiff, CodeLines } from './CodeLines';
import { PageHead } from './frame';
import { Moment } from './ListPage';

interface IAt {
  project: string;
  name: string;
  hash: string;
  against: string;
}

export function FunctionPage(props: IAt): React.ReactElement {
  const { project, name, hash, against } = props;
  const { trans } = useUi();
  const query = useAsked(['function', project, name, hash], (catalog, signal) =>
    catalog.functionOf(project, name, hash, signal)
  );
  const shown = query.data?.item.hash ?? hash;
  const change = useAsked(
    ['function-change', project, name, against, shown],
    (catalog, signal) => catalog.functionChange(project, name, against, shown, signal),
    Boolean(against && shown)
  );
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  const view = query.data;
  if (!view) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  return (
    <div className="mj-stack">
      <PageHead
        title={
          <>
            <span className="mj-icon" aria-hidden="true">
              λ
            </span>{' '}
            <Label text={view.item.name} />
          </>
        }
        aside={[view.item.kind, view.item.image].filter(Boolean).join(' · ')}
      />
      <div className="mj-split">
        <div className="mj-main">
          {against ? (
            <Change change={change.data} error={change.error} retry={() => void change.refetch()} />
          ) : (
            <>
              <Heading aside={count(view.lines, 'line')}>{trans.__('Code')}</Heading>
              <CodeLines code={view.code} lines={view.lines} label={trans.__('Code')} />
            </>
          )}
        </div>
        <aside className="mj-side">
          <Versions view={view} at={{ ...props, hash: shown }} />
          <Handlers view={view} />
          {view.facts.entries.length > 0 && (
            <section>
              <Heading>{trans.__('Runs as')}</Heading>
              <EntryTable entries={view.facts.entries} />
            </section>
          )}
          {view.requirements.length > 0 && (
            <section>
              <Heading>{trans.__('Requirements')}</Heading>
              <p className="mj-mono mj-dim">{view.requirements.map(each => cut(each, 120)).join(', ')}</p>
            </section>
          )}
        </aside>
      </div>
    </div>
  );
}

function Versions(props: { view: IFunctionView; at: IAt }): React.ReactElement {
  const { view, at } = props;
  const { trans } = useUi();
  const now = useNow();
  const { versions } = view;
  const to = (hash: string, against: string): string =>
    `#${addressOf({ view: 'function', project: at.project, name: at.name, hash, against })}`;
  return (
    <section>
      <Heading aside={count(versions.length, 'version')}>{trans.__('Versions')}</Heading>
      <ul className="mj-versions">
        {versions.map((version, index) => {
          const [hash, before] = [version.hash ?? '', versions[index + 1]?.hash ?? ''];
          const shown = hash === at.hash;
          return (
            <li key={hash} aria-current={shown ? 'true' : undefined}>
              <a className="mj-link" href={to(hash, '')}>
                {named(versions, index)} <code className="mj-faint">{cut(hash.slice(0, 8))}</code>
              </a>
              {version.tag && <span className="mj-chip">{cut(version.tag, 20)}</span>}
              <span className="mj-grow" />
              <Moment at={version.updated} now={now} />
              {shown && before && (
                <a className="mj-btn" href={at.against ? to(hash, '') : to(hash, before)}>
                  {at.against ? trans.__('Code') : trans.__('Changes')}
                </a>
              )}
              {!shown && at.against !== hash && (
                <a
                  className="mj-btn"
                  href={to(at.hash, hash)}
                  aria-label={trans.__('Changes from %1', named(versions, index))}
                >
                  ±
                </a>
              )}
              {at.against === hash && <span className="mj-dim">{trans.__('compared with')}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function named(versions: readonly IFunctionSummary[], index: number): string {
  return `v${versions.length - index}`;
}

function Handlers(props: { view: IFunctionView }): React.ReactElement | null {
  const { handlers } = props.view;
  const { trans } = useUi();
  if (!handlers.length) {
    return null;
  }
  return (
    <section>
      <Heading>{trans.__('Handlers')}</Heading>
      {handlers.map(handler => (
        <div key={handler.name} className="mj-handler">
          <code>
            <b>{cut(handler.name, 60)}</b>({(handler.parameters ?? []).map(each => cut(each, 60)).join(', ')})
          </code>
          {handler.doc && <p className="mj-dim">{cut(handler.doc, 200)}</p>}
        </div>
      ))}
    </section>
  );
}

function Change(props: {
  change: IFunctionChange | undefined;
  error: unknown;
  retry: () => void;
}): React.ReactElement {
  const { change, error } = props;
  const { trans } = useUi();
  if (error) {
    return <Trouble error={error} retry={props.retry} />;
  }
  if (!change) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  const [old, next] = [change.old.hash ?? '', change.new.hash ?? ''].map(hash => cut(hash.slice(0, 8)));
  return (
    <>
      <Heading aside={`${old} → ${next}`}>{trans.__('Changes')}</Heading>
      {change.fields.length > 0 && (
        <table className="mj-tbl mj-lines">
          <tbody>
            {change.fields.map(field => (
              <tr key={field.name}>
                <th scope="row">
                  <Label text={field.name} />
                </th>
                <td className="mj-mono mj-gone">
                  <Value cell={field.old} />
                </td>
                <td className="mj-mono mj-came">
                  <Value cell={field.new} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <CodeDiff diff={change.code} label={trans.__('Changes of the code')} />
    </>
  );
}
