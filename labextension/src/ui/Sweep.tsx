/** The iterations of a sweep: what was tried, and which is the best. */
import * as React from 'react';

import { useUi } from './context';
import { BestSoFar } from './BestSoFar';
import { cut, duration, number } from './format';
import { Parallel } from './Parallel';
import { Heading, Label, More } from './parts';
import { StateMark } from './state';
import type { ICell, IIterationRow, ISweepView } from './types';
import { Weights } from './Weights';

/** One line: how far it is. */
export function sweepLine(sweep: ISweepView): string {
  const parts = [
    `${sweep.done.toLocaleString('en-US')}${sweep.total ? ` of ${sweep.total.toLocaleString('en-US')}` : ''} done`,
    sweep.failed ? `${sweep.failed.toLocaleString('en-US')} failed` : '',
    sweep.running ? `${sweep.running.toLocaleString('en-US')} running` : ''
  ];
  return parts.filter(Boolean).join(' · ');
}

/** Fewer iterations than these show more in their table. */
const FEW = 7;
const INFLUENCES = 6;

function bestLine(sweep: ISweepView): string {
  const last = sweep.improvements[sweep.improvements.length - 1];
  return `${number(last.value)} at #${last.iteration}`;
}

function Influences(props: { sweep: ISweepView }): React.ReactElement {
  const { influences, metric } = props.sweep;
  const { trans } = useUi();
  return (
    <div className="mj-col">
      <Heading aside={trans.__('on %1, each alone', cut(metric, 20))}>{trans.__('Influence')}</Heading>
      <Weights rows={influences.slice(0, INFLUENCES)} />
    </div>
  );
}

