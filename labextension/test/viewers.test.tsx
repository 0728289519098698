/** Viewers of artifacts: what they show, and that nothing of a user gets out of its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

import { ENGLISH } from '../src/ui/context';
import { Card, newQueries, Root } from '../src/ui/Root';
import type { IColumnView, IDatasetView } from '../src/ui/types';
import { Distribution } from '../src/ui/viewers/Columns';
import { highlight } from '../src/ui/viewers/highlight';
import { Markdown } from '../src/ui/viewers/Markdown';
import { viewerOf } from '../src/ui/viewers/registry';
import { firstRow, pagesOf, ROW, scrollHeight, turned } from '../src/ui/viewers/rowsModel';

const EVIL = '<img src=x onerror=alert(1)>';
const NONE = { entries: [], more: 0 };

function drawn(element: React.ReactElement): string {
  return renderToStaticMarkup(
    <Root ui={{ client: null, host: {}, trans: ENGLISH }} queries={newQueries()}>
      {element}
    </Root>
  );
}

describe('rows of a long table', () => {
  it('are found by pixels while browsers can count them', () => {
    assert.equal(firstRow(10 * ROW + 3, 400, 1000), 10);
    assert.equal(firstRow(1e9, 20 * ROW, 1000), 980);
  });

  it('are found by share where a pixel stands for many', () => {
    const rows = 10_000_000;
    const room = 20 * ROW;
    assert.ok(scrollHeight(rows) <= 8_000_000);
    assert.equal(firstRow(0, room, rows), 0);
    assert.equal(firstRow(scrollHeight(rows) - room, room, rows), rows - 20);
    assert.ok(Math.abs(firstRow((scrollHeight(rows) - room) / 2, room, rows) - rows / 2) < 100);
  });

  it('come in the pages that are needed', () => {
    assert.deepEqual(pagesOf(95, 120, 100), [0, 1]);
  });

  it('turn their order with each press', () => {
    assert.equal(turned(turned(turned('', 'a'), 'a'), 'a'), '');
  });
});

describe('code in colours', () => {
  it('is the code, whatever it holds', () => {
    for (const language of ['python', 'json', 'yaml', 'sql', 'shell', 'nothing', 'constructor']) {
      const code = `def f(x):  # ${EVIL}\n\treturn "a\\"b" + 'c' -- 1.5e3\n"""open`;
      assert.equal(
        highlight(code, language)
          .map(piece => piece.text)
          .join(''),
        code
      );
    }
  });

  it('tells words, texts and comments apart', () => {
    const paints = highlight('return "x" # y', 'python').map(piece => piece.paint);
    assert.deepEqual(
      paints.filter(paint => paint),
      ['word', 'text', 'comment']
    );
  });
});

describe('Markdown', () => {
  it('takes no HTML, no picture and no address that runs something', () => {
    const text = `# ${EVIL}\n\n[go](javascript:alert(1)) ![p](https://x/y.png) [ok](https://example.com/a)\n\n<script>1</script>`;
    const html = drawn(<Markdown text={text} />);
    assert.ok(!html.includes('<img') && !html.includes('<script'));
    assert.ok(!/href="javascript/i.test(html));
    assert.match(html, /href="https:\/\/example.com\/a"[^>]*rel="noopener noreferrer"/);
  });

  it('knows headings, lists, tables and code', () => {
    const html = drawn(
      <Markdown text={'## T\n\n- a\n- **b**\n\n|x|y|\n|-|-|\n|1|2|\n\n```python\nx = 1\n```'} />
    );
    for (const part of ['aria-level="5"', '<li>', '<strong>b</strong>', '<td>2</td>', 'mj-paint-number']) {
      assert.ok(html.includes(part), part);
    }
  });

  it('ends, whatever it is given', () => {
    for (const line of ['['.repeat(50_000), `[a](${'x'.repeat(50_000)}`, `# ${' '.repeat(50_000)}x#`]) {
      drawn(<Markdown text={line} />);
    }
    drawn(<Markdown text={`a|b\n${'-'.repeat(50_000)}x|`} />);
    drawn(<Markdown text={['```', '> ', '- ', '|', '|-', '**', '[](', '#', '\u0000'].join('\n')} />);
  });
});

describe('the distribution of a column', () => {
  it('is left out of a card that was saved before there were counts', () => {
    const column = { name: 'a', histogram: [], top: ['x'] } as unknown as IColumnView;
    assert.equal(drawn(<Distribution column={column} />).includes('svg'), false);
  });
});

describe('viewers', () => {
  it('are none for a form that nobody knows', () => {
    assert.equal(viewerOf('scan')({ item: { key: 'a' }, content: { form: 'scan' } }), null);
    assert.equal(viewerOf('constructor')({ item: { key: 'a' }, content: { form: 'constructor' } }), null);
  });
});

describe('the card of a model', () => {
  it('shows metrics, importance and columns', () => {
    const view: IDatasetView = {
      kind: 'artifact',
      version: 1,
      item: { key: EVIL, kind: 'model' },
      facts: NONE,
      labels: NONE,
      columns: [] as IColumnView[],
      more: 0,
      header: [],
      preview: [],
      model: {
        metrics: { entries: [{ name: 'auc', cell: { text: '0.97' } }], more: 0 },
        parameters: NONE,
        inputs: [{ name: EVIL, type: 'float' }],
        outputs: [],
        importance: [{ name: 'age', weight: -2, share: 1, text: '-2' }],
        more: 0
      }
    };
    const html = drawn(<Card view={view as never} />);
    assert.ok(html.includes('0.97') && html.includes('>-2<') && !html.includes('<img'));
  });
});
