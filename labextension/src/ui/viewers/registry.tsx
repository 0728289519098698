/** The viewer of each form of content. */
import * as React from 'react';

import { useUi } from '../context';
import { cut, size } from '../format';
import { Frame } from '../Frame';
import type { IArtifactItem, IContent } from '../types';
import { Drawing } from './Drawing';
import { Rows } from './Rows';
import { Text } from './Text';

export interface IViewer {
  item: IArtifactItem;
  content: IContent;
  /** The file of a folder that this is the content of. */
  file?: string;
}

export type Viewer = (props: IViewer) => React.ReactElement | null;

const VIEWERS: ReadonlyMap<string, Viewer> = new Map<string, Viewer>([
  ['table', props => <Rows {...props} />],
  ['image', Image],
  ['html', Page],
  ['svg', Page],
  ['text', props => <Text content={props.content} />],
  ['vega', props => <Drawing content={props.content} title={nameOf(props)} of="Vega-Lite" />],
  ['plotly', props => <Drawing content={props.content} title={nameOf(props)} of="Plotly" />],
  ['binary', Binary]
]);

/** The viewer of a form; what nobody knows is shown as what it says about itself. */
export function viewerOf(form: string): Viewer {
  return VIEWERS.get(form) ?? Nothing;
}

function nameOf(props: IViewer): string {
  return cut(props.file ?? props.item.key, 80);
}

function Image(props: IViewer): React.ReactElement {
  const { content } = props;
  const media = /^image\/(png|jpeg|gif|webp|bmp)$/.test(content.media ?? '') ? content.media : 'image/png';
  return <img className="mj-image" src={`data:${media};base64,${content.data ?? ''}`} alt={nameOf(props)} />;
}

function Page(props: IViewer): React.ReactElement {
  return <Frame page={props.content.text ?? ''} title={nameOf(props)} />;
}

function Binary(props: IViewer): React.ReactElement {
  const { trans } = useUi();
  return <p className="mj-quiet">{trans.__('%1 of binary data', size(props.content.size))}</p>;
}

function Nothing(): null {
  return null;
}
