// What the four trees say at the moments of the first sample, in both directions.

import { strict as assert } from 'node:assert';
import { eventNodes } from '../../../src/extension/viewModels/events';
import { machineNodes } from '../../../src/extension/viewModels/machine';
import { memslotNodes, pathToHpte } from '../../../src/extension/viewModels/memslots';
import { bucketed, mostSiblings, treeText, type ViewNode } from '../../../src/extension/viewModels/node';
import { rmapChainNodes } from '../../../src/extension/viewModels/rmapChains';
import type { RunView } from '../../../src/extension/viewModels/runView';
import { EVENT_NAMES } from '../../../src/model/events';
import { allNodes, lines, momentOf, openSample, openText } from './samples';

function viewOf({ session }: ReturnType<typeof openSample>): RunView {
  assert.ok(session.view);
  return session.view;
}

function within(nodes: readonly ViewNode[], label: string): ViewNode {
  const found = allNodes(nodes).find((node) => node.label === label);
  assert.ok(found, `no node "${label}" in\n${lines(nodes).join('\n')}`);
  return found;
}

describe('Memslots tree', () => {
  it('shows the page, its rmap word, ring and host page where the first HPTE becomes absent', async () => {
    const opened = openSample('page-out.hpt');
    const view = viewOf(opened);
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent') - 1);
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent'));
    assert.deepEqual(lines(memslotNodes(view), 3), [
      '* slot 0: gpa 0x0 · 16M · logs dirty · 1 page in use'.slice(2),
      '  * gfn 0x10: ring b · absent a · host page gone',
      '    rmap: present · head b · locked',
      '      b  0x1b28: valid · R · pp 2 · pfn 0x10000',
      '    off the ring: 1 HPTE',
      '      * a  0x1aa8: absent · R C · pp 2 · locked',
      '    host page: not present',
    ]);
    assert.match(within(memslotNodes(view), 'gfn 0x10').spoken, /^Guest page 0x10: .*Changed by the last step\.$/);
  });

  it('shows the entry valid again after the step back, and marks it changed', async () => {
    const opened = openSample('page-out.hpt');
    const view = viewOf(opened);
    const moment = momentOf(opened.run, 'hpte.absent');
    await opened.session.goTo(moment);
    await opened.session.goTo(moment - 1);
    const entry = within(memslotNodes(view), 'a  0x1aa8');
    assert.match(entry.description ?? '', /^valid · R C · pp 2/);
    assert.equal(entry.changed, true);
    const word = entry.children?.()[0];
    assert.equal(word?.description, '0x0000000012345041 VALID');
    assert.match(word?.spoken ?? '', /was 0x0000000012345060/);
  });

  it('marks a valid entry whose host page is gone once the statement is over', async () => {
    const opened = openSample('page-out.hpt');
    await opened.session.goTo(opened.run.length - 1);
    const page = within(memslotNodes(viewOf(opened)), 'gfn 0x10');
    assert.match(page.description ?? '', /stale b/);
    assert.deepEqual(page.icon, { name: 'warning', color: 'warning' });
  });

  it('names the way to an HPTE, and none to a free one', async () => {
    const opened = openSample('page-out.hpt');
    const view = viewOf(opened);
    assert.equal(pathToHpte(view, 0x1aa8), undefined);
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent'));
    assert.deepEqual(pathToHpte(view, 0x1aa8), { slot: 'slot:0', page: 'gfn:0x10', hpte: 'hpte:0x1aa8' });
  });
});

