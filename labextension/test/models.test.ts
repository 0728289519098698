/** The models of the UI: what can be decided without a browser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { text as pythonText } from '../src/lab/python';
import { lines, plain } from '../src/ui/ansi';
import { refOf, RequestError } from '../src/ui/client';
import { ago, cut, duration, number, size, visible, when } from '../src/ui/format';
import { framed } from '../src/ui/Frame';
import { POLICY, SHELL } from '../src/ui/shell';
import { drawingPage } from '../src/ui/viewers/drawingModel';
import { HttpClient } from '../src/ui/http';
import { parallel, passes, through } from '../src/ui/parallelModel';
import { diffLines } from '../src/ui/dashboard/diff';
import { pageAt } from '../src/ui/dashboard/rows';
import { statesOf, termsOf, withState, without as withoutTerm } from '../src/ui/dashboard/terms';
import { folded, lengthOf, renewed, unfolded, without } from '../src/ui/pages';
import { addressOf, placeOf } from '../src/ui/places';
import { axis, bounds, linePath, nearest, place, smooth, written } from '../src/ui/scale';
import { about } from '../src/ui/RunRow';
import { NONE, press } from '../src/ui/selection';
import { order } from '../src/ui/tableModel';
import type { IRow, IRunPage, IRunSummary } from '../src/ui/types';

describe('format', () => {
  it('writes durations as the models do', () => {
    assert.deepEqual([0, 0.34, 2.41, 12.34, 245, 7500, 273600, null, NaN].map(duration), [
      '0 ms',
      '340 ms',
      '2.41 s',
      '12.3 s',
      '4 min 05 s',
      '2 h 05 min',
      '3 d 4 h',
      '',
      ''
    ]);
  });

  it('says how long ago in a few letters', () => {
    const now = new Date(2026, 10, 23, 12, 0).getTime();
    const at = (hours: number): string => ago(new Date(now - hours * 3_600_000).toISOString(), now);
    assert.deepEqual([0, 0.05, 2, 20].map(at), ['now', '3 m', '2 h', 'yesterday']);
    assert.equal(ago('no time', now), '');
    assert.equal(when(new Date(2026, 10, 23, 9, 5).toISOString(), now), 'today 09:05');
    assert.equal(when(new Date(2025, 0, 2, 9, 5).toISOString(), now), '2025-01-02 09:05');
  });

  it('keeps four digits, and says what is no number', () => {
    assert.deepEqual([0.97333, 10204113, 1e-7, NaN, -Infinity, 0, 12].map(number), [
      '0.9733',
      '10,204,113',
      '1e-7',
      'NaN',
      '-∞',
      '0',
      '12'
    ]);
    assert.deepEqual([512, 4500, 84_000, null].map(size), ['512 B', '4.5 kB', '84 kB', '']);
  });

  it('makes visible what would act on a terminal or turn text around', () => {
    assert.equal(visible('a\u202eb\u0007\n'), 'a⟨U+202E⟩b␇↵');
    assert.equal(cut('x'.repeat(100), 10), `${'x'.repeat(9)}…`);
  });
});

describe('scale', () => {
  it('finds bounds of what is finite', () => {
    assert.deepEqual(bounds([1, null, NaN], [3, Infinity]), [1, 3]);
    assert.deepEqual(bounds([]), [0, 1]);
  });

  it('chooses round marks', () => {
    assert.deepEqual(axis(-0.014, 1.011).marks, [0, 0.5, 1]);
    assert.deepEqual(axis(5, 5).marks, [5]);
    assert.deepEqual(written([0, 0.5, 1]), ['0.0', '0.5', '1.0']);
    assert.deepEqual(written([0, 1_000_000, 2_000_000]), ['0', '1M', '2M']);
  });

  it('survives the ends of the range', () => {
    assert.equal(place(0, -1.7e308, 1.7e308, 0, 100), 50);
    assert.equal(place(3, 3, 3, 0, 100), 50);
  });

  it('interrupts a curve where values are missing', () => {
    const same = (value: number): number => value;
    assert.equal(linePath([0, 1, 2, 3], [1, null, 2, 3], same, same), 'M0.0 1.0h.01M2.0 2.0h.01L3.0 3.0');
  });

  it('finds the nearest step', () => {
    assert.deepEqual(
      [-5, 4, 6, 99].map(wanted => nearest([0, 5, 10], wanted)),
      [0, 1, 1, 2]
    );
    assert.equal(nearest([], 1), -1);
  });

  it('smooths without pulling the start to zero', () => {
    assert.deepEqual(smooth([1, 1, null, 1], 0.9), [1, 1, null, 1]);
    assert.deepEqual(smooth([1, 5], 0), [1, 5]);
  });
});

describe('logs', () => {
  it('shows colours and nothing else of what terminals obey', () => {
    const [first] = lines('\u001b[31mred\u001b[0m \u001b]52;c;aGk=\u0007 \u001b[2J');
    assert.deepEqual(first[0], { text: 'red', style: 'mj-a1' });
    assert.equal(plain(first), 'red ␛]52;c;aGk=␇ ␛[2J');
    assert.ok(first.slice(1).every(span => span.style === ''));
  });

  it('overwrites at a carriage return, and carries colours from line to line', () => {
    const rows = lines('10%\r100%\r\n\u001b[1;32mok\nstill\u001b[39;22m no');
    assert.deepEqual(rows.map(plain), ['100%', 'ok', 'still no']);
    assert.equal(rows[2][0].style, 'mj-a2 mj-bold');
    assert.equal(rows[2][1].style, '');
  });

  it('does not invent styles from hostile sequences', () => {
    const styles = lines('\u001b[38;2;1;2;3;31mx\u001b[38;5;9my\u001b[999mz')[0].map(span => span.style);
    assert.deepEqual(styles, ['mj-a1', 'mj-a9', 'mj-a9']);
  });
});

describe('parallel coordinates', () => {
  const model = parallel(
    ['eta', 'kind', 'loss'],
    [
      [1, 'completed', 1, 0.1, 'tree', 2],
      [2, 'completed', 1, 0.3, 'linear', { $number: 'nan' }],
      [3, 'error', 1, 0.2, 'tree', null]
    ]
  );

  it('tells numbers from categories', () => {
    assert.deepEqual(
      model.axes.map(each => each.kind),
      ['number', 'category', 'number']
    );
    assert.deepEqual(model.lines[0].at, [0, 1, 0.5]);
    assert.deepEqual(model.lines[1].at, [1, 0, null]);
  });

  it('chooses what passes through every brush', () => {
    const chosen = model.lines.filter(line => passes(line, new Map([[0, [0.4, 1] as const]])));
    assert.deepEqual(
      chosen.map(line => line.iteration),
      [2, 3]
    );
    assert.equal(passes(model.lines[1], new Map([[2, [0, 1] as const]])), false);
  });

  it('draws nothing where a value is missing', () => {
    assert.equal(through(model.lines[1], [0, 10, 20], 0, 100), 'M0.0 0.0L10.0 100.0');
  });
});

describe('selection', () => {
  const keys = ['a', 'b', 'c', 'd'];
  it('extends from the anchor and toggles', () => {
    let chosen = press(NONE, keys, 1, { range: false, toggle: false });
    chosen = press(chosen, keys, 3, { range: true, toggle: false });
    assert.deepEqual([...chosen.keys], ['b', 'c', 'd']);
    chosen = press(chosen, keys, 2, { range: false, toggle: true });
    assert.deepEqual([...chosen.keys], ['b', 'd']);
    assert.equal(press(chosen, keys, 9, { range: false, toggle: false }), chosen);
  });
});

describe('pages', () => {
  const row = (uid: string): IRunSummary => ({ project: 'p', uid, name: uid, state: 'completed' });
  const page = (uids: string, after: string): IRunPage => ({
    rows: [...uids].map(row),
    after,
    columns: [],
    offered: [],
    understood: []
  });
  const old = { pages: [page('fed', 'd'), page('cb', 'b')], pageParams: ['', 'd'] };
  const uids = (data: typeof old): string[] => data.pages.map(each => each.rows.map(run => run.uid).join(''));

  it('grow at the head without a gap or a repetition', () => {
    const renewedData = renewed(old, page('hgf', 'f'));
    assert.deepEqual(uids(renewedData), ['hgfed', 'cb']);
    assert.equal(renewedData.pages[0].after, 'd');
  });

  it('lose what was deleted from the head', () => {
    assert.deepEqual(uids(renewed(old, page('fd', 'd'))), ['fd', 'cb']);
  });

  it('begin anew where nothing is left of what was read', () => {
    assert.deepEqual(uids(renewed(old, page('zyx', 'x'))), ['zyx']);
    assert.deepEqual(uids(renewed(old, page('f', ''))), ['f']);
  });
});

describe('long lists', () => {
  const page = (uids: string, after: string): IRunPage => ({
    rows: [...uids].map(uid => ({ project: 'p', uid, name: uid, state: 'completed' }) as IRunSummary),
    after,
    columns: [],
    offered: [],
    understood: []
  });
  const data = { pages: [page('ab', 'b'), page('cd', 'd'), page('e', '')], pageParams: ['', 'b', 'd'] };

  it('put away what is far from what is seen, and keep its place', () => {
    const away = folded(data, 2, 2);
    assert.deepEqual(
      away.pages.map(each => each.rows.length),
      [2, 0, 1]
    );
    assert.deepEqual(away.pages.map(lengthOf), [2, 2, 1]);
    assert.equal(folded(away, 2, 2), away);
    assert.deepEqual(unfolded(away, 1, page('cd', 'x')).pages[1].rows.length, 2);
    assert.equal(unfolded(away, 1, page('cd', 'x')).pages[1].after, 'd');
  });

  it('find the page of a row', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 9].map(index => pageAt([0, 2, 4, 5], index)),
      [0, 0, 1, 1, 2, 2]
    );
  });

  it('lose the rows that were deleted', () => {
    assert.deepEqual(without(data, new Set(['p@c#0'])).pages.map(lengthOf), [2, 1, 1]);
  });
});

describe('filter lines', () => {
  it('are taken apart as the store reads them', () => {
    assert.deepEqual(
      termsOf('accuracy>0.95  state:error,aborted name:"a b" "two words" label:team=ops x != "y z"'),
      ['accuracy > 0.95', 'state:error,aborted', 'name:"a b"', '"two words"', 'label:team=ops', 'x != "y z"']
    );
    assert.deepEqual(termsOf(''), []);
    assert.equal(withoutTerm('a b > 1 c', 1), 'a c');
  });

  it('are asked for states one by one', () => {
    assert.equal(withState('a', 'error'), 'a state:error');
    assert.equal(withState('state:error a', 'running'), 'a state:error,running');
    assert.equal(withState('state:error a', 'error'), 'a');
    assert.deepEqual(statesOf('state:error,aborted x'), ['error', 'aborted']);
  });
});

describe('diffs', () => {
  it('number the lines of both sides', () => {
    const text = '--- a\n+++ b\n@@ -3,3 +3,3 @@ def f():\n same\n-old\n+new\n last';
    assert.deepEqual(
      diffLines(text).map(({ kind, old, new: next }) => [kind, old, next]),
      [
        ['gap', null, null],
        ['same', 3, 3],
        ['removed', 4, null],
        ['added', null, 4],
        ['same', 5, 5]
      ]
    );
    assert.deepEqual(diffLines(''), []);
  });
});

describe('rows of runs', () => {
  const run = { project: 'p', uid: 'u', name: 'sweep', state: 'running', live: true };

  it('say how far a run is in its own words, and count where it has none', () => {
    const sweep = { total: 3, done: 2, metric: 'accuracy', best: null };
    assert.equal(about({ ...run, sweep, message: '2 of 3, 1 s left' }), '2 of 3, 1 s left');
    assert.equal(about({ ...run, sweep }), '2 / 3');
    assert.equal(about({ ...run, live: false, state: 'completed', sweep }), '3 iterations');
  });
});

describe('places', () => {
  it('come back from their addresses', () => {
    const state = {
      filter: 'accuracy > 0.9 label:a=b',
      project: 'a b',
      columns: ['results.x,y', 'params.z'],
      sort: '-results.x',
      group: 'label:team',
      within: 'name:"=a b"'
    };
    const list = { project: 'a b', name: 'x?', kind: '' };
    const run = { project: 'a b', uid: 'f00', iteration: 3 };
    for (const place of [
      { view: 'runs', state } as const,
      { view: 'run', run } as const,
      { view: 'compare', runs: [run, { ...run, iteration: 0 }] } as const,
      { view: 'projects' } as const,
      { view: 'models', state: list } as const,
      { view: 'functions', state: { ...list, project: '*' } } as const,
      { view: 'artifact', project: 'a b', key: 'x/y?#', uid: 'f0' } as const,
      { view: 'function', project: 'p', name: 'f', hash: '', against: '' } as const
    ]) {
      assert.deepEqual(placeOf(`#${addressOf(place)}`), place);
    }
  });

  it('are the list of runs where an address means nothing', () => {
    assert.equal(placeOf('#/runs/../../x/0').view, 'runs');
    assert.equal(placeOf('#/compare/%E0%A4%A').view, 'runs');
    assert.deepEqual(placeOf('').view, 'runs');
  });
});

describe('tables', () => {
  const row = (value: unknown, type = 'number'): IRow => ({
    ref: {},
    cells: [{ text: String(value), value, type }]
  });
  it('keeps what has no value last, whichever way', () => {
    const rows = [row(2), row(null, 'null'), row(10), row({ $number: 'inf' })];
    const values = (descending: boolean): string[] =>
      order(rows, { column: 0, descending }).map(each => each.cells[0].text);
    assert.deepEqual(values(false), ['2', '10', '[object Object]', 'null']);
    assert.deepEqual(values(true), ['[object Object]', '10', '2', 'null']);
  });
});

describe('references', () => {
  it('asks for nothing that a file made up', () => {
    assert.deepEqual(refOf({ project: 'p', uid: 'a1', iteration: 2 }), {
      project: 'p',
      uid: 'a1',
      iteration: 2
    });
    assert.equal(refOf({ project: '../x', uid: 'a1' }), null);
    assert.equal(refOf({ project: 'p', uid: 'a/../../b' }), null);
    assert.equal(refOf({ project: '..', uid: 'a1' }), null);
    assert.equal(refOf({ project: 'p', uid: '..' }), null);
    assert.equal(refOf({ uid: {} as unknown }), null);
  });
});

describe('client', () => {
  it('encodes names and passes on what the server says', async () => {
    const asked: string[] = [];
    const client = new HttpClient(path => {
      asked.push(path);
      return Promise.resolve(
        new Response(JSON.stringify({ message: 'no such run', hint: 'list them' }), { status: 404 })
      );
    });
    await assert.rejects(
      client.run({ project: 'a b', uid: 'x?y', iteration: 0 }),
      (error: RequestError) =>
        error.status === 404 && error.message === 'no such run' && error.hint === 'list them'
    );
    assert.deepEqual(asked, ['runs/a%20b/x%3Fy/0']);
  });

  it('says when there is no answer', async () => {
    const client = new HttpClient(() => Promise.reject(new TypeError('network')));
    await assert.rejects(client.changes(''), (error: RequestError) => error.status === 0);
  });
});

describe('frame', () => {
  it('puts its policy before the page', () => {
    const page = framed('<meta http-equiv="Content-Security-Policy" content="default-src *"><b>x</b>');
    assert.ok(page.indexOf("default-src 'none'") < page.indexOf('default-src *'));
    assert.ok(!/connect-src|https?:/.test(page));
  });

  it('has a shell that takes a page from whoever shows it, and lets it go nowhere', () => {
    assert.ok(
      SHELL.includes(POLICY) && POLICY.includes("frame-src 'none'") && !POLICY.includes('connect-src')
    );
    assert.ok(SHELL.includes('event.source === parent') && SHELL.includes('"sandbox", "allow-scripts"'));
  });
});

describe('a drawing', () => {
  const COLOURS = { ink: '#000', soft: '#555', line: '#ddd', back: '#fff', series: ['#00f'] };

  it('keeps a document within its script', () => {
    const page = drawingPage(
      'const end = "</script>"',
      JSON.stringify({ title: '</script><img src=x>' }),
      COLOURS
    );
    assert.equal(page.split('</script>').length, 3);
    assert.ok(!page.includes('<img'));
  });

  it('says when the document is none', () => {
    assert.match(drawingPage('', '{', COLOURS), /SyntaxError/);
  });
});

describe('a text for Python', () => {
  it('is one escape for each letter, those beyond U+FFFF included', () => {
    assert.equal(pythonText('a"\n\u00e9\u{1f600}'), '"a\\"\\n\\U000000e9\\U0001f600"');
  });
});
