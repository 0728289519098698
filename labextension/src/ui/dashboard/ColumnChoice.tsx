/** The columns of a list of runs, by what the runs have. */
import * as React from 'react';

import { useUi } from '../context';
import { Heading, Label } from '../parts';

const SECTIONS: [section: string, title: string][] = [
  ['results', 'Results'],
  ['params', 'Parameters'],
  ['labels', 'Labels']
];
const MANY = 12;

export function ColumnChoice(props: {
  offered: readonly string[];
  columns: readonly string[];
  /** null: the first few again. */
  choose: (columns: string[] | null) => void;
}): React.ReactElement {
  const { trans } = useUi();
  const { offered, columns, choose } = props;
  const [part, setPart] = React.useState('');
  const fit = offered.filter(name => name.toLowerCase().includes(part.toLowerCase()));
  return (
    <Menu label={trans.__('Columns')}>
      {offered.length > MANY && (
        <input
          className="mj-input"
          aria-label={trans.__('Find a column')}
          placeholder={trans.__('Find a column')}
          value={part}
          onChange={event => setPart(event.target.value)}
        />
      )}
      {SECTIONS.map(([section, title]) => {
        const names = fit.filter(name => name.startsWith(`${section}.`));
        return names.length ? (
          <section key={section}>
            <Heading>{trans.__(title)}</Heading>
            {names.map(name => (
              <label key={name} className="mj-check">
                <input
                  type="checkbox"
                  checked={columns.includes(name)}
                  onChange={event =>
                    choose(event.target.checked ? [...columns, name] : columns.filter(each => each !== name))
                  }
                />
                <Label text={name.slice(section.length + 1)} limit={48} />
              </label>
            ))}
          </section>
        ) : null;
      })}
      <button type="button" className="mj-btn" onClick={() => choose(null)}>
        {trans.__('The first few')}
      </button>
    </Menu>
  );
}

/** A button with a sheet below it, which closes when one turns elsewhere. */
export function Menu(props: { label: React.ReactNode; children: React.ReactNode }): React.ReactElement {
  const box = React.useRef<HTMLDetailsElement>(null);
  React.useEffect(() => {
    const close = (event: Event): void => {
      const away =
        event instanceof KeyboardEvent
          ? event.key === 'Escape'
          : !box.current?.contains(event.target as Node);
      if (away && box.current?.open) {
        box.current.open = false;
      }
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, []);
  return (
    <details className="mj-choice" ref={box}>
      <summary className="mj-btn">{props.label}</summary>
      <div className="mj-choice-list">{props.children}</div>
    </details>
  );
}
