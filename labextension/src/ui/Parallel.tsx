/** Parallel coordinates with a brush on every axis; what is not chosen stays, greyed. */
import * as React from 'react';

import { cut } from './format';
import { type Brushes, type IParallel, parallel, passes, through } from './parallelModel';
import { useWidth } from './size';

export interface IParallelProps {
  names: readonly string[];
  values: readonly (readonly unknown[])[];
  /** The iteration that stands out. */
  best: number | null;
  pointed?: number | null;
  onPoint?: (iteration: number | null) => void;
  onChoose?: (iterations: ReadonlySet<number> | null) => void;
  height?: number;
}

const TOP = 26;
const GRIP = 9;

export const Parallel = React.memo(function Parallel(props: IParallelProps): React.ReactElement {
  const [watch, width] = useWidth(520);
  const height = props.height ?? 210;
  const bottom = height - 12;
  const model = React.useMemo(() => parallel(props.names, props.values), [props.names, props.values]);
  const [brushes, setBrushes] = React.useState<Brushes>(new Map());
  const margin = Math.min(64, width / (model.axes.length * 2 || 2));
  const lefts = model.axes.map((_, index) =>
    model.axes.length < 2 ? width / 2 : margin + (index * (width - 2 * margin)) / (model.axes.length - 1)
  );
  const chosen = React.useMemo(() => model.lines.filter(line => passes(line, brushes)), [model, brushes]);
  const { onChoose } = props;
  React.useEffect(() => {
    onChoose?.(brushes.size ? new Set(chosen.map(line => line.iteration)) : null);
  }, [brushes, chosen, onChoose]);
  const paths = usePaths(model, chosen, brushes, lefts, bottom);
  const standing = [props.best, props.pointed ?? null];
  return (
    <div className="mj-parallel" ref={watch}>
      <svg
        width="100%"
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`${model.lines.length} iterations over ${props.names.map(name => cut(name, 30)).join(', ')}`}
      >
        <path className="mj-many" d={paths.rest} />
        <path className={brushes.size ? 'mj-some' : 'mj-many mj-all'} d={paths.chosen} />
        {standing.map((iteration, index) => {
          const line =
            iteration === null ? undefined : model.lines.find(each => each.iteration === iteration);
          return line ? (
            <path
              key={index}
              className={index ? 'mj-line mj-pointed' : 'mj-line mj-line0'}
              d={through(line, lefts, TOP, bottom)}
            />
          ) : null;
        })}
        {model.axes.map((each, index) => (
          <Axis
            key={index}
            left={lefts[index]}
            bottom={bottom}
            name={each.name}
            marks={each.marks}
            edge={index === model.axes.length - 1}
            letters={Math.max(
              4,
              Math.floor((width - 2 * margin) / Math.max(1, model.axes.length - 1) / 6.6) - 1
            )}
            brush={brushes.get(index) ?? null}
            setBrush={brush => setBrushes(changed(brushes, index, brush))}
          />
        ))}
      </svg>
    </div>
  );
});

function changed(brushes: Brushes, index: number, brush: readonly [number, number] | null): Brushes {
  const next = new Map(brushes);
  if (brush) {
    next.set(index, brush);
  } else {
    next.delete(index);
  }
  return next;
}

function usePaths(
  model: IParallel,
  chosen: IParallel['lines'],
  brushes: Brushes,
  lefts: readonly number[],
  bottom: number
): { rest: string; chosen: string } {
  const key = lefts.join();
  return React.useMemo(() => {
    const within = new Set(chosen);
    const path = (lines: IParallel['lines']): string =>
      lines.map(line => through(line, lefts, TOP, bottom)).join('');
    return { rest: path(model.lines.filter(line => !within.has(line))), chosen: path(chosen) };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` says all about `lefts`
  }, [model, chosen, brushes, key, bottom]);
}

interface IAxisProps {
  left: number;
  bottom: number;
  name: string;
  marks: readonly { at: number; text: string }[];
  edge: boolean;
  /** How many letters of the name have room. */
  letters: number;
  brush: readonly [number, number] | null;
  setBrush: (brush: readonly [number, number] | null) => void;
}

function Axis(props: IAxisProps): React.ReactElement {
  const { left, bottom, brush, setBrush } = props;
  const start = React.useRef<number | null>(null);
  const y = (at: number): number => bottom - at * (bottom - TOP);
  const placeAt = (event: React.PointerEvent<SVGRectElement>): number => {
    const svg = event.currentTarget.ownerSVGElement as SVGSVGElement;
    const box = svg.getBoundingClientRect();
    const at = ((event.clientY - box.top) / box.height) * svg.viewBox.baseVal.height;
    return Math.max(0, Math.min(1, (bottom - at) / (bottom - TOP)));
  };
  const move = (event: React.PointerEvent<SVGRectElement>): void => {
    if (start.current !== null) {
      const at = placeAt(event);
      setBrush([Math.min(start.current, at), Math.max(start.current, at)]);
    }
  };
  const release = (event: React.PointerEvent<SVGRectElement>): void => {
    if (start.current !== null && Math.abs(placeAt(event) - start.current) < 0.015) {
      setBrush(null);
    }
    start.current = null;
  };
  const nudge = (event: React.KeyboardEvent): void => {
    const [low, high] = brush ?? [0, 1];
    const step = event.key === 'ArrowUp' ? 0.05 : event.key === 'ArrowDown' ? -0.05 : 0;
    if (event.key === 'Escape') {
      setBrush(null);
    } else if (step) {
      event.preventDefault();
      setBrush(event.shiftKey ? [low, Math.min(1, high + step)] : [Math.max(0, low + step), high]);
    }
  };
  return (
    <g>
      <text className="mj-axis-name" x={left} y={12} textAnchor="middle">
        {cut(props.name, Math.min(24, props.letters))}
        <title>{cut(props.name, 200)}</title>
      </text>
      <path className="mj-axis" d={`M${left} ${TOP}V${bottom}`} />
      {props.marks.map((mark, index) => (
        <g key={index}>
          <path className="mj-axis" d={`M${left - 3} ${y(mark.at)}h6`} />
          <text
            className="mj-tick mj-halo"
            x={props.edge ? left - 7 : left + 7}
            y={y(mark.at) + 3.5}
            textAnchor={props.edge ? 'end' : 'start'}
          >
            {cut(mark.text, 12)}
          </text>
        </g>
      ))}
      {brush && (
        <rect
          className="mj-brush"
          x={left - 6}
          y={y(brush[1])}
          width={12}
          height={Math.max(2, y(brush[0]) - y(brush[1]))}
        />
      )}
      <rect
        className="mj-grip"
        x={left - GRIP}
        y={TOP - 4}
        width={2 * GRIP}
        height={bottom - TOP + 8}
        tabIndex={0}
        role="slider"
        aria-label={cut(props.name, 60)}
        aria-orientation="vertical"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((brush?.[0] ?? 0) * 100)}
        aria-valuetext={
          brush ? `${Math.round(brush[0] * 100)} to ${Math.round(brush[1] * 100)} percent` : 'all'
        }
        onPointerDown={event => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = placeAt(event);
        }}
        onPointerMove={move}
        onPointerUp={release}
        onDoubleClick={() => setBrush(null)}
        onKeyDown={nudge}
      />
    </g>
  );
}
