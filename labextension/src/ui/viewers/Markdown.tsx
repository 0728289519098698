/** Markdown as elements: no HTML of it is taken, no picture of it fetched. */
import * as React from 'react';

import { type Block, blocks, type Inline } from './markdownModel';
import { CodeText } from './Text';

export function Markdown(props: { text: string }): React.ReactElement {
  const tree = React.useMemo(() => blocks(props.text), [props.text]);
  return (
    <div className="mj-markdown" tabIndex={0} role="region" aria-label="Markdown">
      {tree.map((block, index) => (
        <BlockOf key={index} block={block} />
      ))}
    </div>
  );
}

function BlockOf(props: { block: Block }): React.ReactElement {
  const { block } = props;
  switch (block.kind) {
    case 'heading':
      return (
        <p
          className={`mj-md-h mj-md-h${block.level}`}
          role="heading"
          aria-level={Math.min(6, block.level + 3)}
        >
          <Inlines of={block.inside} />
        </p>
      );
    case 'code':
      return <CodeText text={block.text} language={block.language} />;
    case 'rule':
      return <hr />;
    case 'list': {
      const items = block.items.map((item, index) => (
        <li key={index}>
          <Inlines of={item} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return (
        <table className="mj-tbl">
          <thead>
            <tr>
              {block.head.map((cell, index) => (
                <th key={index} scope="col">
                  <Inlines of={cell} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at}>
                    <Inlines of={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    default:
      return (
        <p className={block.kind === 'quote' ? 'mj-md-quote' : undefined}>
          <Inlines of={block.inside} />
        </p>
      );
  }
}

function Inlines(props: { of: readonly Inline[] }): React.ReactElement {
  return (
    <>
      {props.of.map((each, index) => {
        switch (each.kind) {
          case 'code':
            return <code key={index}>{each.text}</code>;
          case 'strong':
            return (
              <strong key={index}>
                <Inlines of={each.inside} />
              </strong>
            );
          case 'em':
            return (
              <em key={index}>
                <Inlines of={each.inside} />
              </em>
            );
          case 'link':
            return (
              <a key={index} href={each.address} target="_blank" rel="noopener noreferrer">
                <Inlines of={each.inside} />
              </a>
            );
          default:
            return each.text;
        }
      })}
    </>
  );
}
