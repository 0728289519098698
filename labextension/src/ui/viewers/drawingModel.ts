/** The page that draws a chart: a library, what is to be drawn, and the colours of where it stands. */

export interface IColours {
  ink: string;
  soft: string;
  line: string;
  back: string;
  series: string[];
}

/** Nothing in a document can end the script that it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

export function drawingPage(library: string, text: string, colours: IColours): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return `<p>${String(error).replace(/[<&]/g, ' ')}</p>`;
  }
  const style = `html{background:${colours.back}}body{margin:8px 14px;font:13px/1.5 system-ui,sans-serif;color:${colours.ink}}#drawing{width:100%}[role=alert]{margin:0 0 8px}`;
  const code = library.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
  return `<html lang="en"><style>${style}</style><body><div id="drawing"></div><script>${code}</script><script>mlrunDraw(${inScript(document)},${inScript(colours)})</script>`;
}
