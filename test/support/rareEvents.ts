// Small runs that raise the kinds of event which no sample raises.

import { strict as assert } from 'node:assert';
import type { EventName } from '../../src/model/events';
import { runScenario } from '../../src/scenario/runner';
import { saveRun } from '../../src/trace/saveRun/saveRun';

/** A kind of event, a scenario that raises it once, and what is told of it. */
export interface Rare {
  readonly kind: EventName;
  readonly lines: readonly string[];
  readonly told: RegExp;
}

const world = [
  'machine power9 linux-6.1 order 18 page 4K',
  'vma hva 0x7f0000000000 size 16M',
  'memslot 0 gpa 0 size 16M hva 0x7f0000000000',
  'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
  'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
];

/** So that the event is not at the end of the run. */
const after = 'test-age gpa 0x10000';

/** Scenarios, by the kind of event for which they are. */
export const rareScenarios: readonly Rare[] = [
  {
    // the invalidation never ends, so each fault goes back to the guest
    kind: 'access.loop',
    lines: [...world, 'invalidate start gpa 0x10000', 'load a  -> loop', after],
    told: /^the access to ea 0xc000000000010000 did not get through/,
  },
  {
    // the VMM has unmapped the memory behind the memslot
    kind: 'fault.error',
    lines: [...world, 'vma remove hva 0x7f0000000000', 'load a  -> error EFAULT', after],
    told: /^the fault at ea 0xc000000000010000 fails with -14$/,
  },
  {
    kind: 'page.init',
    lines: [...world, 'touch gpa 0x10000 write', 'h_page_init gpa 0x10000 zero  -> H_SUCCESS', after],
    told: /^H_PAGE_INIT writes real address 0x/,
  },
  {
    // a reset of the table empties it without moving mmio_update
    kind: 'mmio.stale_hit',
    lines: [
      'machine power9 linux-6.1 order 18 page 64K',
      'memslot 0 gpa 0 size 16M hva 0x7f0000000000',
      'slb 0 ea 0xd000000000000000 vsid 0x54321 segment 256M page 64K',
      'uart: h_enter ea 0xd000000000010000 gpa 0x80000000 pp 2 wimg IG',
      'load uart  -> mmio 0x80000000',
      'reset  -> uart free',
      'load uart  -> mmio 0x80000000',
      after,
    ],
    told: /^the MMIO cache answers for ea 0xd000000000010000, although HPTE 0x\w+ is no longer that MMIO entry$/,
  },
];

/** Files of a recording of a hypercall that succeeds, in whose trace it fails: it raises `replay.divergence`. */
export function contradiction(): ReadonlyMap<string, string> {
  const ran = runScenario([...world, 'load a', 'h_remove a  -> H_SUCCESS'].join('\n'), 'removal.hpt');
  assert.ok('run' in ran && ran.passed);
  const files = new Map(saveRun(ran.run, { dumps: 'every' }));
  const trace = files.get('trace.txt') ?? '';
  const success = 'hcall_rc=H_SUCCESS';
  const at = trace.lastIndexOf(success);
  assert.ok(at > trace.indexOf('hcall=H_REMOVE'));
  return files.set('trace.txt', `${trace.slice(0, at)}hcall_rc=H_NOT_FOUND${trace.slice(at + success.length)}`);
}

/** The kinds of event that these runs raise. */
export const rareKinds: readonly EventName[] = [...rareScenarios.map(({ kind }) => kind), 'replay.divergence'];
