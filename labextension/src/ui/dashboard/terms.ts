/** A filter line as its terms: `accuracy > 0.95 state:error train` has three. */

const TERM =
  /[^\s:<>=!"',]+\s*(?:!=|>=|<=|==|=|>|<)\s*(?:"[^"]*"|'[^']*'|[^\s"']+)?|[A-Za-z]+:(?:"[^"]*"|[^\s"])*|"[^"]*"|\S+/g;

export function termsOf(line: string): string[] {
  return (line.match(TERM) ?? [])
    .map(term => term.trim().replace(/\s*(!=|>=|<=|==|=|>|<)\s*/, ' $1 '))
    .map(closed);
}

/** `label:team = ops` has no room around its sign. */
function closed(term: string): string {
  return /^[A-Za-z]+:/.test(term) ? term.replace(/\s*(~=|!=|=)\s*/, '$1') : term;
}

export function lineOf(terms: readonly string[]): string {
  return terms.filter(Boolean).join(' ');
}

export function without(line: string, index: number): string {
  return lineOf(termsOf(line).filter((_, at) => at !== index));
}

/** The states that a line asks for. */
export function statesOf(line: string): string[] {
  return termsOf(line)
    .filter(term => term.startsWith('state:'))
    .flatMap(term => term.slice('state:'.length).split(','))
    .filter(Boolean);
}

/** The line with a state asked for, or not any more. */
export function withState(line: string, state: string): string {
  const states = statesOf(line);
  const next = states.includes(state) ? states.filter(each => each !== state) : [...states, state];
  const others = termsOf(line).filter(term => !term.startsWith('state:'));
  return lineOf([...others, next.length ? `state:${next.join(',')}` : '']);
}