describe('Rmap chains tree', () => {
  it('shows the ring in order, head first, longest ring first', async () => {
    const opened = openSample('page-out.hpt');
    await opened.session.goTo(momentOf(opened.run, 'host.page', 1));
    const [chain] = rmapChainNodes(viewOf(opened), 'length');
    assert.equal(chain?.label, 'gfn 0x10');
    assert.match(chain?.description ?? '', /^2 HPTEs · a → b/);
    assert.deepEqual(
      chain?.children?.().map(({ label }) => label),
      ['a  0x1aa8', 'b  0x1b28'],
    );
    assert.match(chain?.children?.()[0]?.description ?? '', /^head · valid/);
  });

  it('shows a broken ring as broken, with the reason', async () => {
    const opened = openSample('page-out.hpt');
    const { run } = opened;
    run.seek(momentOf(run, 'host.page', 1));
    const { state } = run.vm;
    const { hpt } = state;
    state.putLink(hpt, 0x1b28, 0x1b28, 0x1b28); // b no longer leads back to a
    const [chain] = rmapChainNodes(viewOf(opened), 'length');
    assert.match(chain?.description ?? '', /broken: HPTE 0x1aa8 points forward to 0x1b28, which points back to 0x1b28/);
    assert.deepEqual(chain?.icon, { name: 'warning', color: 'warning' });
    assert.match(chain?.children?.().at(-1)?.label ?? '', /^broken/);
  });

  it('puts the last changed first when asked', async () => {
    const opened = openText(`machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
b: h_enter ea 0xc000000000020000 gpa 0x20000 pp 2
load a
load b
`);
    await opened.session.goTo(opened.run.length - 1);
    const labels = (order: 'length' | 'change') => rmapChainNodes(viewOf(opened), order).map(({ label }) => label);
    assert.deepEqual(labels('length'), ['gfn 0x10', 'gfn 0x20']);
    assert.deepEqual(labels('change'), ['gfn 0x20', 'gfn 0x10']);
  });
});

describe('Machine tree', () => {
  it('shows kernel, vCPUs, notifier and table at the moment', async () => {
    const opened = openSample('page-out.hpt');
    const view = viewOf(opened);
    await opened.session.goTo(momentOf(opened.run, 'notifier.end'));
    const roots = machineNodes(view);
    const text = lines(roots, 1).join('\n');
    assert.match(text, /linux-6\.1 · POWER9: host page 4K/);
    assert.match(text, /SLB 0: ea 0xc000000000000000 → vsid 0x12345 · 256M · 4K/);
    assert.match(text, /MMU notifier: seq 1 · count 0/);
    assert.match(text, /HPT: order 18 · 0 valid · 2 absent/);
    await opened.session.goTo(0);
    assert.match(lines(machineNodes(view), 1).join('\n'), /\* HPT: order 18 · 0 valid · 0 absent/);
  });

  it('tells below the moment what the step wrote', async () => {
    const opened = openSample('page-out.hpt');
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent'));
    const moment = machineNodes(viewOf(opened))[0];
    assert.ok(moment);
    assert.match(lines([moment]).join('\n'), /HPTE dword 0 \[0x1aa8\]: 0x0000000012345041 → 0x0000000012345060/);
  });

  it('tells while an address is searched each of the sixteen slots, with the reason why it is not the one', async () => {
    const opened = openSample('page-out.hpt');
    const { run } = opened;
    const walk = run.find(momentOf(run, 'access.hdsi'), -1, (moment) =>
      /Hardware walk/.test(run.frames(moment)[0]?.text ?? ''),
    );
    await opened.session.goTo(walk);
    const search = within(machineNodes(viewOf(opened)), 'search for ea 0xc000000000010000');
    assert.equal(search.description, 'HPTE a matches');
    const slots = search.children?.() ?? [];
    assert.equal(slots.length, 16);
    assert.equal(slots[0]?.description, 'matches, but it is absent: the hardware does not see it, the kernel does');
    assert.equal(slots[1]?.description, 'free: neither VALID nor ABSENT');
    assert.equal(slots[0].hpte, 0x1aa8);
  });

  it('counts the table by what each step changed, as a fresh count does', async () => {
    const opened = openSample('two-hptes.hpt');
    const view = viewOf(opened);
    assert.deepEqual(view.table.counts.valid, 0);
    for (const moment of [opened.run.length - 1, 40, 41, 39, 120, 0, 77]) {
      await opened.session.goTo(moment);
      const { valid, absent, free } = view.table.counts;
      let counted = 0;
      let counted2 = 0;
      opened.run.vm.state.hpt.forEach((_, chunk, at) => {
        counted += (chunk[at] as number) & 1;
        counted2 += ((chunk[at] as number) & 0x21) === 0x20 ? 1 : 0;
      });
      assert.deepEqual([valid, absent], [counted, counted2], `at moment ${moment}`);
      assert.equal(free, 16384 - counted - counted2);
    }
  });
});

