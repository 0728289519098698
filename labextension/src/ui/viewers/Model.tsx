/** A model: how good it is, what it was trained with, its columns, and which of them matter. */
import * as React from 'react';

import { useUi } from '../context';
import { count } from '../format';
import { Entries, EntryTable, Heading, Label, Labels, More } from '../parts';
import type { IDatasetView, IModelColumn, IModelView } from '../types';
import { Weights } from '../Weights';

const SHOWN = 30;

export function Model(props: { view: IDatasetView; model: IModelView }): React.ReactElement {
  const { view, model } = props;
  const { trans } = useUi();
  return (
    <div className="mj-cols">
      <div className="mj-col">
        <Entries title={trans.__('Metrics')} section={model.metrics} />
        <Entries title={trans.__('Parameters')} section={model.parameters} />
        <section>
          <Heading>{trans.__('About')}</Heading>
          <EntryTable entries={view.facts.entries} />
        </section>
        <Labels title={trans.__('Labels')} section={view.labels} />
      </div>
      {model.importance.length > 0 && (
        <div className="mj-col mj-wide">
          <Heading aside={count(model.importance.length + model.more, 'feature')}>
            {trans.__('Importance')}
          </Heading>
          <Weights
            rows={model.importance.slice(0, SHOWN).map(each => ({ ...each, against: each.weight < 0 }))}
          />
          <More amount={model.importance.length - SHOWN + model.more} noun={trans.__('features')} />
        </div>
      )}
      {model.inputs.length + model.outputs.length > 0 && (
        <div className="mj-col">
          <Fields title={trans.__('Inputs')} fields={model.inputs} />
          <Fields title={trans.__('Outputs')} fields={model.outputs} />
        </div>
      )}
    </div>
  );
}

function Fields(props: { title: string; fields: readonly IModelColumn[] }): React.ReactElement | null {
  const { fields } = props;
  return fields.length ? (
    <section>
      <Heading aside={fields.length}>{props.title}</Heading>
      <table className="mj-kv">
        <tbody>
          {fields.slice(0, SHOWN).map((field, index) => (
            <tr key={index}>
              <th scope="row">
                <Label text={field.name} limit={28} />
              </th>
              <td className="mj-faint">{field.type}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More amount={fields.length - SHOWN} noun="columns" />
    </section>
  ) : null;
}
