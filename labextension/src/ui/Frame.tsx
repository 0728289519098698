/**
 * The one place where a page of a user is active: a frame of an origin of its own that can reach neither us nor the
 * network, cannot go anywhere else, and whose messages may only say how high it is.
 *
 * It is a frame within a frame: a page can lead its own frame away, and only the frame around it can forbid that.
 */
import * as React from 'react';

import { useUi } from './context';
import { HEAD, SHELL } from './shell';

const MEASURE =
  '<script>(()=>{const page=document.documentElement,tell=()=>parent.postMessage({mlrunFrameHeight:Math.max(page.getBoundingClientRect().height,page.scrollHeight>innerHeight?page.scrollHeight:0)},"*");addEventListener("load",tell);new ResizeObserver(tell).observe(page)})()</script>';
const MAX_HEIGHT = 900;

/** The page with a policy in front that it cannot take back. */
export function framed(page: string): string {
  return `${HEAD}${page}${MEASURE}`;
}

export function Frame(props: { page: string; title: string; plain?: boolean }): React.ReactElement {
  const { host, trans } = useUi();
  const frame = React.useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = React.useState(420);
  const [ready, setReady] = React.useState(false);
  React.useEffect(() => {
    const listen = (event: MessageEvent): void => {
      const told = event.data as { mlrunFrameHeight?: unknown; mlrunFrameReady?: unknown } | null;
      if (event.source !== frame.current?.contentWindow || typeof told !== 'object' || told === null) {
        return;
      }
      if (told.mlrunFrameReady === true) {
        setReady(true);
      }
      if (typeof told.mlrunFrameHeight === 'number' && Number.isFinite(told.mlrunFrameHeight)) {
        setHeight(Math.min(MAX_HEIGHT, Math.max(60, Math.ceil(told.mlrunFrameHeight))));
      }
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, []);
  React.useEffect(() => {
    if (ready) {
      frame.current?.contentWindow?.postMessage({ mlrunPage: framed(props.page) }, '*'); // its origin has no name
    }
  }, [ready, props.page]);
  return (
    <iframe
      ref={frame}
      className={props.plain ? 'mj-frame mj-frame-plain' : 'mj-frame'}
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      {...(host.frame ? { src: host.frame } : { srcDoc: SHELL })}
      style={{ height }}
      title={props.title || trans.__('Page of an artifact')}
    />
  );
}
