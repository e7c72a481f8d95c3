// `hptscope state FILE --at MOMENT`: the table, the memslots with their rings and the counters at a moment of a run.
// `hptscope diff FILE A B` and `hptscope diff FILE FILE`: what differs between two moments, or between the ends of two runs.

import { hpteView } from '../model/machine';
import { Scalar } from '../model/state';
import { namesIn } from '../timeline/assumptions';
import { entryState } from '../timeline/entries';
import {
  backgroundStates,
  FREE,
  isLearnt,
  isSettled,
  type Known,
  knownOf,
  PARTS,
  type Part,
  possibleStates,
} from '../timeline/known';
import { readRing } from '../timeline/ring';
import type { Run } from '../timeline/run';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, momentText, openProgram, takeOption, takeWanted } from './program';

interface Entry {
  readonly index: string;
  readonly state: string;
  /** words; null where a part of them is unknown */
  readonly v: string | null;
  readonly r: string | null;
  readonly guest: string | null;
  readonly gfn: string | null;
  /** a trace: how each part is known, and why not */
  readonly known?: Readonly<Record<string, string>>;
}

interface MachineState {
  readonly moment: number;
  readonly line: number;
  readonly at: string;
  /** what a trace knows of the table; absent for a scenario, which knows all of it */
  readonly known?: {
    readonly lastDump: string | null;
    /** slots of which nothing was learnt: free, perhaps only assumed to be, or unknown with a cause */
    readonly others: string;
    readonly unknown: number;
  };
  readonly order: number;
  /** null where a trace does not tell them */
  readonly seq: number | null;
  readonly count: number | null;
  readonly entries: readonly Entry[];
  readonly memslots: readonly {
    readonly slot: number;
    readonly gfn: string;
    readonly pages: number;
    readonly hva: string;
    readonly rings: readonly {
      readonly gfn: string;
      readonly rmap: string;
      readonly hptes: readonly string[];
      readonly broken?: string;
    }[];
  }[];
}

function entriesOf(run: Run): Entry[] {
  const { vm } = run;
  const entries: Entry[] = [];
  vm.state.hpt.forEach((index) => {
    const { state, v, r, guestRpte, gfn } = hpteView(vm, index);
    if (state !== 'free')
      entries.push({ index: hex(index), state, v: hex(v), r: hex(r), guest: hex(guestRpte), gfn: hex(gfn) });
  });
  return entries;
}

/** Slots of a trace's table of which something was learnt; those known to be free only where the slots that are not listed may not be. */
function knownEntries(run: Run): Entry[] {
  const { vm } = run;
  const othersAreFree = isSettled(backgroundStates(vm.state));
  const indexes: number[] = [];
  vm.state.known?.forEach((index) => {
    if (!isLearnt(vm.state, index)) return;
    if (possibleStates(vm.state, index) !== FREE || !othersAreFree) indexes.push(index);
  });
  return indexes.map((index) => {
    const { v, r, guestRpte, gfn } = hpteView(vm, index);
    const state = entryState(vm.state, index);
    const known = run.knownOf(index);
    const told = (value: bigint | number, ...parts: Part[]): string | null =>
      parts.some((part) => known?.certainty[part] === 'unknown') ? null : hex(value);
    return {
      index: hex(index),
      state,
      v: told(v, 'dword0', 'state'),
      r: told(r, 'frame', 'rights', 'rc'),
      guest: told(guestRpte, 'guest', 'guestRc'),
      gfn: told(gfn, 'guest'),
      known: Object.fromEntries(PARTS.map((part) => [part, known === null ? '' : knownAs(known, part)])),
    };
  });
}

/** "observed", "unknown: host presence", "assumed: hidden-pairs, host-present". */
function knownAs({ certainty, cause, assumed }: Known, part: Part): string {
  if (certainty[part] === 'assumed') return `assumed: ${namesIn(assumed).join(', ')}`;
  return cause[part] === undefined ? certainty[part] : `unknown: ${cause[part]}`;
}

