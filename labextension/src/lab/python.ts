/** Code that is put into cells. */
import type { IRunRef } from '../ui/client';

/** A cell that loads a run; the last line shows it. */
export function loadCode(ref: IRunRef): string {
  return `import mlrun_jupyter\n\nrun = ${read(ref)}\nrun`;
}

/** A cell that runs the same again: handler, parameters and inputs as they were. */
export function rerunCode(ref: IRunRef): string {
  return `import mlrun_jupyter\n\nrun = ${read(ref)}.rerun()\nrun`;
}

function read(ref: IRunRef): string {
  const iteration = ref.iteration ? `, iter=${ref.iteration}` : '';
  return `mlrun_jupyter.get_run_db().read_run(${text(ref.uid)}, project=${text(ref.project)}${iteration})`;
}

/** A Python literal: as JSON, but a letter beyond U+FFFF is one escape there and not two. */
export function text(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u{10ffff}]/gu,
    letter => `\\U${(letter.codePointAt(0) as number).toString(16).padStart(8, '0')}`
  );
}
