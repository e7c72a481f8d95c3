// The listing and the code say the same: every line is announced by the model, every event is raised somewhere.
// That the code announces only lines of the listing is held by its types.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_NAMES, EVENT_WORDS } from '../../../src/model/events';
import { PATHS } from '../../../src/model/listing';
import { Log, REC_STEP, readLog } from '../../../src/model/log';
import { Machine } from '../../../src/model/machine';
import { inRepository } from '../../repository';

function sources(folder: string): string {
  return readdirSync(inRepository(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'listing.ts')
    .map((name) => readFileSync(join(inRepository(folder), name), 'utf8'))
    .join('\n');
}

/** Names of the step tables by path key, read from the listing itself: `export const sEnter = path('h_enter', …`. */
const tables = new Map(
  [
    ...readFileSync(inRepository('src/model/listing.ts'), 'utf8').matchAll(/export const (s\w+) = path\(\s*'(\w+)'/g),
  ].map(([, table, key]) => [key, table]),
);

/** Keys of the lines that a run of `work` announces, as `path.line`. */
function announced(m: Machine, work: () => void): string[] {
  const log = new Log();
  m.record(log);
  work();
  m.record(null);
  const keys: string[] = [];
  readLog(log, 0, log.end, EVENT_WORDS, (type, step) => {
    const path = PATHS[step >>> 6];
    if (type === REC_STEP) keys.push(`${path?.key}.${path?.lines[step & 63]?.key}`);
  });
  return keys;
}

describe('listing', () => {
  const model = sources('src/model');

  it('has a path for each table of steps, and unique keys', () => {
    assert.deepEqual(
      [...tables.keys()],
      PATHS.map(({ key }) => key),
    );
    for (const { key, lines } of PATHS) assert.equal(new Set(lines.map((line) => line.key)).size, lines.length, key);
  });

  for (const { key, lines } of PATHS)
    it(`${key}: every line is announced in the model`, () => {
      for (const line of lines)
        assert.match(
          model,
          new RegExp(`\\b${tables.get(key)}\\.${line.key}\\b`),
          `${key}.${line.key} is never announced`,
        );
    });

  it('every event is raised by the model, but those about it', () => {
    const elsewhere = EVENT_NAMES.filter((name) => !model.includes(`eventCode('${name}')`));
    assert.deepEqual(elsewhere, ['replay.divergence', 'invariant.broken']);
  });

  it('access.tlb: with a TLB, the second access does not walk the table', () => {
    const m = new Machine({ kernel: 'linux-6.1', order: 18, tlb: true });
    m.host.map({ hva: 0x10000000, npages: 1 });
    m.addMemslot({ slot: 0, baseGfn: 0, npages: 1, hva: 0x10000000 });
    m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
    m.hEnter({ index: BigInt((0x12345 & 0x7ff) * 8), v: 0x12345001n, r: 0x12n });
    m.access('store', 0xc000000000000000n);
    const keys = announced(m, () => m.access('store', 0xc000000000000000n));
    assert.deepEqual(keys, ['access.slb', 'access.tlb']);
  });

  it('page_fault.noNotifiers: without MMU notifiers an absent entry cannot be resolved', () => {
    const m = new Machine({ kernel: 'linux-3.4', cpu: 'POWER7', order: 18, usingMmuNotifiers: false });
    m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
    // entered before there is a memslot: MMIO; then there is one
    m.hEnter({ index: BigInt((0x12345 & 0x7ff) * 8), v: 0x12345001n, r: 0x12n });
    m.host.map({ hva: 0x10000000, npages: 1 });
    m.addMemslot({ slot: 0, baseGfn: 0, npages: 1, hva: 0x10000000 });
    const keys = announced(m, () => assert.equal(m.access('load', 0xc000000000000000n).outcome, 'host_error'));
    assert.ok(keys.includes('page_fault.noNotifiers'), keys.join(' '));
  });
});
