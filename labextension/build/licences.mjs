// The licences of what the bundles hold, for those who are given them: most of them ask for it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;
const TEXT = /^(licen[cs]e|copying|notice)/i;

/** One text for all packages that took part in builds, by the names of their files. */
export function licences(inputs, root) {
  const folders = new Map();
  for (const input of inputs) {
    const found = FOLDER.exec(input);
    if (found) {
      folders.set(found[2], join(root, found[1]));
    }
  }
  const parts = [...folders].sort(([one], [other]) => (one < other ? -1 : 1)).map(part);
  return ['What is bundled here, and on which terms.', ...parts].join(`\n\n${'-'.repeat(80)}\n`) + '\n';
}

function part([name, folder]) {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder).filter(file => TEXT.test(file));
  const written = texts.map(file => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'no licence named'})`, ...written].join('\n\n');
}
