/** Plotly as a script of a closed frame: figures of two dimensions. */
import Plotly from 'plotly.js-cartesian-dist-min';

import { type IColours, offer } from './frame';

interface IFigure {
  data?: { type?: string }[];
  layout?: { template?: unknown; height?: number };
  frames?: unknown;
}

offer(async (figure: IFigure, element, colours) => {
  const known = Plotly.PlotSchema.get().traces;
  const traces = Array.isArray(figure.data) ? figure.data : [];
  const unknown = new Set(traces.map(each => each?.type ?? 'scatter').filter(type => !(type in known)));
  if (unknown.size) {
    throw new Error(
      `${[...unknown].join(', ').slice(0, 100)} cannot be drawn here; a figure kept as HTML can`
    );
  }
  const layout = { ...figure.layout, ...look(colours), height: figure.layout?.height ?? 380 };
  await Plotly.newPlot(element, traces, layout, { responsive: true, displaylogo: false });
});

/** On the colours of where it stands, whatever template it was made with. */
function look(colours: IColours): object {
  const axis = { gridcolor: colours.line, linecolor: colours.line, zerolinecolor: colours.line };
  const layout = {
    paper_bgcolor: 'transparent',
    plot_bgcolor: 'transparent',
    font: { color: colours.ink, family: 'system-ui, sans-serif', size: 12 },
    colorway: colours.series,
    margin: { l: 56, r: 24, t: 48, b: 48 },
    xaxis: axis,
    yaxis: axis
  };
  return { template: { layout }, autosize: true };
}
