// A long run of mixed operations in random order, the same every time.

import { numbers } from '../../src/cli/benchTime';
import { Log } from '../../src/model/log';
import { Machine } from '../../src/model/machine';
import { Run } from '../../src/timeline/run';
import type { SourceLine } from '../../src/timeline/statements';

const HVA = 0x7f0000000000;

/** The run, with a reset of the table in its middle, and the state hash before every so many of its statements. */
export function longRun(statements: number, every: number): { run: Run; hashes: Map<number, string> } {
  const m = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 20, pageShift: 16 });
  m.host.map({ hva: HVA, npages: 2048 });
  m.addMemslot({ slot: 0, baseGfn: 0, npages: 2048, hva: HVA, logDirty: true });
  m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
  const log = new Log();
  m.record(log);
  const sources: SourceLine[] = [];
  const hashes = new Map<number, string>();
  const next = numbers(20260101);
  for (let i = 0; i < statements; i++) {
    if (i % every === 0) hashes.set(i, m.hash());
    log.mark(i);
    sources.push({ line: i, text: '', time: BigInt(i) * 1000n });
    const page = next(1024);
    const pteg = BigInt((0x12345 ^ (page << 4)) & 0x1fff);
    const what = next(5);
    if (what === 0)
      m.hEnter({
        index: pteg * 8n,
        v: (0x12345n << 12n) | BigInt(page & ~0x7f) | 1n,
        r: (BigInt(next(2048)) << 16n) | 0x192n,
      });
    else if (what === 1) m.host.unmapPage(HVA + next(2048) * 65536);
    else if (what === 2) m.hRemove({ index: pteg * 8n + BigInt(next(8)) });
    else m.access(what === 3 ? 'store' : 'load', 0xc000000000000000n + BigInt(page) * 0x10000n);
    if (i === statements >> 1) m.resetHpt(19);
  }
  m.record(null);
  return { run: new Run({ title: 'mixed', kind: 'scenario', vm: m.vm, log, sources, notes: [] }), hashes };
}