function knowledgeOf(run: Run, moment: number): MachineState['known'] {
  const { state } = run.vm;
  const { entries } = state.hpt;
  let settled = 0;
  let doubtful = 0;
  state.known?.forEach((index) => {
    if (!isLearnt(state, index)) return;
    if (isSettled(possibleStates(state, index))) settled++;
    else doubtful++;
  });
  const known = isSettled(backgroundStates(state));
  return {
    lastDump: run.lastDump(moment)?.file ?? null,
    others: othersText(knownOf(state, entries)),
    unknown: known ? doubtful : entries - settled,
  };
}

function othersText(known: Known | null): string {
  if (known === null || !isSettled(known.states)) return `unknown: ${known?.cause.state ?? ''}`;
  return known.certainty.state === 'assumed' ? `free (${knownAs(known, 'state')})` : 'free';
}

function stateAt(run: Run, moment: number): MachineState {
  run.seek(moment);
  const { vm } = run;
  const entries = run.kind === 'scenario' ? entriesOf(run) : knownEntries(run);
  return {
    moment: moment + 1,
    line: run.source(moment).line + 1,
    at: momentText(run, moment),
    ...(run.kind !== 'scenario' && { known: knowledgeOf(run, moment) }),
    order: vm.state.hpt.order,
    seq: run.kind === 'scenario' ? vm.state.scalarNum(Scalar.seq) : null,
    count: run.kind === 'scenario' ? vm.state.scalarNum(Scalar.count) : null,
    entries,
    memslots: vm.state.slots.map((slot) => {
      const rings: { gfn: string; rmap: string; hptes: string[]; broken?: string }[] = [];
      // a trace does not tell the rmap words
      if (run.kind !== 'scenario')
        return { slot: slot.id, gfn: hex(slot.baseGfn), pages: slot.npages, hva: hex(slot.hva), rings };
      slot.rmap.forEach((page, hi, lo) => {
        const ring = readRing(vm, slot, page);
        rings.push({
          gfn: hex(slot.baseGfn + page),
          rmap: hex((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)),
          hptes: ring.indexes.map(hex),
          ...(ring.broken !== undefined && { broken: ring.broken }),
        });
      });
      return { slot: slot.id, gfn: hex(slot.baseGfn), pages: slot.npages, hva: hex(slot.hva), rings };
    }),
  };
}

export const stateCommand: Command = {
  name: 'state',
  usage: 'state FILE [--at MOMENT] [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary:
    'shows table, memslots and rings at a moment: a number from 1, :LINE, a time of the trace such as 6.657405, or end',
  async run(args, surroundings) {
    const { wanted, rest: given } = takeWanted(args);
    const { value: at = 'end', rest } = takeOption(given, '--at');
    const { files, flags } = splitArguments(rest, ['--json']);
    const loaded = await openProgram(files[0] ?? '', surroundings, wanted);
    if (loaded === null) return EXIT_TROUBLE;
    const state = stateAt(loaded.run, momentOf(loaded.run, at));
    if (flags.has('--json')) surroundings.out(JSON.stringify(state, undefined, 2));
    else for (const line of stateLines(state)) surroundings.out(line);
    return EXIT_GOOD;
  },
};

const word = (value: string | null): string => value ?? 'unknown';

function entryText({ index, state, v, r, guest, gfn, known }: Entry): string {
  const how = known === undefined ? '' : `  (${known.state})`;
  return `HPTE ${index}  ${state.padEnd(6)}  ${word(v)} ${word(r)}  guest ${word(guest)}  gfn ${word(gfn)}${how}`;
}

/** How far the table of a trace can be believed. */
function knownText({ known }: MachineState): string | undefined {
  if (known === undefined) return undefined;
  const { lastDump, others, unknown } = known;
  return `last dump ${lastDump ?? 'none so far'}; ${unknown} slots unknown; slots not listed: ${others}`;
}

