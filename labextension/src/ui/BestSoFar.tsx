/** What each iteration of a sweep came to, and the best of them so far. */
import * as React from 'react';

import { cut, number } from './format';
import { axis, bounds, place, written } from './scale';
import { useWidth } from './size';
import type { ISweepView } from './types';

const EDGE = { left: 46, right: 10, top: 8, bottom: 18 };

interface IStanding {
  dots: [number, number][];
  line: [number, number][];
  last: number;
}

export const BestSoFar = React.memo(function BestSoFar(props: {
  sweep: ISweepView;
  pointed: number | null;
  height: number;
}): React.ReactElement {
  const { sweep, height } = props;
  const [watch, width] = useWidth(360);
  const { dots, line, last } = React.useMemo(() => standing(sweep), [sweep]);
  const vertical = axis(...bounds(dots.map(each => each[1])));
  const [first, end] = bounds([1, last]);
  const x = (iteration: number): number => place(iteration, first, end, EDGE.left, width - EDGE.right);
  const y = (value: number): number =>
    place(value, vertical.low, vertical.high, height - EDGE.bottom, EDGE.top + 2);
  const texts = written(vertical.marks);
  const best = line[line.length - 1]; // the caller has seen that there are some
  const pointed = dots.find(each => each[0] === props.pointed);
  return (
    <figure className="mj-chart" ref={watch}>
      <svg
        width="100%"
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`best ${cut(sweep.metric, 40)} so far, ${number(best[1])} at iteration ${best[0]}`}
      >
        {vertical.marks.map((mark, index) => (
          <g key={mark}>
            <path className="mj-grid" d={`M${EDGE.left} ${y(mark).toFixed(1)}H${width - EDGE.right}`} />
            <text className="mj-tick" x={EDGE.left - 7} y={y(mark) + 3.5} textAnchor="end">
              {texts[index]}
            </text>
          </g>
        ))}
        <text className="mj-tick" x={EDGE.left} y={height - 4}>
          #{first}
        </text>
        <text className="mj-tick" x={width - EDGE.right} y={height - 4} textAnchor="end">
          #{end}
        </text>
        <path
          className="mj-tries"
          d={dots.map(each => `M${x(each[0]).toFixed(1)} ${y(each[1]).toFixed(1)}h.01`).join('')}
        />
        <path
          className="mj-line mj-line0"
          d={
            `M${x(line[0][0]).toFixed(1)} ${y(line[0][1]).toFixed(1)}` +
            line
              .slice(1)
              .map(each => `H${x(each[0]).toFixed(1)}V${y(each[1]).toFixed(1)}`)
              .join('') +
            `H${x(end).toFixed(1)}`
          }
        />
        <circle className="mj-dot mj-dot0" cx={x(best[0])} cy={y(best[1])} r={3.5} />
        {pointed && <circle className="mj-dot mj-dot1" cx={x(pointed[0])} cy={y(pointed[1])} r={4} />}
      </svg>
    </figure>
  );
});

/** The metric of each iteration that has one, in order, and the iterations that were better than all before. */
function standing(sweep: ISweepView): IStanding {
  const at = 3 + sweep.params.length + sweep.results.indexOf(sweep.metric);
  const dots: [number, number][] = [];
  for (const row of sweep.values) {
    const [iteration, value] = [row[0], row[at]];
    if (typeof iteration === 'number' && typeof value === 'number' && Number.isFinite(value)) {
      dots.push([iteration, value]);
    }
  }
  const line = sweep.improvements.map(({ iteration, value }): [number, number] => [iteration, value]);
  const last = Math.max(...dots.map(each => each[0]), ...line.map(each => each[0]), 1);
  return { dots: dots.length ? dots : line, line, last };
}
