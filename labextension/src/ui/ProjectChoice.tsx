/** Which project is looked at. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from './client';
import { useUi } from './context';
import { cut } from './format';
import type { IProjects } from './types';

/** Which project's runs are listed; nothing to choose where there is but one. */
export function ProjectChoice(props: {
  project: string;
  choose: (project: string) => void;
  visible: boolean;
}): React.ReactElement | null {
  const { client, trans } = useUi();
  const { project } = props;
  const query = useQuery<IProjects, RequestError>({
    queryKey: ['projects'],
    queryFn: ({ signal }) => (client as IRunClient).projects(signal),
    enabled: client !== null && props.visible,
    staleTime: 30_000,
    retry: false
  });
  const names = query.data?.names ?? [];
  if (names.length < 2 && project === '*') {
    return null;
  }
  return (
    <select
      className="mj-select"
      aria-label={trans.__('Project')}
      value={project}
      onChange={event => props.choose(event.target.value)}
    >
      <option value="*">{trans.__('all projects')}</option>
      {[...new Set([...names, ...(project === '*' ? [] : [project])])].map(name => (
        <option key={name} value={name}>
          {cut(name, 40)}
        </option>
      ))}
    </select>
  );
}
