// The bundles outside JupyterLab: the widget (VS Code, Colab, marimo) and the page, both with preact in React's place, and
// the libraries that draw charts in closed frames, which are read when the first chart is looked at.
import { gzipSync } from 'node:zlib';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { licences } from './licences.mjs';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(here, '..', 'mlrun_jupyter', '_static');
const production = process.argv.includes('--production');
const inputs = [];
const entries = { widget: 'src/widget.tsx', page: 'src/page.tsx' };

const shell = await build({
  absWorkingDir: here,
  entryPoints: ['src/ui/shell.ts'],
  format: 'esm',
  write: false
});
const { SHELL } = await import(`data:text/javascript,${encodeURIComponent(shell.outputFiles[0].text)}`);

for (const [name, source] of Object.entries(entries)) {
  if (!existsSync(join(here, source))) {
    continue;
  }
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `${name}.js`);
  const built = await build({
    absWorkingDir: here,
    entryPoints: [source],
    outfile: target,
    metafile: true,
    bundle: true,
    format: 'esm',
    target: 'es2021',
    minify: production,
    sourcemap: production ? false : 'inline',
    legalComments: 'none',
    jsx: 'transform',
    define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
    alias: {
      react: 'preact/compat',
      'react-dom': 'preact/compat',
      'react-dom/client': 'preact/compat/client'
    },
    loader: { '.svg': 'text' },
    logLevel: 'warning'
  });
  inputs.push(...Object.keys(built.metafile.inputs));
  const styles = ['ui.css', ...(name === 'page' ? ['page.css'] : [])];
  writeFileSync(
    join(folder, `${name}.css`),
    styles.map(file => readFileSync(join(here, 'style', file), 'utf8')).join('\n')
  );
  if (name === 'page') {
    copyFileSync(join(here, 'style', 'page.html'), join(folder, 'index.html'));
    copyFileSync(join(here, 'style', 'runs.svg'), join(folder, 'icon.svg'));
    writeFileSync(join(folder, 'frame.html'), SHELL);
  }
  told(name, target);
}

for (const name of ['vega', 'plotly']) {
  const target = join(out, 'libraries', `${name}.js`);
  const built = await build({
    absWorkingDir: here,
    entryPoints: [`src/libraries/${name}.ts`],
    outfile: target,
    metafile: true,
    bundle: true,
    format: 'iife',
    target: 'es2021',
    minify: true,
    legalComments: 'inline',
    logLevel: 'warning'
  });
  inputs.push(...Object.keys(built.metafile.inputs));
  told(name, target);
}

writeFileSync(join(out, 'THIRD-PARTY-LICENCES.txt'), licences(inputs, here));

function told(name, target) {
  const code = readFileSync(target);
  console.log(
    `${name}: ${Math.round(code.length / 1000)} kB, ${Math.round(gzipSync(code).length / 1000)} kB compressed`
  );
}
