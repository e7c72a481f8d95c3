// Travelling in a long run: a table of 2^20 HPTEs, a million events of hypercalls, accesses and page-outs in random order. Measured:
// recording, one step either way, and seeking to random moments, with the memory that the run takes.

import { Log } from '../model/log';
import { Machine } from '../model/machine';
import { Run } from '../timeline/run';
import type { SourceLine } from '../timeline/statements';

const HVA = 0x7f0000000000;
const PAGES = 16384;
const STEPS = 2000;
const SEEKS = 1000;

export interface TimeMeasured {
  readonly events: number;
  readonly moments: number;
  readonly hptes: number;
  readonly recordMs: number;
  readonly indexMs: number;
  readonly what: readonly {
    readonly name: 'step forward' | 'step back' | 'seek';
    readonly medianMs: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  }[];
  /** resident memory that came with the run, bytes */
  readonly memory: number;
}

/** xorshift: the same run every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function record(events: number): { readonly machine: Machine; readonly log: Log; readonly sources: SourceLine[] } {
  const machine = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 24, pageShift: 16 });
  machine.host.map({ hva: HVA, npages: PAGES });
  machine.addMemslot({ slot: 0, baseGfn: 0, npages: PAGES, hva: HVA });
  machine.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
  const log = new Log();
  machine.record(log);
  const sources: SourceLine[] = [];
  const next = numbers(20260101);
  // about 2.7 events a statement
  for (let i = 0; i < events / 2.65; i++) {
    log.mark(i);
    sources.push({ line: i, text: 'statement' });
    const page = next(4096);
    const pteg = BigInt((0x12345 ^ (page << 4)) & 0x1ffff);
    const what = next(4);
    if (what === 0)
      machine.hEnter({
        index: pteg * 8n,
        v: (0x12345n << 12n) | BigInt(page & ~0x7f) | 1n,
        r: (BigInt(next(PAGES)) << 16n) | 0x192n,
      });
    else if (what === 1) machine.host.unmapPage(HVA + next(PAGES) * 65536);
    else machine.access(what === 2 ? 'store' : 'load', 0xc000000000000000n + BigInt(page) * 0x10000n);
  }
  return { machine, log, sources };
}

function summary(name: TimeMeasured['what'][number]['name'], ms: readonly number[]): TimeMeasured['what'][number] {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { name, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

/** Measures a run of about `events` events. */
export function benchTime(events = 1_000_000): TimeMeasured {
  const before = process.memoryUsage().rss;
  let recorded: ReturnType<typeof record> | undefined;
  const recordMs = timed(() => {
    recorded = record(events);
  });
  if (recorded === undefined) throw new Error('nothing was recorded');
  const { machine, log, sources } = recorded;
  const from = performance.now();
  const run = new Run({ title: 'bench', kind: 'scenario', vm: machine.vm, log, sources, notes: [] });
  const indexMs = performance.now() - from;
  const next = numbers(7);
  const seek = Array.from({ length: SEEKS }, () => timed(() => run.seek(next(run.length))));
  run.seek(run.length >> 1);
  const forward = Array.from({ length: STEPS }, () => timed(() => run.seek(run.position + 1)));
  const back = Array.from({ length: STEPS }, () => timed(() => run.seek(run.position - 1)));
  return {
    events: run.eventCount,
    moments: run.length,
    hptes: run.vm.state.hpt.entries,
    recordMs,
    indexMs,
    what: [summary('step forward', forward), summary('step back', back), summary('seek', seek)],
    memory: process.memoryUsage().rss - before,
  };
}
