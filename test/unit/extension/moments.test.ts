// The Moments tree: bookmarks that follow their statement, and the lines of log points.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { momentNodes, mostLogLines, nameOfMoment, readBookmarks } from '../../../src/extension/viewModels/moments';
import { type Bookmark, bookmarkAt, momentOfBookmark } from '../../../src/timeline/bookmarks';
import { inRepository } from '../../repository';
import { lines, momentOf, openSample, ran } from './samples';

describe('moments', () => {
  const { run } = openSample('page-out.hpt');
  const absent = momentOf(run, 'hpte.absent');

  it('name a bookmark after what happens', () => {
    assert.equal(nameOfMoment(run, absent), 'hpte.absent');
    assert.equal(nameOfMoment(run, 0), 'machine power9 linux-6.1 order 18 page 4K');
  });

  it('are listed with note, moment and line; the current one has its sign', () => {
    const bookmarks = [bookmarkAt(run, absent, 'gone', 'see the mail'), bookmarkAt(run, 0, 'start')];
    run.seek(0);
    const nodes = momentNodes(run, bookmarks, [{ text: 'gfn 0x10', moment: absent }]);
    assert.deepEqual(lines(nodes), [
      'Bookmarks: 2',
      `  gone: see the mail · moment ${absent + 1}, line 20`,
      '  start: moment 1, line 12',
      'Log: 1',
      `  gfn 0x10: moment ${absent + 1}, line 20`,
    ]);
    const [, start] = nodes[0]?.children?.() ?? [];
    assert.equal(start?.icon?.name, 'debug-stackframe');
    assert.equal(start.moment, 0);
  });

  it('show nothing when there is nothing, and not all of a long log', () => {
    assert.deepEqual(momentNodes(run, [], []), []);
    const log = Array.from({ length: mostLogLines + 7 }, (_, moment) => ({
      text: `line ${moment}`,
      moment: moment % 100,
    }));
    const [group] = momentNodes(run, [], log);
    assert.equal(group?.children?.().length, mostLogLines);
    assert.match(group.children().at(-1)?.label ?? '', new RegExp(`line ${mostLogLines + 6}`));
  });

  it('are found again when lines were put above their statement, and told when it is gone', () => {
    const bookmark = bookmarkAt(run, absent, 'gone');
    const text = readFileSync(inRepository('samples/page-out.hpt'), 'utf8');
    const more = ran(text.replace('store a ', 'load a\nstore a ')).run;
    const found = momentOfBookmark(more, bookmark);
    assert.ok(found !== undefined && found !== absent);
    assert.ok(more.events(found).some(({ kind }) => kind === 'hpte.absent'));
    const without = ran(text.replace(/^swap-out.*$/m, '')).run;
    assert.equal(momentOfBookmark(without, bookmark), undefined);
    const [group] = momentNodes(without, [bookmark], []);
    assert.match(lines(group ? [group] : []).join('\n'), /no longer has this statement/);
  });

  it('are read from what was kept, whatever that is', () => {
    const bookmark: Bookmark = bookmarkAt(run, absent, 'gone', 'note');
    assert.deepEqual(readBookmarks(JSON.parse(JSON.stringify([bookmark]))), [bookmark]);
    for (const wrong of [
      undefined,
      null,
      7,
      'x',
      {},
      [null],
      [{ ...bookmark, moment: -1 }],
      [{ ...bookmark, name: 5 }],
    ]) {
      assert.deepEqual(readBookmarks(wrong), []);
    }
  });
});