export function Sweep(props: {
  sweep: ISweepView;
  open?: (iteration: number) => void;
  tall?: boolean;
}): React.ReactElement {
  const { sweep } = props;
  const { trans } = useUi();
  const [chosen, setChosen] = React.useState<ReadonlySet<number> | null>(null);
  const [pointed, setPointed] = React.useState<number | null>(null);
  const names = React.useMemo(() => [...sweep.params, ...sweep.results], [sweep]);
  const axes = React.useMemo(() => [...sweep.params, ...sweep.results.slice(0, 2)].slice(0, 9), [sweep]);
  const values = React.useMemo(() => forAxes(sweep, names, axes), [sweep, names, axes]);
  const rows = React.useMemo(
    () => shownRows(sweep, chosen, props.tall ? 200 : 8),
    [sweep, chosen, props.tall]
  );
  const timed = rows.some(row => row.duration !== null);
  const matching = chosen ? chosen.size : sweep.recorded;
  return (
    <div className="mj-sweep">
      {axes.length > 1 && sweep.values.length > 1 && (
        <div className="mj-col mj-wide">
          <Heading
            aside={chosen ? trans.__('%1 chosen', chosen.size) : trans.__('drag on an axis to choose')}
          >
            {trans.__('Iterations')}
          </Heading>
          <Parallel
            names={axes}
            values={values}
            best={sweep.best}
            pointed={pointed}
            onChoose={setChosen}
            height={props.tall ? 300 : 210}
          />
        </div>
      )}
      {(sweep.improvements ?? []).length > 1 && sweep.values.length > FEW && (
        <div className="mj-col mj-wide">
          <Heading aside={bestLine(sweep)}>{trans.__('Best so far')}</Heading>
          <BestSoFar sweep={sweep} pointed={pointed} height={props.tall ? 300 : 210} />
        </div>
      )}
      {(sweep.influences ?? []).length > 0 && <Influences sweep={sweep} />}
      <div className="mj-col mj-flush mj-wide">
        <div className="mj-scroll" tabIndex={0}>
          <table className="mj-tbl">
            <thead>
              <tr>
                <th scope="col" className="mj-num">
                  #
                </th>
                {sweep.params.map(name => (
                  <th key={`p${name}`} scope="col" className="mj-num">
                    <Label text={name} limit={16} />
                  </th>
                ))}
                {sweep.results.map((name, index) => (
                  <th key={`r${name}`} scope="col" className="mj-num">
                    <Label text={name} limit={16} />
                    {index === 0 && name === sweep.metric && (
                      <span aria-hidden="true">{sweep.direction === 'min' ? ' ↑' : ' ↓'}</span>
                    )}
                  </th>
                ))}
                {timed && (
                  <th scope="col" className="mj-num">
                    {trans.__('time')}
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map(row => (
                <Row
                  key={row.iteration}
                  row={row}
                  sweep={sweep}
                  timed={timed}
                  open={props.open}
                  point={setPointed}
                />
              ))}
            </tbody>
          </table>
        </div>
        <More amount={matching - rows.length} noun={trans.__('iterations')} />
      </div>
    </div>
  );
}

function Row(props: {
  row: IIterationRow;
  sweep: ISweepView;
  timed: boolean;
  open?: (iteration: number) => void;
  point: (iteration: number | null) => void;
}): React.ReactElement {
  const { row, sweep, open } = props;
  return (
    <tr
      className={row.best ? 'mj-best-row' : undefined}
      onPointerEnter={() => props.point(row.iteration)}
      onPointerLeave={() => props.point(null)}
    >
      <th scope="row" className="mj-num">
        {row.state !== 'completed' && <StateMark state={row.state} />}{' '}
        {open ? (
          <button type="button" className="mj-link" onClick={() => open(row.iteration)}>
            {row.iteration}
          </button>
        ) : (
          row.iteration
        )}
      </th>
      {row.params.map((cell, index) => (
        <Cell key={index} cell={cell} />
      ))}
      {row.results.map((cell, index) => (
        <Cell key={index} cell={cell} best={row.best && sweep.results[index] === sweep.metric} />
      ))}
      {props.timed && <td className="mj-num mj-faint">{duration(row.duration)}</td>}
    </tr>
  );
}

function Cell(props: { cell: ICell; best?: boolean }): React.ReactElement {
  const { cell, best } = props;
  return (
    <td className={`mj-num${best ? ' mj-best' : ''}`} title={cell.full || undefined}>
      <bdi>{cell.text}</bdi>
      {best && <span title="best"> ★</span>}
    </td>
  );
}

/** The rows that came with the view, or, where a choice was made, those of the plain values. */
function shownRows(sweep: ISweepView, chosen: ReadonlySet<number> | null, most: number): IIterationRow[] {
  if (!chosen && sweep.rows.length >= Math.min(most, sweep.values.length)) {
    return sweep.rows;
  }
  const ready = new Map(sweep.rows.map(row => [row.iteration, row]));
  return sweep.values
    .filter(values => !chosen || chosen.has(values[0] as number))
    .slice(0, most)
    .map(values => ready.get(values[0] as number) ?? plainRow(sweep, values));
}

function plainRow(sweep: ISweepView, values: readonly unknown[]): IIterationRow {
  const first = sweep.rows[0];
  const beside = first ? [...first.params, ...first.results] : [];
  const cells = values.slice(3).map((value, index) => plainCell(value, decimals(beside[index]?.text)));
  return {
    iteration: values[0] as number,
    state: String(values[1]),
    duration: typeof values[2] === 'number' ? values[2] : null,
    params: cells.slice(0, sweep.params.length),
    results: cells.slice(sweep.params.length),
    best: values[0] === sweep.best
  };
}

function decimals(text = ''): number {
  return /^-?\d+\.(\d+)$/.exec(text)?.[1].length ?? 0;
}

/** Numbers have at least as many `places` as the one that they stand below. */
function plainCell(value: unknown, places: number): ICell {
  if (typeof value === 'number') {
    const text = number(value);
    const padded = /^-?\d+(\.\d+)?$/.test(text) && decimals(text) < places ? value.toFixed(places) : text;
    return { text: padded, value, type: 'number' };
  }
  if (value === null || value === undefined) {
    return { text: '', type: 'null' };
  }
  const special = (value as { $number?: unknown }).$number;
  return { text: special === undefined ? String(value) : String(special), value };
}

function forAxes(sweep: ISweepView, names: readonly string[], axes: readonly string[]): unknown[][] {
  const places = axes.map(name => names.indexOf(name) + 3);
  return sweep.values.map(row => [row[0], row[1], row[2], ...places.map(index => row[index])]);
}
