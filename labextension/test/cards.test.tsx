/** Cards drawn to text: every value of a user stays a text, whatever it holds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

import { ENGLISH } from '../src/ui/context';
import { canShow, Card, newQueries, Root } from '../src/ui/Root';
import type { IRunView, ITableView } from '../src/ui/types';

const EVIL = '<img src=x onerror=alert(1)>\u202e';

export function runView(changes: Partial<IRunView> = {}): IRunView {
  const none = { entries: [], more: 0 };
  return {
    kind: 'run',
    version: 1,
    project: 'p',
    uid: 'a1b2c3d4',
    iteration: 0,
    name: 'train',
    state: 'completed',
    live: false,
    message: '',
    start: '',
    end: '',
    duration: 2.41,
    where: [],
    progress: null,
    kpis: [],
    parameters: none,
    results: none,
    rest: [],
    labels: none,
    series: [],
    charted: [],
    artifacts: { items: [], more: 0 },
    inputs: { items: [], more: 0 },
    error: null,
    log: { lines: [], skipped: 0 },
    code: null,
    environment: null,
    sweep: null,
    ...changes
  };
}

function drawn(view: unknown): string {
  assert.ok(canShow(view));
  const ui = { client: null, host: {}, trans: ENGLISH };
  return renderToStaticMarkup(
    <Root ui={ui} queries={newQueries()}>
      <Card view={view} />
    </Root>
  );
}

describe('cards', () => {
  it('name the state in words', () => {
    assert.match(drawn(runView({ state: 'error' })), /error/);
    assert.match(drawn(runView({ state: 'aborted' })), /aborted/);
  });

  it('keep hostile text as text', () => {
    const cell = { text: EVIL, full: EVIL, value: EVIL, type: 'text' };
    const html = drawn(
      runView({
        name: EVIL,
        state: EVIL,
        message: EVIL,
        where: [EVIL],
        parameters: { entries: [{ name: EVIL, cell }], more: 0 },
        labels: { entries: [{ name: EVIL, cell }], more: 0 },
        kpis: [{ name: EVIL, cell, series: '' }],
        artifacts: { items: [{ key: EVIL, kind: EVIL, about: EVIL, path: EVIL }], more: 0 },
        error: {
          type: EVIL,
          message: EVIL,
          where: EVIL,
          source: EVIL,
          reason: EVIL,
          traceback: [EVIL],
          traceback_lines: 1
        },
        sweep: {
          total: 1,
          recorded: 1,
          done: 1,
          failed: 0,
          running: 0,
          metric: EVIL,
          direction: 'max',
          best: 1,
          params: [EVIL],
          results: [EVIL],
          rows: [{ iteration: 1, state: EVIL, params: [cell], results: [cell], duration: 1, best: true }],
          improvements: [
            { iteration: 1, value: 1 },
            { iteration: 2, value: 2 }
          ],
          influences: [{ name: EVIL, share: 0.5, text: EVIL }],
          values: [
            [1, EVIL, 1, EVIL, EVIL],
            [2, EVIL, 1, 'x', 'y']
          ]
        }
      })
    );
    assert.ok(!html.includes('<img'));
    const attributes = (html.match(/<[^>]*>/g) ?? []).map(tag => tag.replace(/"[^"]*"/g, ''));
    assert.deepEqual(
      attributes.filter(tag => / (?:href|src|on\w+|id|name)=/.test(tag)),
      []
    );
  });

  it('offer nothing where nothing may be asked', () => {
    const html = drawn(runView({ state: 'running', live: true }));
    assert.ok(!html.includes('>Stop<') && !html.includes('>Open<') && !html.includes('>Rerun<'));
  });

  it('draw lists with their columns', () => {
    const view: ITableView = {
      kind: 'runs',
      version: 1,
      title: '1 run',
      total: 3,
      columns: [{ key: 'name', label: 'name' }],
      rows: [{ ref: { project: 'p', uid: 'a1' }, cells: [{ text: EVIL }], state: 'completed' }],
      hidden: []
    };
    const html = drawn(view);
    assert.match(html, /and 2 more/);
    assert.ok(!html.includes('<img'));
  });

  it('refuse what is of another version or no view at all', () => {
    assert.equal(canShow({ ...runView(), version: 2 }), false);
    assert.equal(canShow({ ...runView(), kind: 'nothing' }), false);
    assert.equal(canShow(null), false);
  });

  it('say so where a view is not what it claims', () => {
    assert.throws(() => drawn({ kind: 'run', version: 1 }), /undefined/); // on a page the fence says it instead
  });
});
