/** A folder: its files, and the one that is chosen beside them. */
import * as React from 'react';

import { useUi } from '../context';
import { count, cut } from '../format';
import type { IContent } from '../types';
import type { IViewer } from './registry';

const SHOWN = 300;

export function Folder(props: IViewer & { open: (path: string) => React.ReactElement }): React.ReactElement {
  const { content } = props;
  const { trans } = useUi();
  const [find, setFind] = React.useState('');
  const [chosen, setChosen] = React.useState('');
  const files = content.files ?? [];
  const wanted = find.trim().toLowerCase();
  const found = wanted ? files.filter(file => file.toLowerCase().includes(wanted)) : files;
  return (
    <div className="mj-folder">
      <div className="mj-folder-list">
        {files.length > 10 && (
          <input
            type="search"
            className="mj-input"
            placeholder={trans.__('Find a file')}
            aria-label={trans.__('Find a file')}
            value={find}
            onChange={event => setFind(event.target.value)}
          />
        )}
        <ul className="mj-files">
          {found.slice(0, SHOWN).map(file => (
            <li key={file}>
              <button
                type="button"
                className="mj-link"
                aria-current={file === chosen ? 'true' : undefined}
                onClick={() => setChosen(file)}
              >
                <bdi>{cut(file, 300)}</bdi>
              </button>
            </li>
          ))}
        </ul>
        <p className="mj-more">{foundLine(found.length, content)}</p>
      </div>
      <div className="mj-folder-file">
        {chosen ? (
          props.open(chosen)
        ) : (
          <p className="mj-quiet">{trans.__('Choose a file to look into it.')}</p>
        )}
      </div>
    </div>
  );
}

function foundLine(found: number, content: IContent): string {
  const more = (content.total ?? 0) - (content.files?.length ?? 0);
  return [
    count(found, 'file'),
    found > SHOWN ? `${SHOWN} shown` : '',
    more > 0 ? `${more.toLocaleString('en-US')} more are not listed` : ''
  ]
    .filter(Boolean)
    .join(' · ');
}
