/** The dashboard as a page of its own, with everything that is looked at in its address. */
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { Catalog } from './ui/catalog';
import type { IHost } from './ui/client';
import { ENGLISH, UiProvider } from './ui/context';
import { Dashboard } from './ui/dashboard/Dashboard';
import { DeedsProvider, useDeeds } from './ui/dashboard/deeds';
import { addressOf, type IPlace, placeOf } from './ui/places';
import { newQueries, Root } from './ui/Root';

/** On a Jupyter server the page lies below the server's address, and what changes something takes its XSRF token. */
const inJupyter = /\/mlrun-jupyter\/(index\.html)?$/.test(location.pathname);
const api = inJupyter ? 'api' : 'mlrun-jupyter/api';

const client = new Catalog((path, { method, signal }) =>
  fetch(`${api}/${path}`, {
    method,
    signal,
    cache: 'no-store',
    credentials: 'same-origin',
    headers: inJupyter && method !== 'GET' ? { 'X-XSRFToken': cookie('_xsrf') } : {}
  })
);

function cookie(name: string): string {
  const found = document.cookie.split('; ').find(each => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
}
const queries = newQueries();

function go(place: IPlace): void {
  location.hash = addressOf(place);
}

function usePlace(): IPlace {
  const [hash, setHash] = React.useState(location.hash);
  React.useEffect(() => {
    const listen = (): void => setHash(location.hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return React.useMemo(() => placeOf(hash), [hash]);
}

/** Cards ask their host for what the dashboard can do. */
function Page(): React.ReactElement {
  const place = usePlace();
  const deeds = useDeeds();
  const ui = React.useMemo(() => {
    const host: IHost = {
      openRun: run => go({ view: 'run', run }),
      openCompare: runs => go({ view: 'compare', runs }),
      rerun: run => deeds.rerun(run),
      copy: text => deeds.copy(text, 'Copied.'),
      frame: 'frame.html'
    };
    return { client, host, trans: ENGLISH };
  }, [deeds]);
  return (
    <UiProvider value={ui}>
      <Dashboard place={place} go={go} />
    </UiProvider>
  );
}

const mount = document.getElementById('page');
if (mount) {
  createRoot(mount).render(
    <Root ui={{ client, host: {}, trans: ENGLISH }} queries={queries}>
      <DeedsProvider store={inJupyter ? '' : location.origin}>
        <Page />
      </DeedsProvider>
    </Root>
  );
}
