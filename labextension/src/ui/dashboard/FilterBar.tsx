/** What the list is narrowed to: a chip for each term, and a line to write the next one. */
import * as React from 'react';

import { useUi } from '../context';
import { cut } from '../format';
import { lineOf, termsOf, without } from './terms';

export interface IFilterBarProps {
  filter: string;
  change: (filter: string) => void;
  /** The group that is shown, as a chip before all others. */
  within: string;
  leave: () => void;
  bad: boolean;
}

export const FilterBar = React.forwardRef<HTMLInputElement, IFilterBarProps>(function FilterBar(props, ref) {
  const { filter, change, within } = props;
  const { trans } = useUi();
  const [typed, setTyped] = React.useState('');
  const dropped = React.useRef(false);
  const terms = React.useMemo(() => termsOf(filter), [filter]);
  const add = (): void => {
    if (typed.trim()) {
      change(lineOf([filter.trim(), typed.trim()]));
      setTyped('');
    }
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') {
      add();
    } else if (event.key === 'Backspace' && !typed && terms.length) {
      event.preventDefault();
      setTyped(terms[terms.length - 1]);
      change(without(filter, terms.length - 1));
    } else if (event.key === 'Escape') {
      dropped.current = true;
      setTyped('');
      event.currentTarget.blur();
    }
  };
  return (
    <div className={`mj-filter${props.bad ? ' mj-bad' : ''}`}>
      {within && (
        <Chip
          text={within}
          prefix={trans.__('group')}
          remove={props.leave}
          label={trans.__('Leave the group')}
        />
      )}
      {terms.map((term, index) => (
        <Chip
          key={`${index} ${term}`}
          text={term}
          label={trans.__('Remove %1', cut(term, 40))}
          edit={() => {
            setTyped(term);
            change(without(filter, index));
          }}
          remove={() => change(without(filter, index))}
        />
      ))}
      <input
        ref={ref}
        className="mj-filter-input"
        placeholder={
          terms.length
            ? trans.__('and …')
            : trans.__('auc > 0.9  state:error  name:train  label:owner=ana  since:2h')
        }
        aria-label={trans.__('Filter runs')}
        aria-invalid={props.bad}
        spellCheck={false}
        autoComplete="off"
        value={typed}
        onChange={event => setTyped(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          if (!dropped.current) {
            add();
          }
          dropped.current = false;
        }}
      />
      {terms.length > 0 && (
        <button type="button" className="mj-filter-clear" onClick={() => change('')}>
          {trans.__('Clear')}
        </button>
      )}
    </div>
  );
});

function Chip(props: {
  text: string;
  label: string;
  prefix?: string;
  edit?: () => void;
  remove: () => void;
}): React.ReactElement {
  return (
    <span className="mj-term">
      {props.prefix && <span className="mj-faint">{props.prefix} </span>}
      {props.edit ? (
        <button type="button" className="mj-term-text" onClick={props.edit}>
          <bdi>{cut(props.text, 48)}</bdi>
        </button>
      ) : (
        <bdi>{cut(props.text, 48)}</bdi>
      )}
      <button type="button" className="mj-term-x" aria-label={props.label} onClick={props.remove}>
        ×
      </button>
    </span>
  );
}
