/** The colours of code: words, texts, numbers and comments, enough to read by. */

export type Paint = '' | 'word' | 'text' | 'number' | 'comment' | 'name';

export interface IPiece {
  text: string;
  paint: Paint;
}

const WORDS = new Map(
  Object.entries({
    python:
      'and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match None nonlocal not or pass raise return self True False try while with yield',
    shell: 'if then else elif fi for while do done case esac in function return export local set unset exit',
    sql: 'select from where group by order having join left right inner outer on as insert into values update set delete create table view index and or not null is in like limit distinct union all case when then else end',
    json: 'true false null',
    yaml: 'true false null yes no',
    toml: 'true false'
  })
);
const COMMENTS = new Map(
  Object.entries({
    python: '#[^\\n]*',
    shell: '#[^\\n]*',
    yaml: '#[^\\n]*',
    toml: '#[^\\n]*',
    ini: '[#;][^\\n]*',
    sql: '--[^\\n]*'
  })
);
const TEXTS = '"""[\\s\\S]*?"""|\'\'\'[\\s\\S]*?\'\'\'|"(?:\\\\.|[^"\\\\\\n])*"|\'(?:\\\\.|[^\'\\\\\\n])*\'';
/** Letters from which on code stays plain. */
const LONG = 200_000;

/** The code in pieces of one colour each; their texts together are the code. */
export function highlight(code: string, language: string): IPiece[] {
  const [words, comments] = [WORDS.get(language), COMMENTS.get(language)];
  if ((words === undefined && comments === undefined) || code.length > LONG) {
    return [{ text: code, paint: '' }];
  }
  const known = new Set((words ?? '').split(' '));
  const form = new RegExp(`(${comments ?? '(?!)'})|(${TEXTS})|(\\b\\d[\\w.]*)|([A-Za-z_]\\w*)`, 'g');
  const pieces: IPiece[] = [];
  let at = 0;
  let before = '';
  for (const found of code.matchAll(form)) {
    const [text, comment, quoted, digits] = found;
    const plain = language === 'sql' ? text.toLowerCase() : text;
    const paint: Paint = comment
      ? 'comment'
      : quoted
        ? isKey(code, found.index + text.length, language)
          ? 'name'
          : 'text'
        : digits
          ? 'number'
          : known.has(plain)
            ? 'word'
            : before === 'def' || before === 'class'
              ? 'name'
              : '';
    before = text;
    if (paint) {
      if (found.index > at) {
        pieces.push({ text: code.slice(at, found.index), paint: '' });
      }
      pieces.push({ text, paint });
      at = found.index + text.length;
    }
  }
  if (at < code.length) {
    pieces.push({ text: code.slice(at), paint: '' });
  }
  return pieces;
}

function isKey(code: string, end: number, language: string): boolean {
  return language === 'json' && /^\s*:/.test(code.slice(end, end + 4));
}
