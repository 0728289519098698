/** All projects: what runs in them, and how it went of late. */
import * as React from 'react';

import { useUi } from '../context';
import { ago, count } from '../format';
import { useNow } from '../hooks';
import { Label, Trouble } from '../parts';
import { addressOf, ALL_RUNS } from '../places';
import type { IProjectBrief } from '../types';
import { useAsked } from './asked';
import { Empty, PageHead } from './frame';
import { StateFigures, Strip, totalOf } from './States';

export function ProjectsPage(): React.ReactElement {
  const { trans } = useUi();
  const now = useNow();
  const query = useAsked(['overview'], (catalog, signal) => catalog.overview(signal));
  const projects = query.data?.projects ?? [];
  return (
    <div className="mj-dash-page">
      <PageHead title={trans.__('Projects')} aside={query.data && count(projects.length, 'project')} />
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && !query.error && <p className="mj-quiet">{trans.__('Loading …')}</p>}
      {query.data && !projects.length && <Empty />}
      {projects.length > 0 && (
        <div className="mj-scroll">
          <table className="mj-tbl mj-projects">
            <thead>
              <tr>
                <th scope="col">{trans.__('project')}</th>
                <th scope="col" className="mj-num">
                  {trans.__('runs')}
                </th>
                <th scope="col">{trans.__('by state')}</th>
                <th scope="col">{trans.__('newest 30')}</th>
                <th scope="col">{trans.__('last run')}</th>
              </tr>
            </thead>
            <tbody>
              {projects.map(project => (
                <Project key={project.name} project={project} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Project(props: { project: IProjectBrief; now: number }): React.ReactElement {
  const { project, now } = props;
  const state = { ...ALL_RUNS, project: project.name };
  const last = project.recent[0];
  return (
    <tr>
      <th scope="row">
        <a className="mj-link mj-strong" href={`#${addressOf({ view: 'runs', state })}`}>
          <Label text={project.name} />
        </a>
        {project.description && (
          <div className="mj-dim">
            <Label text={project.description} limit={90} />
          </div>
        )}
      </th>
      <td className="mj-num">{totalOf(project.states).toLocaleString('en-US')}</td>
      <td>
        <StateFigures states={project.states} />
      </td>
      <td>{project.recent.length > 0 && <Strip recent={project.recent} now={now} />}</td>
      <td className="mj-dim mj-tab">{last ? ago(last.start, now) : ''}</td>
    </tr>
  );
}
