// Written by schema/generate_types.py from the presentation models of mlrun_jupyter: `npm run types`.

/**
 * An artifact or input in a list; ``about`` is what is worth knowing on one line (shape and size).
 */
export interface IArtifactItem {
  key: string;
  kind?: string;
  about?: string;
  path?: string;
  size?: number | null;
  rows?: number | null;
  columns?: number | null;
  hash?: string;
  tag?: string;
  uid?: string;
  project?: string;
  db_key?: string;
  iteration?: number;
}

/**
 * Rows, and the token that the next page starts ``after`` (empty at the end); ``more`` versions are older than those here.
 */
export interface IArtifactPage {
  rows: IArtifactSummary[];
  after: string;
  more: number;
}

/**
 * A version of an artifact in a list. ``updated`` is ISO 8601; ``run`` is the uid of the run that made it, with its
 * name in ``producer``; ``metrics`` are a model's; ``tags`` all that point at it, where they were asked for.
 */
export interface IArtifactSummary {
  key: string;
  kind?: string;
  about?: string;
  path?: string;
  size?: number | null;
  rows?: number | null;
  columns?: number | null;
  hash?: string;
  tag?: string;
  uid?: string;
  project?: string;
  db_key?: string;
  iteration?: number;
  updated?: string;
  run?: string;
  producer?: string;
  format?: string;
  framework?: string;
  description?: string;
  metrics?: IEntry[];
  labels?: string[];
  tags?: string[];
}

/**
 * Items in the order they were logged; ``more`` were left out.
 */
export interface IArtifacts {
  items: IArtifactItem[];
  more: number;
}

/**
 * A value and how it is shown.
 */
export interface ICell {
  text: string;
  value?: unknown;
  type?: string;
  full?: string;
  cut?: boolean;
}

/**
 * ``token`` is what to ask with the next time; ``changed`` is false when the time was over first, and at the start.
 */
export interface IChanges {
  token: string;
  changed: boolean;
}

/**
 * How the code of ``run`` differs from that of ``against`` (places among the runs): a unified diff, of which ``more``
 * lines were left out.
 */
export interface ICodeChange {
  run: number;
  against: number;
  diff: string;
  more: number;
}

/**
 * The function's code as it ran, at most 400 lines; ``version`` is its hash.
 */
export interface ICodeView {
  name: string;
  version: string;
  text: string;
  lines: number;
  cut: boolean;
}

/**
 * ``key`` names the field (``results.loss``), ``group`` the heading above several (``results``).
 */
export interface IColumn {
  key: string;
  label: string;
  group?: string;
  numeric?: boolean;
}

/**
 * A column of two versions. ``verdict`` is ``none``, ``moderate`` or ``large`` by the population stability index
 * ``psi``; ``added``, ``removed`` or ``changed`` (its type) where there is nothing to compare, ``unknown`` where too
 * little is recorded. ``about`` says it in words.
 */
export interface IColumnDrift {
  name: string;
  verdict: string;
  psi?: number | null;
  about?: string;
  old?: IColumnView | null;
  new?: IColumnView | null;
}

/**
 * Columns from ``offset`` of the ``matching`` ones; a table has ``total``.
 */
export interface IColumnPage {
  columns: IColumnView[];
  offset: number;
  matching: number;
  total: number;
}

/**
 * A column of a table and what is known of its values; ``histogram`` is counts, ``edges`` the bounds of its bars;
 * ``top`` are the most frequent values with their ``top_counts``.
 */
export interface IColumnView {
  name: string;
  type: string;
  nulls: unknown;
  null_share: number | null;
  distinct: unknown;
  min: unknown;
  max: unknown;
  mean: unknown;
  std: unknown;
  histogram: number[];
  edges: number[];
  top: string[];
  top_counts: number[];
  range_text: string;
  spread_text: string;
  nulls_text: string;
  distinct_text: string;
}

/**
 * ``fields`` were compared, ``differing`` of them differ; ``shown`` are here. At most 100 runs.
 */
export interface ICompareView {
  kind: string;
  version: number;
  runs: IComparedRun[];
  more_runs: number;
  shown: IComparedField[];
  fields: number;
  differing: number;
  more_fields: number;
  changes: ICodeChange[];
}

/**
 * ``cells`` and ``deltas`` are as long as the runs; a delta is the difference to the best (to the first where
 * nobody knows which way is better), empty where there is none.
 */
export interface IComparedField {
  section: string;
  name: string;
  cells: ICell[];
  differs: boolean;
  direction: string;
  best: number | null;
  deltas: string[];
}

export interface IComparedRun {
  project: string;
  uid: string;
  iteration: number;
  name: string;
  state: string;
}

/**
 * ``form`` is ``table``, ``text``, ``image``, ``html``, ``svg``, ``vega``, ``plotly``, ``folder``, ``binary`` or
 * ``missing``. ``media`` is an image's type, ``data`` its bytes in base64, ``text`` a text, page, drawing or
 * specification. Rows of a table begin at ``offset`` of ``total``; ``numbers`` are their places in the file where they were
 * chosen or put in order; its columns begin at ``first`` of ``width``. ``cut``: there is more than is here. ``note`` says what
 * the reader should know.
 */
