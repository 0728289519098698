/** Curves over steps: a small one beside a figure, and one with axes, legend and a reading under the pointer. */
import * as React from 'react';

import { cut, number } from './format';
import { axis, bounds, linePath, nearest, place, smooth, written } from './scale';
import { useWidth } from './size';

export interface ICurve {
  name: string;
  steps: readonly number[];
  values: readonly (number | null)[];
}

const SPARK = { width: 84, height: 22 };

export const Sparkline = React.memo(function Sparkline(props: { curve: ICurve }): React.ReactElement {
  const { steps, values } = props.curve;
  const { width, height } = SPARK;
  const [left, right] = bounds(steps);
  const [low, high] = bounds(values);
  const path = linePath(
    steps,
    values,
    step => place(step, left, right, 2, width - 2),
    value => place(value, low, high, height - 3, 3)
  );
  return (
    <svg
      className="mj-spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <path d={path} className="mj-line" />
    </svg>
  );
});

export interface IChartProps {
  curves: readonly ICurve[];
  height?: number;
  /** 0 to 1: how much curves are smoothed. */
  smoothing?: number;
  log?: boolean;
  legend?: boolean;
}

const EDGE = { left: 46, right: 10, top: 8, bottom: 20 };

/** At most the first six curves are told apart; the first is the one that matters. */
export const Chart = React.memo(function Chart(props: IChartProps): React.ReactElement {
  const [watch, width] = useWidth(420);
  const [pointed, setPointed] = React.useState<number | null>(null);
  const height = props.height ?? 168;
  const { log = false, smoothing = 0 } = props;
  const drawn = React.useMemo(
    () => props.curves.map(curve => ({ ...curve, shown: transformed(curve.values, smoothing, log) })),
    [props.curves, smoothing, log]
  );
  const [first, last] = bounds(...drawn.map(curve => curve.steps));
  const vertical = axis(...padded(bounds(...drawn.map(curve => curve.shown))));
  const inner = { right: width - EDGE.right, bottom: height - EDGE.bottom };
  const x = (step: number): number => place(step, first, last, EDGE.left, inner.right);
  const y = (value: number): number => place(value, vertical.low, vertical.high, inner.bottom, EDGE.top);
  const marks = log ? vertical.marks.map(mark => 10 ** mark) : vertical.marks;
  const labels = written(marks);
  const point = (event: React.PointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    setPointed(place(at, EDGE.left, inner.right, first, last));
  };
  const read = pointed === null ? null : reading(drawn, pointed);
  return (
    <figure className="mj-chart" ref={watch}>
      {props.legend !== false && (
        <figcaption className="mj-legend">
          {drawn.map((curve, index) => (
            <span key={index} className={`mj-key mj-key${Math.min(index, 5)}`}>
              <i aria-hidden="true" />
              <bdi>{cut(curve.name, 28)}</bdi>{' '}
              <b>{readOut(read ? read.values[index] : lastOf(curve.values))}</b>
            </span>
          ))}
        </figcaption>
      )}
      <svg
        width="100%"
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${drawn.map(curve => cut(curve.name, 40)).join(', ')}, step ${number(first)} to ${number(last)}`}
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
      >
        {marks.map((mark, index) => (
          <g key={mark}>
            <path
              className="mj-grid"
              d={`M${EDGE.left} ${y(vertical.marks[index]).toFixed(1)}H${inner.right}`}
            />
            <text className="mj-tick" x={EDGE.left - 7} y={y(vertical.marks[index]) + 3.5} textAnchor="end">
              {labels[index]}
            </text>
          </g>
        ))}
        <text className="mj-tick" x={EDGE.left} y={height - 5}>
          step {number(first)}
        </text>
        <text className="mj-tick" x={inner.right} y={height - 5} textAnchor="end">
          {number(last)}
        </text>
        {read && (
          <g>
            <path className="mj-cursor" d={`M${x(read.step).toFixed(1)} ${EDGE.top}V${inner.bottom}`} />
            <text className="mj-tick mj-cursor-step" x={x(read.step)} y={height - 5} textAnchor="middle">
              {number(read.step)}
            </text>
          </g>
        )}
        {drawn
          .map((curve, index) => (
            <path
              key={index}
              className={`mj-line mj-line${Math.min(index, 5)}`}
              d={linePath(curve.steps, curve.shown, x, y)}
            />
          ))
          .reverse()}
        {read &&
          drawn.map((curve, index) => {
            const value = curve.shown[read.at[index]];
            return value === null || value === undefined ? null : (
              <circle
                key={index}
                className={`mj-dot mj-dot${Math.min(index, 5)}`}
                cx={x(curve.steps[read.at[index]])}
                cy={y(value)}
                r={3}
              />
            );
          })}
      </svg>
    </figure>
  );
});

function transformed(values: readonly (number | null)[], smoothing: number, log: boolean): (number | null)[] {
  const smoothed = smooth(values, smoothing);
  return log ? smoothed.map(value => (value !== null && value > 0 ? Math.log10(value) : null)) : smoothed;
}

function padded([low, high]: [number, number]): [number, number] {
  const margin = (high - low) * 0.04;
  return Number.isFinite(margin) && margin > 0 ? [low - margin, high + margin] : [low, high];
}

interface IReading {
  step: number;
  at: number[];
  values: (number | null)[];
}

/** What the curves say near a step, as it was measured, not as it was smoothed. */
function reading(curves: readonly ICurve[], step: number): IReading {
  const at = curves.map(curve => nearest(curve.steps, step));
  const first = curves.findIndex((_, index) => at[index] >= 0);
  return {
    step: first < 0 ? step : curves[first].steps[at[first]],
    at,
    values: curves.map((curve, index) => curve.values[at[index]] ?? null)
  };
}

function readOut(value: number | null): string {
  return value === null ? '–' : number(value);
}

function lastOf(values: readonly (number | null)[]): number | null {
  for (let index = values.length - 1; index >= 0; index--) {
    if (values[index] !== null) {
      return values[index];
    }
  }
  return null;
}
