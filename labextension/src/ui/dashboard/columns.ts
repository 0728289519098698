/** Which columns a list of runs has when nobody has chosen any. */

const FIRST_RESULTS = 4;
const FIRST_PARAMETERS = 4;

export function firstFew(offered: readonly string[]): string[] {
  const of = (section: string, most: number): string[] =>
    offered.filter(name => name.startsWith(`${section}.`)).slice(0, most);
  return [...of('results', FIRST_RESULTS), ...of('params', FIRST_PARAMETERS)];
}

export function joined(before: string[], more: readonly string[]): string[] {
  const added = more.filter(name => !before.includes(name));
  return added.length ? [...before, ...added] : before;
}
