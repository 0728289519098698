/**
 * The text of a log as spans with colour and weight. Of what terminals obey only SGR has an effect; every other sequence
 * and control character becomes visible, and `\r` overwrites its line.
 */
import { visible } from './format';

export interface ISpan {
  text: string;
  /** Names of the style sheet's classes, such as `mj-a1` (red) or `mj-bold`. */
  style: string;
}

interface IPen {
  fore: string;
  back: string;
  weights: ReadonlySet<string>;
}

const PLAIN: IPen = { fore: '', back: '', weights: new Set() };
const SGR = /\u001b\[([0-9;:]{0,64})m/g; // eslint-disable-line no-control-regex -- it is what is looked for
const WEIGHTS: Record<number, string> = {
  1: 'mj-bold',
  2: 'mj-dimmed',
  3: 'mj-italic',
  4: 'mj-under',
  9: 'mj-struck'
};

/** Lines of spans; colours go on from line to line as in a terminal. */
export function lines(text: string, keepSpaces = true): ISpan[][] {
  const rows = text.replace(/\r+\n/g, '\n').split('\n');
  if (rows[rows.length - 1] === '') {
    rows.pop();
  }
  let pen = PLAIN;
  return rows.map(row => {
    const kept = overwritten(row);
    const spans: ISpan[] = [];
    let at = 0;
    for (const match of kept.matchAll(SGR)) {
      push(spans, kept.slice(at, match.index), pen, keepSpaces);
      pen = turned(pen, match[1]);
      at = (match.index ?? 0) + match[0].length;
    }
    push(spans, kept.slice(at), pen, keepSpaces);
    return spans;
  });
}

/** What is left of a line after carriage returns: the last part, with the colours that were set before. */
function overwritten(row: string): string {
  const trimmed = row.replace(/\r+$/, '');
  const last = trimmed.lastIndexOf('\r');
  if (last < 0) {
    return trimmed;
  }
  return [...trimmed.slice(0, last).matchAll(SGR)].map(match => match[0]).join('') + trimmed.slice(last + 1);
}

function push(spans: ISpan[], text: string, pen: IPen, keepSpaces: boolean): void {
  if (text) {
    const shown = visible(keepSpaces ? text.replace(/\t/g, '    ') : text);
    const style = [pen.fore, pen.back, ...pen.weights].filter(Boolean).join(' ');
    spans.push({ text: shown, style });
  }
}

function turned(pen: IPen, sequence: string): IPen {
  const codes = sequence.split(/[;:]/).map(Number);
  let { fore, back, weights } = pen;
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index];
    if (code === 0 || Number.isNaN(code)) {
      ({ fore, back, weights } = PLAIN);
    } else if (WEIGHTS[code]) {
      weights = new Set([...weights, WEIGHTS[code]]);
    } else if (code === 22) {
      weights = without(weights, 'mj-bold', 'mj-dimmed');
    } else if (code === 23 || code === 24 || code === 29) {
      weights = without(weights, WEIGHTS[code - 20]);
    } else if (code >= 30 && code <= 37) {
      fore = `mj-a${code - 30}`;
    } else if (code >= 90 && code <= 97) {
      fore = `mj-a${code - 82}`;
    } else if (code === 39) {
      fore = '';
    } else if (code >= 40 && code <= 47) {
      back = `mj-b${code - 40}`;
    } else if (code >= 100 && code <= 107) {
      back = `mj-b${code - 92}`;
    } else if (code === 49) {
      back = '';
    } else if (code === 38 || code === 48) {
      // 256 colours: the first sixteen are known, of the others only that they are there
      const basic = codes[index + 1] === 5 ? codes[index + 2] : NaN;
      if (basic >= 0 && basic < 16) {
        fore = code === 38 ? `mj-a${basic}` : fore;
        back = code === 48 ? `mj-b${basic}` : back;
      }
      index += codes[index + 1] === 5 ? 2 : 4;
    }
  }
  return { fore, back, weights };
}

function without(weights: ReadonlySet<string>, ...names: string[]): ReadonlySet<string> {
  return new Set([...weights].filter(each => !names.includes(each)));
}

/** The text alone. */
export function plain(spans: readonly ISpan[]): string {
  return spans.map(span => span.text).join('');
}