function stateLines(state: MachineState): string[] {
  const lines = [
    `moment ${state.moment}, line ${state.line}: ${state.at}`,
    `HPT order ${state.order}, sequence ${state.seq ?? 'unknown'}, invalidations under way ${state.count ?? 'unknown'}`,
  ];
  const known = knownText(state);
  if (known !== undefined) lines.push(known);
  lines.push(...state.entries.map(entryText));
  for (const { slot, gfn, pages, hva, rings } of state.memslots) {
    lines.push(`memslot ${slot}  gfn ${gfn}  ${pages} pages  hva ${hva}`);
    for (const ring of rings) {
      const broken = ring.broken === undefined ? '' : `  broken: ${ring.broken}`;
      lines.push(
        `  gfn ${ring.gfn}  rmap ${ring.rmap}  ${ring.hptes.length === 0 ? 'no HPTE' : ring.hptes.join(' ')}${broken}`,
      );
    }
  }
  return lines;
}

interface Difference {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

function entryFact({ state, v, r, guest, gfn }: Entry): string {
  if (state === 'free') return state;
  if (state === 'unknown' && v === null && r === null && guest === null) return 'unknown';
  return `${state} ${word(v)} ${word(r)} guest ${word(guest)} gfn ${word(gfn)}`;
}

/** Facts of a state by name, so that two states compare by name. */
function facts(state: MachineState): Map<string, string> {
  const named = new Map<string, string>([
    ['HPT order', String(state.order)],
    ['sequence', String(state.seq ?? 'unknown')],
    ['invalidations under way', String(state.count ?? 'unknown')],
  ]);
  for (const entry of state.entries) named.set(`HPTE ${entry.index}`, entryFact(entry));
  for (const { slot, gfn, pages, hva, rings } of state.memslots) {
    named.set(`memslot ${slot}`, `gfn ${gfn} ${pages} pages hva ${hva}`);
    for (const ring of rings) named.set(`rmap ${slot} gfn ${ring.gfn}`, `${ring.rmap} ${ring.hptes.join(' ')}`.trim());
  }
  return named;
}

/** What a state has where it has no fact of that name: nothing; of a trace's HPTE, what the slots are that are not listed. */
function without({ known }: MachineState, what: string): string | null {
  if (known === undefined || !what.startsWith('HPTE 0x')) return null;
  return known.others === 'free' ? 'free' : 'unknown';
}

function differences(a: MachineState, b: MachineState): Difference[] {
  const before = facts(a);
  const after = facts(b);
  const found: Difference[] = [];
  for (const what of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(what) ?? without(a, what);
    const is = after.get(what) ?? without(b, what);
    if (was !== is) found.push({ what, before: was, after: is });
  }
  return found;
}

export const diffCommand: Command = {
  name: 'diff',
  usage:
    'diff FILE MOMENT MOMENT [--assume[=NAME,…]] [--vm TGID] [--json] | diff FILE FILE [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary: 'compares two moments of a run, or the ends of two runs; exit code 1 when they differ',
  async run(args, surroundings) {
    const { wanted, rest } = takeWanted(args);
    const { files, flags } = splitArguments(rest, ['--json']);
    const [first = '', second, third] = files;
    if (second === undefined) throw new UsageError('two moments or a second file are missing');
    const a = await openProgram(first, surroundings, wanted);
    const b = third === undefined ? await openProgram(second, surroundings, wanted) : a;
    if (a === null || b === null) return EXIT_TROUBLE;
    const from = stateAt(a.run, momentOf(a.run, third === undefined ? 'end' : second));
    const to = stateAt(b.run, momentOf(b.run, third ?? 'end'));
    const found = differences(from, to);
    for (const state of [from, to]) {
      const note = knownText(state);
      if (note !== undefined) surroundings.problem(`moment ${state.moment}: ${note}`);
    }
    if (flags.has('--json')) surroundings.out(JSON.stringify(found, undefined, 2));
    else if (found.length === 0) surroundings.out('nothing differs');
    else
      for (const { what, before, after } of found)
        surroundings.out(`${what}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`);
    return found.length === 0 ? EXIT_GOOD : EXIT_FAILED;
  },
};
