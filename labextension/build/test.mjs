// Compile the tests beside their sources and run them with Node's own runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const files = readdirSync(join(here, 'test')).filter(name => /\.test\.tsx?$/.test(name));
const out = mkdtempSync(join(tmpdir(), 'mlrun-ui-test-'));
let status = 1;
try {
  await build({
    absWorkingDir: here,
    entryPoints: files.map(name => join('test', name)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    loader: { '.svg': 'text' },
    logLevel: 'warning'
  });
  const compiled = files.map(name => join(out, name.replace(/\.tsx?$/, '.cjs')));
  status =
    spawnSync(process.execPath, ['--enable-source-maps', '--test', ...compiled], { stdio: 'inherit' })
      .status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(status);
