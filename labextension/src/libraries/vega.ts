/** Vega and Vega-Lite as a script of a closed frame: it draws one chart and asks nobody for anything. */
import { type Loader, loader, parse, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

import { type IColours, offer } from './frame';

interface IDocument {
  $schema?: unknown;
  autosize?: unknown;
}

offer(async (document: IDocument, element, colours) => {
  const config = configOf(colours, element.clientWidth);
  const lite = !/\/vega\/v\d/.test(String(document.$schema ?? ''));
  const spec = lite ? compile(document as TopLevelSpec, { config }).spec : (document as Spec);
  const view = new View(parse(spec, lite ? undefined : config), {
    renderer: 'svg',
    container: element,
    hover: true,
    loader: closed()
  });
  await view.runAsync();
});

/** Data at an address is not fetched, and the reader is told. */
function closed(): Loader {
  const refuse = (uri: string): Promise<never> => {
    const error = new Error(
      `its data is at ${uri.slice(0, 200)}, and nothing is loaded from the network here`
    );
    dispatchEvent(new CustomEvent('mlrun-trouble', { detail: error.message }));
    return Promise.reject(error);
  };
  return { ...loader(), load: refuse, sanitize: refuse, http: refuse, file: refuse };
}

function configOf(colours: IColours, width: number): object {
  const text = { labelColor: colours.soft, titleColor: colours.ink, labelFont: FONT, titleFont: FONT };
  return {
    background: 'transparent',
    font: FONT,
    view: {
      stroke: 'transparent',
      continuousWidth: Math.max(200, Math.min(720, width - 170)),
      continuousHeight: 260
    },
    axis: {
      ...text,
      gridColor: colours.line,
      domainColor: colours.line,
      tickColor: colours.line,
      titleFontWeight: 500
    },
    legend: { ...text, titleFontWeight: 500 },
    header: text,
    title: { color: colours.ink, font: FONT, fontSize: 13, fontWeight: 600, anchor: 'start' },
    text: { fill: colours.ink },
    range: { category: colours.series },
    mark: { color: colours.series[0] }
  };
}

const FONT = 'system-ui, sans-serif';
