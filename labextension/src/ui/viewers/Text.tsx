/** Texts: code in colours with line numbers, JSON put in order, Markdown as it is meant or as it is written. */
import * as React from 'react';

import { useUi } from '../context';
import { count, size } from '../format';
import { LogView } from '../LogView';
import type { IContent } from '../types';
import { highlight } from './highlight';
import { Markdown } from './Markdown';

/** Lines that have numbers: more of them would only make the page slow. */
const NUMBERED = 5_000;

export function Text(props: { content: IContent }): React.ReactElement {
  const { content } = props;
  const { trans } = useUi();
  const [raw, setRaw] = React.useState(false);
  const text = React.useMemo(() => readable(content), [content]);
  const markdown = content.language === 'markdown';
  if (content.language === 'log') {
    return <LogView text={text} />;
  }
  return (
    <>
      <div className="mj-tools">
        <span className="mj-dim mj-tab">
          {[content.language, count(text.split('\n').length, 'line'), size(content.size)]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span className="mj-grow" />
        {markdown && (
          <button type="button" className="mj-btn" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {trans.__('Source')}
          </button>
        )}
      </div>
      {markdown && !raw ? (
        <Markdown text={text} />
      ) : (
        <CodeText text={text} language={content.language ?? ''} />
      )}
      {content.cut && <p className="mj-more">{trans.__('… cut here')}</p>}
    </>
  );
}

export function CodeText(props: { text: string; language: string }): React.ReactElement {
  const { text, language } = props;
  const { trans } = useUi();
  const pieces = React.useMemo(() => highlight(text, language), [text, language]);
  const lines = text.split('\n').length;
  return (
    <div className="mj-source-text" tabIndex={0} role="region" aria-label={trans.__('Text')}>
      {lines <= NUMBERED && lines > 1 && (
        <pre className="mj-line-numbers" aria-hidden="true">
          {Array.from({ length: lines }, (_, at) => at + 1).join('\n')}
        </pre>
      )}
      <pre>
        {pieces.map((piece, index) =>
          piece.paint ? (
            <span key={index} className={`mj-paint-${piece.paint}`}>
              {piece.text}
            </span>
          ) : (
            piece.text
          )
        )}
      </pre>
    </div>
  );
}

function readable(content: IContent): string {
  const text = content.text ?? '';
  if (content.language !== 'json' || content.cut) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
