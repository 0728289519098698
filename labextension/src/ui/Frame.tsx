/**
 * The one place where a page of a user is active: a frame of an origin of its own that can reach neither us nor the
 * network, cannot go anywhere else, and whose messages may only say how high it is.
 *
 * It is a frame within a frame: a page can lead its own frame away, and only the frame around it can forbid that.
 */
import * as React from 'react';

import { useUi } from './context';

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; frame-src 'none'; form-action 'none'; base-uri 'none'";
const HEAD = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8">`;
const MEASURE =
  '<script>(()=>{const tell=()=>parent.postMessage({mlrunFrameHeight:document.documentElement.scrollHeight},"*");addEventListener("load",tell);new ResizeObserver(tell).observe(document.documentElement)})()</script>';
const RELAY =
  '<script>addEventListener("message",e=>{if(e.source===frames[0]&&e.data&&typeof e.data.mlrunFrameHeight==="number")parent.postMessage({mlrunFrameHeight:e.data.mlrunFrameHeight},"*")})</script>';
const MAX_HEIGHT = 900;

/** The page with a policy in front that it cannot take back, in a frame that keeps it where it is. */
export function framed(page: string): string {
  const inner = `${HEAD}${page}${MEASURE}`.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
  return `${HEAD}<style>body{margin:0}iframe{display:block;width:100%;height:100vh;border:0}</style>${RELAY}<iframe sandbox="allow-scripts" referrerpolicy="no-referrer" srcdoc="${inner}"></iframe>`;
}

export function Frame(props: { page: string; title: string }): React.ReactElement {
  const { trans } = useUi();
  const frame = React.useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = React.useState(320);
  const source = React.useMemo(() => framed(props.page), [props.page]);
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
      srcDoc={source}
      style={{ height }}
      title={props.title || trans.__('Page of an artifact')}
    />
  );
}
