/** What matters how much: names with bars, the most important first. */
import * as React from 'react';

import { Label } from './parts';

export interface IWeighted {
  name: string;
  /** Of the bar's full length. */
  share: number;
  text: string;
  /** It works against what is predicted. */
  against?: boolean;
}

export function Weights(props: { rows: readonly IWeighted[] }): React.ReactElement {
  return (
    <table className="mj-kv mj-weights">
      <tbody>
        {props.rows.map((each, index) => (
          <tr key={index}>
            <th scope="row">
              <Label text={each.name} limit={28} />
            </th>
            <td>
              <i
                aria-hidden="true"
                className={each.against ? 'mj-weight mj-against' : 'mj-weight'}
                style={{ width: `${Math.max(0.5, 100 * each.share)}%` }}
              />
            </td>
            <td>{each.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
