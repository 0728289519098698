/**
 * The page around a page of a user: an origin of its own that can reach neither us nor the network. It takes the page from
 * whoever shows it, puts it into a frame that only it could lead away, and passes on how high that is.
 *
 * The same text is `frame.html` beside the dashboard, whose own policy would let no script of a frame run.
 */

export const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; frame-src 'none'; form-action 'none'; base-uri 'none'";

export const HEAD = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8">`;

const PASS_ON = `addEventListener("message", event => {
  const told = event.data || {};
  if (event.source === parent && typeof told.mlrunPage === "string") {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.setAttribute("referrerpolicy", "no-referrer");
    frame.srcdoc = told.mlrunPage;
    document.body.replaceChildren(frame);
  } else if (event.source === frames[0] && typeof told.mlrunFrameHeight === "number") {
    parent.postMessage({ mlrunFrameHeight: told.mlrunFrameHeight }, "*");
  }
});
parent.postMessage({ mlrunFrameReady: true }, "*");`;

export const SHELL = `${HEAD}<title>Page of an artifact</title><style>body{margin:0}iframe{display:block;width:100%;height:100vh;border:0}</style><body><script>${PASS_ON}</script></body>
`;
