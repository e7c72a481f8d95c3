// What the host does to the memory of the guest: mappings, swap-out, ageing and the like.

import { PTE_PRESENT } from '../model/bits';
import type { Statement } from './ast';
import { type Ended, type Executor, returned } from './ended';
import { has, numberOf, wordOf } from './evaluate';
import { log2 } from './hpteWords';
import type { RunState } from './runState';

const CACHE_BITS: Readonly<Record<string, number>> = {
  normal: 0,
  'no-cache': 0x20,
  'write-through': 0x40,
  'no-cache-write-through': 0x60,
};

const vma: Executor = ({ machine }, statement, { pass }) => {
  const number = (name: string) => numberOf(statement, name, pass);
  const { page } = machine.vm;
  const huge = number('huge');
  const spec = {
    hva: Number(number('hva') ?? 0n),
    npages: Number(number('size') ?? 0n) / page,
    writable: !has(statement, 'read-only'),
    cow: has(statement, 'cow'),
    order: huge === undefined ? 0 : log2(huge) - machine.vm.pageShift,
    pfnmap: has(statement, 'pfnmap'),
    pfn: Number(number('pfn') ?? 0n),
    cache: CACHE_BITS[wordOf(statement, 'cache') ?? 'normal'] ?? 0,
  };
  return returned(machine.host.map(spec));
};

/** Size of the page (or huge page) that the host maps at an address. */
function blockBytes({ machine }: RunState, hva: number): number {
  return machine.vm.page * 2 ** (machine.host.vmaOf(hva)?.order ?? 0);
}

function range(run: RunState, statement: Statement, pass: bigint): readonly [number, number] {
  const start = run.hostPage(statement, pass);
  const size = numberOf(statement, 'size', pass);
  return [start, start + (size === undefined ? blockBytes(run, start) : Number(size))];
}

/** Addresses of the present pages (or huge pages) that begin in a range. */
function presentPages({ machine }: RunState, start: number, end: number): number[] {
  const found: number[] = [];
  for (const { hva, order, ptes } of machine.state.vmas) {
    ptes.forEach((block, _, lo) => {
      const at = hva + block * machine.vm.page * 2 ** order;
      if (at >= start && at < end && (lo & PTE_PRESENT) !== 0) found.push(at);
    });
  }
  return found;
}

/** With a size: one page after the other, each with a notifier of its own. */
const swapOut: Executor = (run, statement, { pass }) => {
  const [start, end] = range(run, statement, pass);
  const { host } = run.machine;
  if (!has(statement, 'size')) return returned(host.unmapPage(start));
  for (const hva of presentPages(run, start, end)) host.unmapPage(hva);
  return returned(0);
};

/** get_user_pages on behalf of the host process itself; the reference is given back at once. */
function touch({ machine }: RunState, hva: number, write: boolean): Ended {
  if (!machine.host.getUserPages(hva, write)) return returned(-14);
  machine.host.putPage();
  return returned(0);
}

const done: Ended = { outcome: 'ok' };

export const HOST_STATEMENTS: readonly (readonly [string, Executor])[] = [
  ['vma', vma],
  [
    'vma remove',
    ({ machine }, statement, { pass }) => returned(machine.host.unmap(Number(numberOf(statement, 'hva', pass) ?? 0n))),
  ],
  ['swap-out', swapOut],
  ['unmap', (run, statement, { pass }) => returned(run.machine.host.unmapRange(...range(run, statement, pass)))],
  [
    'invalidate start',
    (run, statement, { pass }) => {
      run.machine.invalidateRangeStart(...range(run, statement, pass));
      return done;
    },
  ],
  [
    'invalidate end',
    (run, statement, { pass }) => {
      run.machine.invalidateRangeEnd(...range(run, statement, pass));
      return done;
    },
  ],
  [
    'write-protect',
    (run, statement, { pass }) => returned(run.machine.host.writeProtect(run.hostPage(statement, pass))),
  ],
  ['ksm-merge', (run, statement, { pass }) => returned(run.machine.host.merge(run.hostPage(statement, pass)))],
  [
    'migrate',
    (run, statement, { pass }) => {
      const hva = run.hostPage(statement, pass);
      const ended = returned(run.machine.host.unmapPage(hva));
      return ended.outcome === 'ok' ? touch(run, hva, false) : ended;
    },
  ],
  ['touch', (run, statement, { pass }) => touch(run, run.hostPage(statement, pass), has(statement, 'write'))],
  ['age', (run, statement, { pass }) => aged(run.machine.host.age(run.hostPage(statement, pass)))],
  ['test-age', (run, statement, { pass }) => aged(run.machine.host.testAge(run.hostPage(statement, pass)))],
  [
    'pin',
    (run, statement, { pass }) => {
      const label = wordOf(statement, 'page');
      const gpa = label === undefined ? (numberOf(statement, 'gpa', pass) ?? 0n) : run.gpaOf(label);
      const page = run.machine.pinUnpin(gpa, !has(statement, 'clean'));
      return page === null ? returned(-1) : { outcome: 'ok', ret: 0n, address: BigInt(page.pa) };
    },
  ],
];

function aged(young: boolean): Ended {
  return { outcome: young ? 'young' : 'old', ret: young ? 1n : 0n };
}
