/** The part of Markdown that notes are written in, as a tree; what it does not know stays a text. */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'em'; inside: Inline[] }
  | { kind: 'link'; address: string; inside: Inline[] };

export type Block =
  | { kind: 'heading'; level: number; inside: Inline[] }
  | { kind: 'paragraph' | 'quote'; inside: Inline[] }
  | { kind: 'code'; text: string; language: string }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

const LIST = /^\s{0,8}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const ADDRESS = /^(https?:\/\/|mailto:)[^\s<>"]+$/i;

export function blocks(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const found: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = /^\s{0,3}(```+|~~~+)\s*(\w*)/.exec(line);
    const heading = /^(#{1,6})\s+(\S.*)$/.exec(line);
    if (!line.trim()) {
      at++;
    } else if (fence) {
      let last = at + 1;
      while (last < lines.length && !lines[last].trim().startsWith(fence[1])) {
        last++;
      }
      found.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n'), language: fence[2] });
      at = last + 1;
    } else if (heading) {
      found.push({ kind: 'heading', level: heading[1].length, inside: inlines(closed(heading[2])) });
      at++;
    } else if (/^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/.test(line)) {
      found.push({ kind: 'rule' });
      at++;
    } else if (LIST.test(line)) {
      const own = run(lines, at, each => LIST.test(each));
      const items = own.map(each => inlines((LIST.exec(each) as RegExpExecArray)[2]));
      found.push({ kind: 'list', ordered: (LIST.exec(line) as RegExpExecArray)[1] !== undefined, items });
      at += own.length;
    } else if (line.startsWith('>')) {
      const own = run(lines, at, each => each.startsWith('>'));
      found.push({ kind: 'quote', inside: inlines(own.map(each => each.replace(/^>\s?/, '')).join(' ')) });
      at += own.length;
    } else if (line.includes('|') && isRuler(lines[at + 1] ?? '')) {
      const own = run(lines, at, each => each.includes('|'));
      const [head, , ...rows] = own.map(each => cells(each).map(inlines));
      found.push({ kind: 'table', head, rows });
      at += own.length;
    } else {
      const own = run(
        lines,
        at,
        each => each.trim() !== '' && !/^(#{1,6}\s|```|~~~|>)/.test(each) && !LIST.test(each)
      );
      found.push({ kind: 'paragraph', inside: inlines(own.join('\n')) });
      at += Math.max(1, own.length);
    }
  }
  return found;
}

function run(lines: readonly string[], from: number, while_: (line: string) => boolean): string[] {
  const own = [];
  for (let at = from; at < lines.length && (while_(lines[at]) || at === from); at++) {
    own.push(lines[at]);
  }
  return own;
}

/** The line below a table's head. */
function isRuler(line: string): boolean {
  return line.includes('-') && /^[\s:|-]+$/.test(line);
}

/** A heading without the marks behind it. */
function closed(text: string): string {
  let end = text.trimEnd().length;
  while (end > 0 && text[end - 1] === '#') {
    end--;
  }
  return text.slice(0, end).trimEnd();
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map(each => each.trim());
}

const MARKS =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|__([^_\n]+)__|\*([^*\n]+)\*|\b_([^_\n]+)_\b|!?\[([^\][\n]{0,500})\]\(([^)\s]{1,2000})(?:[ \t][^)\n]{0,300})?\)/g;

export function inlines(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  for (const mark of text.matchAll(MARKS)) {
    if (mark.index > at) {
      found.push({ kind: 'text', text: text.slice(at, mark.index) });
    }
    at = mark.index + mark[0].length;
    const [whole, code, strong, strong2, em, em2, label, address] = mark;
    if (code !== undefined) {
      found.push({ kind: 'code', text: code });
    } else if (strong ?? strong2) {
      found.push({ kind: 'strong', inside: inlines(strong ?? strong2) });
    } else if (em ?? em2) {
      found.push({ kind: 'em', inside: inlines(em ?? em2) });
    } else if (whole.startsWith('!') || !ADDRESS.test(address)) {
      found.push({ kind: 'text', text: whole }); // nothing is fetched, and nothing leads into this page
    } else {
      found.push({ kind: 'link', address, inside: [{ kind: 'text', text: label || address }] });
    }
  }
  if (at < text.length) {
    found.push({ kind: 'text', text: text.slice(at) });
  }
  return found;
}
