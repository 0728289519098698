/** The dashboard: where one is stands in the address, and everything is one key or click away. */
import * as React from 'react';

import { refKey } from '../client';
import { Compare } from '../CompareCard';
import { useUi } from '../context';
import { useChanges } from '../live';
import { ProjectChoice } from '../ProjectChoice';
import { addressOf, ALL_RUNS, type IPlace, type List, projectAt } from '../places';
import { Fence } from '../Root';
import { RunDetails } from '../RunDetails';
import { ArtifactPage } from './ArtifactPage';
import { FunctionPage } from './FunctionPage';
import { Keys, useKeys } from './Keys';
import { ListPage } from './ListPage';
import { ProjectsPage } from './ProjectsPage';
import { RunsPage } from './RunsPage';

type Section = 'projects' | 'runs' | List;

const SECTIONS: [section: Section, title: string, mark: string][] = [
  ['projects', 'Projects', '▤'],
  ['runs', 'Runs', '≡'],
  ['datasets', 'Data sets', '▦'],
  ['models', 'Models', '◆'],
  ['artifacts', 'Artifacts', '▫'],
  ['functions', 'Functions', 'λ']
];

const TITLES: Record<string, string> = {
  run: 'Run',
  compare: 'Comparison',
  artifact: 'Artifact',
  function: 'Function'
};

export function Dashboard(props: { place: IPlace; go: (place: IPlace) => void }): React.ReactElement {
  const { place, go } = props;
  const { trans } = useUi();
  useChanges(true);
  const project = useProject(place);
  // a list is found again as it was left
  const last = React.useRef(new Map<Section, IPlace>());
  const section = sectionOf(place);
  if (place.view === section) {
    last.current.set(section, place);
  }
  const placeIn = (name: Section): IPlace => within(last.current.get(name), name, project);
  const [help, setHelp] = useKeys(name => go(placeIn(name)));
  React.useEffect(() => {
    const title = SECTIONS.find(([name]) => name === place.view)?.[1] ?? TITLES[place.view] ?? '';
    document.title = [title, project === '*' ? '' : project, 'mlrun-jupyter'].filter(Boolean).join(' · ');
  }, [place.view, project]);
  return (
    <div className="mj-dash">
      <a className="mj-skip" href="#main" onClick={skip}>
        {trans.__('To the content')}
      </a>
      <nav className="mj-nav" aria-label={trans.__('Places')}>
        <a className="mj-brand" href={`#${addressOf({ view: 'projects' })}`}>
          mlrun<span className="mj-faint">-jupyter</span>
        </a>
        <ProjectChoice project={project} visible choose={name => go(within(undefined, section, name))} />
        <ul>
          {SECTIONS.map(([name, title, mark]) => (
            <li key={name}>
              <a
                href={`#${addressOf(placeIn(name))}`}
                aria-current={place.view === name ? 'page' : section === name ? 'true' : undefined}
              >
                <span className="mj-icon" aria-hidden="true">
                  {mark}
                </span>
                {trans.__(title)}
              </a>
            </li>
          ))}
        </ul>
        <span className="mj-grow" />
        <button type="button" className="mj-link mj-dim mj-help" onClick={() => setHelp(true)}>
          {trans.__('Keys')} <kbd>?</kbd>
        </button>
      </nav>
      <main className="mj-dash-body" id="main" tabIndex={-1}>
        <Fence key={'state' in place ? place.view : addressOf(place)}>
          <View place={place} go={go} />
        </Fence>
      </main>
      {help && <Keys close={() => setHelp(false)} />}
    </div>
  );
}

function skip(event: React.MouseEvent): void {
  event.preventDefault(); // the address is a place
  document.getElementById('main')?.focus();
}

function View(props: { place: IPlace; go: (place: IPlace) => void }): React.ReactElement {
  const { place, go } = props;
  switch (place.view) {
    case 'projects':
      return <ProjectsPage />;
    case 'runs':
      return <RunsPage state={place.state} change={state => go({ view: 'runs', state })} />;
    case 'run':
      return <RunDetails key={refKey(place.run)} run={place.run} />;
    case 'compare':
      return <Compare refs={place.runs} />;
    case 'artifact':
      return <ArtifactPage project={place.project} artifact={place.key} uid={place.uid} />;
    case 'function':
      return (
        <FunctionPage project={place.project} name={place.name} hash={place.hash} against={place.against} />
      );
    default:
      return (
        <ListPage
          key={place.view}
          list={place.view}
          state={place.state}
          change={state => go({ view: place.view, state })}
        />
      );
  }
}

/** The project stays what it was where a place is in none. */
function useProject(place: IPlace): string {
  const last = React.useRef('*');
  if (place.view !== 'projects') {
    last.current = projectAt(place);
  }
  return last.current;
}

function sectionOf(place: IPlace): Section {
  switch (place.view) {
    case 'run':
    case 'compare':
      return 'runs';
    case 'artifact':
      return 'artifacts';
    case 'function':
      return 'functions';
    default:
      return place.view;
  }
}

function within(last: IPlace | undefined, section: Section, project: string): IPlace {
  if (section === 'projects') {
    return { view: 'projects' };
  }
  if (last && projectAt(last) === project) {
    return last;
  }
  return section === 'runs'
    ? { view: 'runs', state: { ...ALL_RUNS, project } }
    : { view: section, state: { project, name: '', kind: '' } };
}