export interface IContent {
  form: string;
  media?: string;
  language?: string;
  text?: string;
  data?: string;
  header?: string[];
  rows?: ICell[][];
  offset?: number;
  numbers?: number[];
  total?: number | null;
  first?: number;
  width?: number;
  more_columns?: number;
  files?: string[];
  size?: number | null;
  cut?: boolean;
  note?: string;
}

/**
 * How many runs are in which state; ``known`` is false where counting would mean reading every run.
 */
export interface ICounts {
  states: Record<string, number>;
  known: boolean;
}

/**
 * From the version ``old`` to ``new``: the columns, those that moved most first. ``more`` were left out.
 */
export interface IDatasetDrift {
  old: IArtifactItem;
  new: IArtifactItem;
  columns: IColumnDrift[];
  more: number;
}

/**
 * An artifact; ``columns`` and ``preview`` are empty where it is no table, ``model`` is there for a model.
 */
export interface IDatasetView {
  kind: string;
  version: number;
  item: IArtifactItem;
  facts: ISection;
  labels: ISection;
  columns: IColumnView[];
  more: number;
  header: string[];
  preview: ICell[][];
  model: IModelView | null;
}

/**
 * How many were deleted.
 */
export interface IDeleted {
  deleted: number;
}

/**
 * A name and its value; ``default``: nobody set it.
 */
export interface IEntry {
  name: string;
  cell: ICell;
  default?: boolean;
}

/**
 * What the run ran in: facts, and packages as ``name==version``.
 */
export interface IEnvironmentView {
  facts: ISection;
  packages: string[];
  more: number;
}

/**
 * ``where`` is ``cell 4, line 7, in train`` as far as it is known, ``source`` the line of code, ``reason`` why the run
 * ended when no exception of its code did it (``lost``, ``signal 9``, ``oom`` ...).
 */
export interface IErrorView {
  type: string;
  message: string;
  where: string;
  source: string;
  reason: string;
  traceback: string[];
  traceback_lines: number;
}

/**
 * A field that differs between two versions; an empty cell where one has none.
 */
export interface IFieldChange {
  name: string;
  old: ICell;
  new: ICell;
}

/**
 * What differs between two versions of a function: ``code`` is a unified diff, empty when the code is the same.
 */
export interface IFunctionChange {
  old: IFunctionSummary;
  new: IFunctionSummary;
  code: string;
  fields: IFieldChange[];
}

/**
 * Rows, and the token that the next page starts ``after`` (empty at the end).
 */
export interface IFunctionPage {
  rows: IFunctionSummary[];
  after: string;
}

/**
 * A version of a function in a list; ``updated`` is ISO 8601.
 */
export interface IFunctionSummary {
  project: string;
  name: string;
  hash?: string;
  tag?: string;
  kind?: string;
  state?: string;
  image?: string;
  handlers?: string[];
  updated?: string;
  description?: string;
  labels?: string[];
}

/**
 * A version of a function; ``versions`` are all that the store keeps, the newest first. ``code`` has at most 4,000
 * of its ``lines``.
 */
export interface IFunctionView {
  item: IFunctionSummary;
  versions: IFunctionSummary[];
  handlers: IHandlerView[];
  facts: ISection;
  requirements: string[];
  code: string;
  lines: number;
}

/**
 * A handler of a function: its name, what it says about itself, and its parameters as they are written.
 */
export interface IHandlerView {
  name: string;
  doc?: string;
  parameters?: string[];
  line?: number;
}

/**
 * A feature; ``share`` is its weight's size relative to the largest.
 */
export interface IImportance {
  name: string;
  weight: number;
  share: number;
  text: string;
}

/**
 * An iteration that was better than all before it, and what it came to.
 */
export interface IImprovement {
  iteration: number;
  value: number;
}

/**
 * ``share`` of a result's variance, from 0 to 1, that goes with the parameter ``name`` alone; ``text`` says it.
 */
export interface IInfluence {
  name: string;
  share: number;
  text: string;
}

/**
 * A row that is shown; ``params`` and ``results`` stand in the order of the view's.
 */
export interface IIterationRow {
  iteration: number;
  state: string;
  params: ICell[];
  results: ICell[];
  duration: number | null;
  best: boolean;
}

/**
 * A result worth a large figure; ``series``: the metric whose curve goes with it, if any.
 */
export interface IKpi {
  name: string;
  cell: ICell;
  series: string;
}

/**
 * ``text`` is a script that offers a page the function ``mlrunDraw``.
 */
export interface ILibrary {
  text: string;
}

/**
 * Text of a log from byte ``offset`` up to ``end``; ``final``: the run is over and nothing follows.
 */
export interface ILogPart {
  text: string;
  offset: number;
  end: number;
  final: boolean;
}

/**
 * The last lines of the log, at most 200, as a terminal would leave them; ``skipped`` lines came before.
 */
export interface ILogView {
  lines: string[];
  skipped: number;
}

