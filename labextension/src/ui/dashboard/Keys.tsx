/** What can be done without a mouse. */
import * as React from 'react';

import { useUi } from '../context';
import type { List } from '../places';

type Section = 'projects' | 'runs' | List;

const PLACES: Record<string, Section> = {
  p: 'projects',
  r: 'runs',
  d: 'datasets',
  m: 'models',
  a: 'artifacts',
  f: 'functions'
};
const PAUSE = 1200;

const KEYS: [keys: string, deed: string][] = [
  ['g p', 'Projects'],
  ['g r', 'Runs'],
  ['g d', 'Data sets'],
  ['g m', 'Models'],
  ['g a', 'Artifacts'],
  ['g f', 'Functions'],
  ['/', 'Filter, find'],
  ['↑ ↓, j k', 'Move along the runs'],
  ['Space', 'Choose a run'],
  ['Shift ↑ ↓', 'Choose several'],
  ['Ctrl A', 'Choose all that were read'],
  ['c', 'Compare the chosen'],
  ['Delete', 'Delete the chosen'],
  ['Enter', 'Open'],
  ['Esc', 'Choose none'],
  ['?', 'This']
];

/** `g r` goes to the runs, `/` to the filter, `?` shows the keys; nothing while somebody writes. */
export function useKeys(goTo: (section: Section) => void): [boolean, (shown: boolean) => void] {
  const [help, setHelp] = React.useState(false);
  const go = React.useRef(goTo);
  go.current = goTo;
  React.useEffect(() => {
    let since = 0;
    const listen = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      ) {
        return;
      }
      const waited = Date.now() - since < PAUSE;
      since = 0;
      if (waited && event.key in PLACES) {
        event.preventDefault();
        go.current(PLACES[event.key]);
      } else if (event.key === 'g') {
        since = Date.now();
      } else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>(
          '.mj-filter-input, .mj-find, .mj-dash-body input[type=search]'
        );
        if (field) {
          event.preventDefault();
          field.focus();
        }
      } else if (event.key === '?') {
        setHelp(true);
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  return [help, setHelp];
}

export function Keys(props: { close: () => void }): React.ReactElement {
  const { trans } = useUi();
  const box = React.useRef<HTMLDialogElement>(null);
  React.useEffect(() => {
    if (!box.current?.open) {
      box.current?.showModal();
    }
  }, []);
  return (
    <dialog
      ref={box}
      className="mj-keys"
      aria-label={trans.__('Keys')}
      onClose={props.close}
      onClick={() => box.current?.close()}
    >
      <dl>
        {KEYS.map(([keys, deed]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{trans.__(deed)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
