/** Charts of Vega-Lite and figures of Plotly, drawn in the closed frame by a library that the store's host keeps. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from '../client';
import { useUi } from '../context';
import { cut, size } from '../format';
import { Frame } from '../Frame';
import { Trouble } from '../parts';
import type { IContent, ILibrary } from '../types';
import { drawingPage, type IColours } from './drawingModel';
import { CodeText } from './Text';

/** What the look calls the colours; the accent comes first among the series. */
const SERIES = ['--m-accent', '--m-third', '--m-fourth', '--m-run', '--m-err', '--m-second'];

export function Drawing(props: { content: IContent; title: string; of: string }): React.ReactElement {
  const { content } = props;
  const { client, trans } = useUi();
  const [raw, setRaw] = React.useState(false);
  const [colours, setColours] = React.useState<IColours | null>(null);
  const watch = React.useCallback((element: HTMLElement | null) => {
    if (element) {
      setColours(coloursAt(element));
    }
  }, []);
  const library = content.form === 'vega' ? 'vega' : 'plotly';
  const query = useQuery<ILibrary, RequestError>({
    queryKey: ['library', library],
    queryFn: ({ signal }) => (client as IRunClient).library(library, signal),
    enabled: client !== null,
    staleTime: Infinity,
    retry: false
  });
  const text = content.text ?? '';
  const page = React.useMemo(
    () => (query.data && colours ? drawingPage(query.data.text, text, colours) : ''),
    [query.data, text, colours]
  );
  return (
    <div ref={watch}>
      <div className="mj-tools">
        <span className="mj-dim mj-tab">{[props.of, size(content.size)].filter(Boolean).join(' · ')}</span>
        <span className="mj-grow" />
        <button type="button" className="mj-btn" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {trans.__('Source')}
        </button>
      </div>
      {raw ? (
        <CodeText text={pretty(text)} language="json" />
      ) : query.error ? (
        <>
          <Trouble error={query.error} retry={() => void query.refetch()} />
          <CodeText text={pretty(text)} language="json" />
        </>
      ) : page ? (
        <Frame page={page} title={cut(props.title, 80)} plain />
      ) : (
        <p className="mj-quiet">{trans.__('Loading …')}</p>
      )}
    </div>
  );
}

function coloursAt(element: HTMLElement): IColours {
  const probe = element.appendChild(document.createElement('i'));
  const found = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ink: found('--m-fg'),
    soft: found('--m-faint'),
    line: found('--m-line'),
    back: found('--m-bg'),
    series: SERIES.map(found)
  };
  probe.remove();
  return colours;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
