/** What pages of the dashboard have in common: a title, a choice of names, a word where there is nothing yet. */
import * as React from 'react';

import { useUi } from '../context';
import { useLater } from '../hooks';

export function PageHead(props: {
  title: React.ReactNode;
  aside?: React.ReactNode;
  children?: React.ReactNode;
}): React.ReactElement {
  return (
    <header className="mj-page-head">
      <h1 className="mj-title">{props.title}</h1>
      {props.aside && <span className="mj-dim">{props.aside}</span>}
      {props.children && <span className="mj-actions">{props.children}</span>}
    </header>
  );
}

/** A line of text that takes effect once it rests. */
export function Search(props: {
  text: string;
  label: string;
  change: (text: string) => void;
}): React.ReactElement {
  const { text, change } = props;
  const [typed, setTyped] = React.useState(text);
  const sent = React.useRef(text);
  const latest = React.useRef(change);
  latest.current = change;
  React.useEffect(() => {
    if (text !== sent.current) {
      sent.current = text; // it came from elsewhere, and not from here some letters ago
      setTyped(text);
    }
  }, [text]);
  const settled = useLater(typed.trim(), 200);
  React.useEffect(() => {
    if (settled !== sent.current) {
      sent.current = settled;
      latest.current(settled);
    }
  }, [settled]);
  return (
    <input
      type="search"
      className="mj-input mj-find"
      placeholder={props.label}
      aria-label={props.label}
      spellCheck={false}
      value={typed}
      onChange={event => setTyped(event.target.value)}
    />
  );
}

/** The first thing that somebody reads whose store is empty. */
export function Empty(): React.ReactElement {
  const { trans } = useUi();
  return (
    <div className="mj-empty">
      <p>{trans.__('Nothing has been recorded here yet.')}</p>
      <pre className="mj-pre">{`MLRUN_DBPATH=${location.origin} python -m mlrun_jupyter run train.py`}</pre>
      <p className="mj-dim">
        {trans.__('Runs of notebooks, scripts and the command line appear here by themselves.')}
      </p>
    </div>
  );
}
