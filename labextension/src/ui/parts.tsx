/** Small parts that cards share. Every text of a user is a text node here. */
import * as React from 'react';

import { cut } from './format';
import type { IArtifacts, IArtifactItem, ICell, IEntry, ISection } from './types';

const KINDS: Record<string, string> = {
  dataset: '▦',
  table: '▤',
  model: '◆',
  chart: '◔',
  plot: '◔',
  plotly: '◔',
  dir: '▸',
  link: '↪',
  html: '◨',
  code: 'λ'
};

/** A value on one line; the whole of it in the tooltip when it is cut or rounded. */
export function Value(props: { cell: ICell }): React.ReactElement {
  const { cell } = props;
  return (
    <bdi className={cell.type === 'null' ? 'mj-faint' : undefined} title={cell.full || undefined}>
      {cell.text}
    </bdi>
  );
}

/** A name that cannot turn the direction of its neighbours. */
export function Label(props: { text: string; limit?: number }): React.ReactElement {
  const shown = cut(props.text, props.limit ?? 40);
  return <bdi title={shown === props.text ? undefined : props.text.slice(0, 2000)}>{shown}</bdi>;
}

/** The title of a section; `aside` stands at its right. */
export function Heading(props: { children: React.ReactNode; aside?: React.ReactNode }): React.ReactElement {
  return (
    <h4 className="mj-h">
      <span>{props.children}</span>
      {props.aside !== undefined && <span className="mj-aside">{props.aside}</span>}
    </h4>
  );
}

/** Says that a list goes on. */
export function More(props: { amount: number; noun?: string }): React.ReactElement | null {
  return props.amount > 0 ? (
    <p className="mj-more">{`… and ${props.amount.toLocaleString('en-US')} more ${props.noun ?? ''}`}</p>
  ) : null;
}

export function isNumeric(cell: ICell): boolean {
  return cell.type === 'number' || cell.type === 'bool';
}

/** Names and values of a section. */
export function Entries(props: { title: string; section: ISection }): React.ReactElement | null {
  const { section } = props;
  if (!section.entries.length) {
    return null;
  }
  return (
    <section>
      <Heading>{props.title}</Heading>
      <EntryTable entries={section.entries} />
      <More amount={section.more} />
    </section>
  );
}

export function EntryTable(props: { entries: readonly IEntry[] }): React.ReactElement {
  return (
    <table className="mj-kv">
      <tbody>
        {props.entries.map((entry, index) => (
          <tr key={index} className={entry.default ? 'mj-default' : undefined}>
            <th scope="row">
              <Label text={entry.name} />
            </th>
            <td>
              <Value cell={entry.cell} />
              {entry.default && <span className="mj-faint"> · default</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Labels on one line. */
export function Labels(props: { title: string; section: ISection }): React.ReactElement | null {
  if (!props.section.entries.length) {
    return null;
  }
  return (
    <section>
      <Heading>{props.title}</Heading>
      <p className="mj-tags">
        {props.section.entries.map((entry, index) => (
          <span key={index} className="mj-tag" title={entry.cell.full || undefined}>
            <Label text={entry.name} />=<bdi>{entry.cell.text}</bdi>
          </span>
        ))}
      </p>
    </section>
  );
}

/** Artifacts or inputs with their kinds; `open` makes them buttons. */
export function Items(props: {
  title: string;
  artifacts: IArtifacts;
  open?: (item: IArtifactItem) => void;
  opened?: IArtifactItem | null;
}): React.ReactElement | null {
  const { artifacts, open } = props;
  if (!artifacts.items.length) {
    return null;
  }
  return (
    <section>
      <Heading>{props.title}</Heading>
      <table className="mj-kv mj-items">
        <tbody>
          {artifacts.items.map((item, index) => (
            <tr key={index}>
              <th scope="row">
                <span className="mj-icon" aria-hidden="true">
                  {kindMark(item.kind)}
                </span>
                {open ? (
                  <button
                    type="button"
                    className="mj-link"
                    aria-expanded={props.opened === item}
                    onClick={() => open(item)}
                  >
                    <Label text={item.key} />
                  </button>
                ) : (
                  <Label text={item.key} />
                )}
              </th>
              <td className="mj-dim" title={item.path || undefined}>
                <bdi>{item.about || item.kind || ''}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More amount={artifacts.more} />
    </section>
  );
}

export function kindMark(kind: string | undefined): string {
  return KINDS[kind ?? ''] ?? '▫';
}

/** A part that is folded until asked for. */
export function Fold(props: {
  title: string;
  aside?: string;
  open: boolean;
  toggle: () => void;
}): React.ReactElement {
  return (
    <button type="button" className="mj-fold" aria-expanded={props.open} onClick={props.toggle}>
      <span aria-hidden="true">{props.open ? '▾' : '▸'}</span> {props.title}{' '}
      {props.aside && <span className="mj-faint">{props.aside}</span>}
    </button>
  );
}

/** Trouble, said where the user looks, with a way to try again. */
export function Trouble(props: {
  error: unknown;
  retry?: () => void;
  children?: React.ReactNode;
}): React.ReactElement {
  const { error } = props;
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Error && 'hint' in error ? String((error as { hint: unknown }).hint) : '';
  return (
    <div className="mj-trouble" role="alert">
      <span>
        {props.children} {cut(message, 300)}
        {hint && <span className="mj-dim"> · {cut(hint, 300)}</span>}
      </span>
      {props.retry && (
        <button type="button" className="mj-btn" onClick={props.retry}>
          Retry
        </button>
      )}
    </div>
  );
}
