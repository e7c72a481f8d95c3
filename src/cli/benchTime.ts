// Travelling in a long run: a table of 2^20 HPTEs, a million events of hypercalls, accesses and page-outs in random order. Measured:
// recording, one step either way, seeking to random moments and to either end, questions about the past, and the memory that the run
// takes.

import { changesOf, type DataPoint, dataPoint, lastChangeOf } from '../debug/dataPoints';
import { EVENT_NAMES } from '../model/events';
import { Log } from '../model/log';
import { Machine } from '../model/machine';
import { changesBetween } from '../timeline/changes';
import { Run } from '../timeline/run';
import type { SourceLine } from '../timeline/statements';

const HVA = 0x7f0000000000;
const PAGES = 16384;
const STEPS = 2000;
const SEEKS = 1000;
const ENDS = 200;
const QUESTIONS = 50;

/** What is measured. A seek leads from a random moment to another; the first one is among them. */
type Way =
  | 'step forward'
  | 'step back'
  | 'seek'
  | 'to the end'
  | 'to the start'
  | 'count(kind)'
  | 'why(hpte)'
  | 'changes(hpte)'
  | 'changes(page)'
  | 'diff';

export interface TimeMeasured {
  readonly events: number;
  readonly moments: number;
  readonly hptes: number;
  readonly recordMs: number;
  readonly indexMs: number;
  readonly what: readonly {
    readonly name: Way;
    readonly medianMs: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  }[];
  /** bytes; resident is what came with the run, its machine and this measuring included */
  readonly memory: Run['memory'] & { readonly resident: number };
}

/** A repeatable stream of numbers (xorshift). */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function record(events: number): {
  readonly machine: Machine;
  readonly log: Log;
  readonly sources: SourceLine[];
} {
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

function summary(name: Way, ms: readonly number[]): TimeMeasured['what'][number] {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { name, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function times(count: number, work: () => void): number[] {
  return Array.from({ length: count }, () => timed(work));
}

/** Moves in both directions; the first one is the first long way that the run is asked to go. */
function moves(run: Run): TimeMeasured['what'] {
  const next = numbers(7);
  const seek = times(SEEKS, () => run.seek(next(run.length)));
  const ends: Record<'to the start' | 'to the end', number[]> = { 'to the start': [], 'to the end': [] };
  for (let i = 0; i < ENDS; i++) {
    ends['to the start'].push(timed(() => run.seek(next(run.length >> 8))));
    ends['to the end'].push(timed(() => run.seek(run.length - 1 - next(run.length >> 8))));
  }
  run.seek(run.length >> 1);
  return [
    summary(
      'step forward',
      times(STEPS, () => run.seek(run.position + 1)),
    ),
    summary(
      'step back',
      times(STEPS, () => run.seek(run.position - 1)),
    ),
    summary('seek', seek),
    summary('to the end', ends['to the end']),
    summary('to the start', ends['to the start']),
  ];
}

/** Questions about places chosen at random, each asked for the first time. */
function questions(run: Run): TimeMeasured['what'] {
  const next = numbers(11);
  const point = (id: string): DataPoint => {
    const found = dataPoint(run.vm, id);
    if (found === undefined) throw new Error(`nothing is ${id}`);
    return found;
  };
  const hpte = () => point(`hpte:${((0x12345 ^ (next(4096) << 4)) & 0x1ffff) * 8}`);
  const page = () => point(`page:${next(PAGES)}`);
  const kind = () => EVENT_NAMES[next(EVENT_NAMES.length)] ?? 'hpte.absent';
  return [
    summary(
      'count(kind)',
      times(QUESTIONS, () => run.countOf(kind(), next(run.length))),
    ),
    summary(
      'why(hpte)',
      times(QUESTIONS, () => lastChangeOf(run, hpte(), next(run.length))),
    ),
    summary(
      'changes(hpte)',
      times(QUESTIONS, () => changesOf(run, hpte())),
    ),
    summary(
      'changes(page)',
      times(QUESTIONS, () => changesOf(run, page())),
    ),
    summary(
      'diff',
      times(QUESTIONS, () => changesBetween(run, next(run.length), next(run.length))),
    ),
  ];
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
  const what = [...moves(run), ...questions(run)];
  return {
    events: run.eventCount,
    moments: run.length,
    hptes: run.vm.state.hpt.entries,
    recordMs,
    indexMs,
    what,
    memory: { ...run.memory, resident: process.memoryUsage().rss - before },
  };
}
