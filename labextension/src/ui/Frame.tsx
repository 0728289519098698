/**
 * The one place where a page of a user is active: a frame of an origin of its own that can reach neither us nor the
 * network, and whose messages may only say how high it is.
 */
import * as React from 'react';

import { useUi } from './context';

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:";
const MEASURE =
  "<script>(()=>{const tell=()=>parent.postMessage({mlrunFrameHeight:document.documentElement.scrollHeight},'*');addEventListener('load',tell);new ResizeObserver(tell).observe(document.documentElement)})()</script>";
const MAX_HEIGHT = 900;

/** The page with a policy in front that it cannot take back. */
export function framed(page: string): string {
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8">${page}${MEASURE}`;
}

export function Frame(props: { page: string; title: string }): React.ReactElement {
  const { trans } = useUi();
  const frame = React.useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = React.useState(320);
  React.useEffect(() => {
    const listen = (event: MessageEvent): void => {
      if (
        event.source !== frame.current?.contentWindow ||
        typeof event.data !== 'object' ||
        event.data === null
      ) {
        return;
      }
      const told = (event.data as { mlrunFrameHeight?: unknown }).mlrunFrameHeight;
      if (typeof told === 'number' && Number.isFinite(told)) {
        setHeight(Math.min(MAX_HEIGHT, Math.max(60, Math.ceil(told))));
      }
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, []);
  return (
    <iframe
      ref={frame}
      className="mj-frame"
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      srcDoc={framed(props.page)}
      style={{ height }}
      title={props.title || trans.__('Page of an artifact')}
    />
  );
}