/**
 * A column that goes in or comes out.
 */
export interface IModelColumn {
  name: string;
  type: string;
}

/**
 * ``importance`` is the largest first; ``more`` features were left out.
 */
export interface IModelView {
  metrics: ISection;
  parameters: ISection;
  inputs: IModelColumn[];
  outputs: IModelColumn[];
  importance: IImportance[];
  more: number;
}

/**
 * The projects, the one that was worked in last first.
 */
export interface IOverview {
  projects: IProjectBrief[];
}

/**
 * ``total`` 0: not known.
 */
export interface IProgress {
  done: number;
  total: number;
}

/**
 * A project: how many runs are in which state, and the newest runs, the newest first.
 */
export interface IProjectBrief {
  name: string;
  description: string;
  created: string;
  states: Record<string, number>;
  recent: IRecent[];
}

/**
 * Names of projects, in alphabetical order.
 */
export interface IProjects {
  names: string[];
}

/**
 * One of the newest runs; ``start`` is ISO 8601.
 */
export interface IRecent {
  uid: string;
  name: string;
  state: string;
  start: string;
  duration: number | null;
}

/**
 * ``ref`` is what the row stands for: ``project``, ``uid``, ``iteration``, or ``project``, ``name``, ``tag`` ...
 */
export interface IRow {
  ref: Record<string, unknown>;
  cells: ICell[];
  state?: string;
}

/**
 * Runs that share something. ``within`` is the filter that finds them, empty where there is none; ``best`` the
 * results that somebody would choose by, the best of the group; ``start`` of the newest, ISO 8601. A sweep's group is
 * told by the run that it is: ``uid`` and ``project``.
 */
export interface IRunGroup {
  title: string;
  runs: number;
  states: Record<string, number>;
  start: string;
  best: IEntry[];
  within: string;
  uid: string;
  project: string;
}

/**
 * Groups, the one with the newest run first. ``runs`` were looked at; ``more``: there are others.
 */
export interface IRunGroups {
  by: string;
  groups: IRunGroup[];
  runs: number;
  more: boolean;
  labels: string[];
}

/**
 * Rows, and the token that the next page starts ``after`` (empty at the end).
 */
export interface IRunPage {
  rows: IRunSummary[];
  after: string;
  columns: IColumn[];
  offered: string[];
  understood: string[];
}

/**
 * ``results`` are the first few, the one that decides first; ``error`` is one line. ``message`` is how far a run that
 * goes on says it is. ``values`` stand in the order of the page's columns. Times are ISO 8601; ``duration`` is seconds,
 * of a run that goes on until now.
 */
export interface IRunSummary {
  project: string;
  uid: string;
  name: string;
  state: string;
  iteration?: number;
  live?: boolean;
  start?: string;
  duration?: number | null;
  results?: IEntry[];
  more_results?: number;
  error?: string;
  message?: string;
  progress?: IProgress | null;
  sweep?: ISweepBrief | null;
  notebook?: string;
  values?: ICell[];
}

/**
 * A run as it is shown. Times are ISO 8601; ``duration`` is seconds, of a run that goes on until now.
 */
export interface IRunView {
  kind: string;
  version: number;
  project: string;
  uid: string;
  iteration: number;
  name: string;
  state: string;
  live: boolean;
  message: string;
  start: string;
  end: string;
  duration: number | null;
  where: string[];
  progress: IProgress | null;
  kpis: IKpi[];
  parameters: ISection;
  results: ISection;
  rest: string[];
  labels: ISection;
  series: ISeriesView[];
  charted: string[];
  artifacts: IArtifacts;
  inputs: IArtifacts;
  error: IErrorView | null;
  log: ILogView;
  code: ICodeView | null;
  environment: IEnvironmentView | null;
  sweep: ISweepView | null;
}

/**
 * Entries in the order they were recorded; ``more`` were left out.
 */
export interface ISection {
  entries: IEntry[];
  more: number;
}

/**
 * A metric over its steps.
 */
export interface ISeriesView {
  key: string;
  count: number;
  steps: number[];
  values: (number | null)[];
  last: unknown;
  min: unknown;
  max: unknown;
  mean: unknown;
}

/**
 * ``metric`` with the value of the best iteration as far as the run tells.
 */
export interface ISweepBrief {
  total: number;
  done: number;
  metric: string;
  best: ICell | null;
}

/**
 * Rows are the best first by ``metric`` when there is one, else in order; those that failed come last.
 */
export interface ISweepView {
  total: number;
  recorded: number;
  done: number;
  failed: number;
  running: number;
  metric: string;
  direction: string;
  best: number | null;
  params: string[];
  results: string[];
  rows: IIterationRow[];
  values: unknown[][];
  improvements: IImprovement[];
  influences: IInfluence[];
}

/**
 * ``total`` rows were listed, those in ``rows`` are shown; ``hidden`` names columns that are too many to show.
 */
export interface ITableView {
  kind: string;
  version: number;
  title: string;
  total: number;
  columns: IColumn[];
  rows: IRow[];
  hidden: string[];
}