describe('Events tree', () => {
  it('marks the events of the current moment, or the moment itself when it has none', async () => {
    const opened = openSample('page-out.hpt');
    const view = viewOf(opened);
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent'));
    const marked = () => eventNodes(view, { column: 'time' }).filter(({ icon }) => icon?.name === 'debug-stackframe');
    assert.deepEqual(
      marked().map(({ label, description }) => [label, description]),
      [['hpte.absent', 'a · gfn 0x10 · unmap · line 20']],
    );
    await opened.session.goTo(0);
    assert.deepEqual(
      marked().map(({ label }) => label),
      ['moment 1'],
    );
  });

  it('shows only the kinds that are asked for', async () => {
    const opened = openSample('page-out.hpt');
    await opened.session.goTo(momentOf(opened.run, 'fault.retry'));
    const kinds = new Set(EVENT_NAMES.filter((name) => name.startsWith('hpte.')));
    const labels = eventNodes(viewOf(opened), { column: 'delta', kinds }).map(({ label }) => label);
    assert.ok(labels.length > 5);
    assert.deepEqual(
      labels.filter((label) => !label.startsWith('hpte.')),
      [`moment ${opened.run.position + 1}`],
    );
  });

  it('has fewer than a thousand siblings in a long run, and every event in it once', async () => {
    const opened = openText(`machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
repeat 400
  store a
  swap-out gpa 0x10000
`);
    await opened.session.goTo(Math.floor(opened.run.length / 2));
    const roots = eventNodes(viewOf(opened), { column: 'time' });
    const counted = new Map<string, number>();
    const visit = (nodes: readonly ViewNode[]): void => {
      assert.ok(nodes.length < 1000, `${nodes.length} siblings`);
      for (const node of nodes) {
        counted.set(node.id, (counted.get(node.id) ?? 0) + 1);
        visit(node.children?.() ?? []);
      }
    };
    visit(roots);
    const events = [...counted].filter(([id]) => id.startsWith('event:'));
    assert.equal(events.length, opened.run.eventCount);
    assert.ok(opened.run.eventCount > 2000);
    assert.deepEqual(
      [...counted].filter(([, times]) => times > 1),
      [],
    );
  });
});

describe('tree nodes', () => {
  const make = (key: number): ViewNode => ({ id: `n${key}`, label: String(key), spoken: String(key), kind: 'value' });

  it('stay flat while they are few', () => {
    const nodes = bucketed('p', 'gfn', [1, 2, 3], Number, make);
    assert.deepEqual(
      nodes.map(({ id }) => id),
      ['n1', 'n2', 'n3'],
    );
  });

  it('go into buckets of equal ranges that keep their ids while things come and go', () => {
    const keys = Array.from({ length: 200_000 }, (_, at) => at * 3);
    const bucketIds = (some: readonly number[]) => bucketed('p', 'gfn', some, Number, make).map(({ id }) => id);
    const visit = (nodes: readonly ViewNode[]): number => {
      assert.ok(nodes.length <= mostSiblings);
      return nodes.reduce((sum, { children }) => sum + (children ? visit(children()) : 1), 0);
    };
    assert.equal(visit(bucketed('p', 'gfn', keys, Number, make)), keys.length);
    assert.deepEqual(bucketIds(keys.filter((key) => key % 7 !== 0)), bucketIds(keys));
  });

  it('copy as text fit for a mail', async () => {
    const opened = openSample('page-out.hpt');
    await opened.session.goTo(momentOf(opened.run, 'hpte.absent'));
    const text = treeText(within(memslotNodes(viewOf(opened)), 'a  0x1aa8'), 0);
    assert.match(text, /^a {2}0x1aa8 {2}absent · R C · pp 2 · locked\n {2}dword 0 {5}0x0000000012345060\n/);
    assert.match(text, /\n {2}guest view {2}0x0000000000010012\n/);
  });

  it('of all trees have unique ids and words for a screen reader, at every moment of a sample', async () => {
    const opened = openSample('retry-race.hpt');
    const view = viewOf(opened);
    for (let moment = 0; moment < opened.run.length; moment += 3) {
      await opened.session.goTo(moment);
      for (const roots of [memslotNodes(view), machineNodes(view), rmapChainNodes(view, 'length')]) {
        const nodes = allNodes(roots);
        const ids = nodes.map(({ id }) => id);
        const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
        assert.deepEqual(twice, [], `ids at moment ${moment}`);
        assert.deepEqual(
          nodes.filter(({ spoken, label }) => spoken === '' || label === ''),
          [],
        );
      }
    }
  });
});
