/** Code with line numbers, and what changed in it. */
import * as React from 'react';

import { useUi } from '../context';
import { count, visible } from '../format';
import { diffLines } from './diff';

const SIGN = { same: ' ', added: '+', removed: '−', gap: '' } as const;

export function CodeLines(props: { code: string; lines: number; label: string }): React.ReactElement {
  const shown = props.code.split('\n');
  return (
    <div className="mj-code" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <tbody>
          {shown.map((line, index) => (
            <tr key={index}>
              <td className="mj-code-number" data-line={index + 1} />
              <td className="mj-code-text">{shownLine(line)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {props.lines > shown.length && (
        <p className="mj-more">{`… and ${count(props.lines - shown.length, 'line')} more`}</p>
      )}
    </div>
  );
}

export function CodeDiff(props: { diff: string; label: string }): React.ReactElement {
  const { trans } = useUi();
  const lines = React.useMemo(() => diffLines(props.diff), [props.diff]);
  if (!lines.length) {
    return <p className="mj-quiet">{trans.__('The code is the same.')}</p>;
  }
  return (
    <div className="mj-code" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <tbody>
          {lines.map((line, index) => (
            <tr key={index} className={`mj-diff-${line.kind}`}>
              <td className="mj-code-number" data-line={line.old ?? ''} />
              <td className="mj-code-number" data-line={line.new ?? ''} />
              <td className="mj-code-text">
                <span className="mj-diff-sign">{SIGN[line.kind]}</span>
                {line.kind === 'gap' ? (
                  <span className="mj-faint">{`⋯ ${visible(line.text)}`}</span>
                ) : (
                  shownLine(line.text)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Tabs stay what they are in code; every other mark without a shape is shown as one. */
function shownLine(line: string): string {
  return line.split('\t').map(visible).join('\t') || ' ';
}
