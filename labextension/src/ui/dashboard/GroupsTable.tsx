/** Runs put together by what they share: how many, in which states, the best that came of them. */
import * as React from 'react';

import { useUi } from '../context';
import { ago, count } from '../format';
import { useNow } from '../hooks';
import { Label, Trouble } from '../parts';
import { addressOf, type IRunsState } from '../places';
import type { IRunGroup } from '../types';
import { useAsked } from './asked';
import { inOrder, StateFigures } from './States';

export function GroupsTable(props: { state: IRunsState; by: string }): React.ReactElement {
  const { state, by } = props;
  const { trans } = useUi();
  const now = useNow();
  const asked = { filter: state.filter, project: state.project };
  const query = useAsked(['groups', asked.project, asked.filter, by], (catalog, signal) =>
    catalog.groups(asked, by, signal)
  );
  if (query.error) {
    return (
      <Trouble
        error={query.error}
        retry={query.error.status === 400 ? undefined : () => void query.refetch()}
      />
    );
  }
  const told = query.data;
  if (!told) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  const bests = [...new Set(told.groups.flatMap(group => group.best.map(entry => entry.name)))].slice(0, 5);
  return (
    <div className="mj-grid" tabIndex={0}>
      <table className="mj-tbl" aria-label={trans.__('Groups of runs')}>
        <thead>
          <tr>
            <th scope="col">{by.replace(/^label:/, '')}</th>
            <th scope="col" className="mj-num">
              {by === 'sweep' ? trans.__('iterations') : trans.__('runs')}
            </th>
            <th scope="col">{trans.__('by state')}</th>
            {bests.map(name => (
              <th key={name} scope="col" className="mj-num">
                {trans.__('best')} <Label text={name} limit={20} />
              </th>
            ))}
            <th scope="col">{trans.__('newest')}</th>
          </tr>
        </thead>
        <tbody>
          {told.groups.map((group, index) => (
            <tr key={index}>
              <th scope="row">
                <GroupLink group={group} state={state} />
              </th>
              <td className="mj-num">{group.runs.toLocaleString('en-US')}</td>
              <td>
                <Shares states={group.states} />
                <StateFigures states={group.states} />
              </td>
              {bests.map(name => (
                <td key={name} className="mj-num">
                  {group.best.find(entry => entry.name === name)?.cell.text ?? ''}
                </td>
              ))}
              <td className="mj-dim mj-tab">{ago(group.start, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!told.groups.length && <p className="mj-quiet">{trans.__('No run matches.')}</p>}
      {told.more && (
        <p className="mj-more">
          {trans.__('Of the newest %1; narrow the filter for others.', count(told.runs, 'run'))}
        </p>
      )}
    </div>
  );
}

function GroupLink(props: { group: IRunGroup; state: IRunsState }): React.ReactElement {
  const { group, state } = props;
  const { trans } = useUi();
  const title = group.title ? <Label text={group.title} limit={48} /> : <em>{trans.__('none')}</em>;
  if (group.uid) {
    const run = { project: group.project, uid: group.uid, iteration: 0 };
    return (
      <>
        <a className="mj-link" href={`#${addressOf({ view: 'run', run })}`}>
          {title}
        </a>{' '}
        <code className="mj-faint">{group.uid.slice(0, 6)}</code>
      </>
    );
  }
  if (!group.within) {
    return title;
  }
  const inside = { ...state, group: '', within: group.within };
  return (
    <a className="mj-link" href={`#${addressOf({ view: 'runs', state: inside })}`}>
      {title}
    </a>
  );
}

/** A line of shares by state. */
function Shares(props: { states: Record<string, number> }): React.ReactElement {
  return (
    <span className="mj-shares" aria-hidden="true">
      {inOrder(props.states).map(([state, amount]) => (
        <i key={state} className={`mj-share-${state}`} style={{ flexGrow: amount }} />
      ))}
    </span>
  );
}
