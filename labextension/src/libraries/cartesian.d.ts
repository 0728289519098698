declare module 'plotly.js-cartesian-dist-min' {
  const Plotly: {
    newPlot(element: HTMLElement, data: unknown[], layout: object, config: object): Promise<unknown>;
    PlotSchema: { get(): { traces: Record<string, unknown> } };
  };
  export default Plotly;
}
