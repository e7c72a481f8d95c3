// A recording with random things taken out: facts, dumps, stretches of events, whole kinds of them, a CPU's oldest ones, and what
// hptscope.json tells beside them.

import type { ReplayInput } from '../../src/trace/replay/input';
import type { CaptureName } from '../support/captures';
import { onSeveralCpus, withLostEvents, withoutBeginning, withoutEnd, withoutKinds } from './cutEvents';
import { captureInput, randomFrom, withoutSome } from './recordings';

const kinds = [
  'kvm_unmap_hva_range',
  'kvm_set_spte_hva',
  'kvm_age_hva',
  'kvm_page_fault_enter',
  'kvm_page_fault_exit',
  'kvm_hcall_enter',
  'kvm_hcall_exit',
  'kvm_guest_enter',
  'kvm_guest_exit',
  'kvmppc_run_vcpu_enter',
  'kvmppc_run_vcpu_exit',
  'kvm_userspace_exit',
  'kvm_ppc_instr',
  'tlbie',
  'add_revmap',
  'sys_enter_madvise',
  'sys_exit_madvise',
  'sys_enter_mprotect',
];

/** Takes random things out. */
export function cut(input: ReplayInput, random: () => number): ReplayInput {
  let left = random() < 0.7 ? withoutSome(input, random(), random) : input;
  if (random() < 0.5) {
    const share = random() < 0.5 ? 0.1 : 0.3;
    left = withoutKinds(
      left,
      kinds.filter(() => random() < share),
    );
  }
  // buffers lose of what is recorded
  left = random() < 0.1 ? withoutEnd(left, random) : left;
  left = random() < 0.3 ? onSeveralCpus(left, 2 + Math.floor(random() * 3), random) : left;
  left = random() < 0.4 ? withLostEvents(left, 1 + Math.floor(random() * 8), random) : left;
  left = random() < 0.2 ? withoutBeginning(left, random) : left;
  left = random() < 0.1 ? { ...left, pages: [], pagemaps: [] } : left;
  left = random() < 0.1 ? { ...left, hcalls: new Map() } : left;
  left = random() < 0.15 ? { ...left, slots: null } : left;
  left = random() < 0.15 ? { ...left, tgid: undefined } : left;
  return random() < 0.2 ? withoutTables(left, random) : left;
}

/** Changes of the table are not told: none of them, or some where the flushes show those that are missing. */
function withoutTables(input: ReplayInput, random: () => number): ReplayInput {
  const { events, hpts } = input;
  const flushes = events.kind.subarray(0, events.count).includes(events.kindNames.indexOf('tlbie'));
  return { ...input, hpts: flushes && random() < 0.7 ? hpts.filter(() => random() < 0.5) : [] };
}

/** A cut that is to be replayed. */
export interface CutCapture {
  readonly input: ReplayInput;
  readonly keyframes: 'first' | 'all';
  /** seed, capture and keyframes, for a person */
  readonly what: string;
}

/** Cuts of captures in turn, one for each seed from `first` on. */
export async function* cutCaptures(
  captures: readonly [CaptureName, ...CaptureName[]],
  first: number,
  count: number,
): AsyncGenerator<CutCapture> {
  const inputs = new Map<CaptureName, ReplayInput>();
  for (let seed = first; seed < first + count; seed++) {
    const capture = captures[seed % captures.length] ?? captures[0];
    const input = inputs.get(capture) ?? (await captureInput(capture));
    inputs.set(capture, input);
    const random = randomFrom(seed);
    const keyframes = random() < 0.5 ? 'all' : 'first';
    yield { input: cut(input, random), keyframes, what: `seed ${seed}: ${capture}, keyframes ${keyframes}` };
  }
}
