/** The dashboard: the same UI as a page of its own, with everything that is looked at in its address. */
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { type IHost, type IRunRef, refKey } from './ui/client';
import { Compare } from './ui/CompareCard';
import { ENGLISH, type IUi } from './ui/context';
import { HttpClient } from './ui/http';
import { ProjectChoice } from './ui/ProjectChoice';
import { addressOf, type IPlace, placeOf } from './ui/places';
import { newQueries, Root } from './ui/Root';
import { RunDetails } from './ui/RunDetails';
import { RunsGrid } from './ui/RunsGrid';

/** Milliseconds in which a deletion can be taken back. */
const UNDO = 6000;

const client = new HttpClient((path, { method, signal }) =>
  fetch(`mlrun-jupyter/api/${path}`, { method, signal, cache: 'no-store', credentials: 'same-origin' })
);
const queries = newQueries();

function go(place: IPlace): void {
  location.hash = addressOf(place);
}

const host: IHost = {
  openRun: run => go({ view: 'run', run }),
  openCompare: runs => go({ view: 'compare', runs }),
  copy: text => void navigator.clipboard?.writeText(text)
};
const ui: IUi = { client, host, trans: ENGLISH };

function usePlace(): IPlace {
  const [hash, setHash] = React.useState(location.hash);
  React.useEffect(() => {
    const listen = (): void => setHash(location.hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return React.useMemo(() => placeOf(hash), [hash]);
}

/** Runs that are about to be deleted, until it is done or taken back. */
function useDeleting(): [readonly IRunRef[], (refs: readonly IRunRef[]) => void, () => void] {
  const [waiting, setWaiting] = React.useState<readonly IRunRef[]>([]);
  React.useEffect(() => {
    if (!waiting.length) {
      return undefined;
    }
    const timer = setTimeout(() => {
      void Promise.allSettled(waiting.map(ref => client.remove(ref))).then(() => {
        setWaiting([]);
        return queries.invalidateQueries({ queryKey: ['runs'] });
      });
    }, UNDO);
    return () => clearTimeout(timer);
  }, [waiting]);
  return [waiting, setWaiting, () => setWaiting([])];
}

function Page(): React.ReactElement {
  const place = usePlace();
  const [deleting, remove, undo] = useDeleting();
  const last = React.useRef<IPlace>({
    view: 'runs',
    state: { filter: '', project: '*', columns: null, sort: '' }
  });
  if (place.view === 'runs') {
    last.current = place;
  }
  return (
    <div className="mj-dash">
      <header className="mj-dash-head">
        <a className="mj-brand" href={`#${addressOf(last.current)}`}>
          mlrun-jupyter
        </a>
        <nav aria-label="Places">
          <a href={`#${addressOf(last.current)}`} aria-current={place.view === 'runs' ? 'page' : undefined}>
            Runs
          </a>
        </nav>
        <span className="mj-grow" />
        {place.view === 'runs' && (
          <ProjectChoice
            project={place.state.project}
            visible
            choose={project => go({ ...place, state: { ...place.state, project } })}
          />
        )}
      </header>
      <main className="mj-dash-body">
        {place.view === 'runs' && (
          <RunsGrid state={place.state} change={state => go({ view: 'runs', state })} remove={remove} />
        )}
        {place.view === 'run' && <RunDetails key={refKey(place.run)} run={place.run} />}
        {place.view === 'compare' && <Compare refs={place.runs} />}
      </main>
      {deleting.length > 0 && (
        <div className="mj-toast" role="status">
          Deleting {deleting.length === 1 ? 'a run' : `${deleting.length} runs`} …
          <button type="button" className="mj-btn" onClick={undo}>
            Undo
          </button>
        </div>
      )}
    </div>
  );
}

const mount = document.getElementById('page');
if (mount) {
  createRoot(mount).render(
    <Root ui={ui} queries={queries}>
      <Page />
    </Root>
  );
}
