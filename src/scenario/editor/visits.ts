// What a recorded run made of each line: the labelled HPTEs that changed, with their state after it, and the events in it. Read from
// the journal; the run stays at its moment.

import { R_C, R_KEY_HI, R_KEY_LO, R_R, V_ABSENT, V_VALID } from '../../model/bits';
import { decodePlace, Plane } from '../../model/place';
import { hiOf, loOf, toBig } from '../../model/words';
import type { Run } from '../../timeline/run';

/** One stretch of moments on one line. */
export interface Visit {
  readonly line: number;
  /** The line's text when it ran, without the white space around it. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Labelled HPTEs whose state is another than before: `a absent`, in the order of the labels. */
  readonly states: readonly { readonly label: string; readonly index: number; readonly state: string }[];
  /** Event kinds with how often, as expectations write them: `hpte.absent x2`. */
  readonly events: readonly string[];
}

/** More visits than this are not kept: the first ones tell what the line does. */
const MOST_VISITS = 200_000;

interface Words {
  v: bigint;
  r: bigint;
  shown: string;
}

const KEY_31 = toBig(R_KEY_HI, R_KEY_LO);

/** State and R, C and PP of an entry, in the words of expectations. */
export function stateText(v: bigint, r: bigint): string {
  const flags = loOf(v);
  const valid = (flags & V_VALID) !== 0;
  if (!valid && (flags & V_ABSENT) === 0) return 'free';
  const low = loOf(r);
  const bits = [...((low & R_R) !== 0 ? ['R'] : []), ...((low & R_C) !== 0 ? ['C'] : [])];
  const pp = (low & 3) | (hiOf(r) < 0 || hiOf(r) > 0x7fff_ffff ? 4 : 0);
  const state = valid ? 'valid' : (r & KEY_31) === KEY_31 ? 'mmio' : 'absent';
  return [state, ...bits, `pp ${pp}`].join(' ');
}

/** Visits of a run, in order. Lines of other files (a recording's trace) are left out. */
export function visitsOf(run: Run, labels: ReadonlyMap<string, number>): Visit[] {
  const { owner } = run.vm.state.hpt;
  const byIndex = new Map<number, string[]>();
  for (const [label, index] of labels) byIndex.set(index, [...(byIndex.get(index) ?? []), label]);
  const words = new Map<number, Words>([...byIndex.keys()].map((index) => [index, { v: 0n, r: 0n, shown: 'free' }]));
  const visits: Visit[] = [];
  for (let from = 0; from < run.length && visits.length < MOST_VISITS; ) {
    const { line, text, file } = run.source(from);
    let to = from;
    while (to + 1 < run.length && run.source(to + 1).line === line) to++;
    const touched = new Set<number>();
    run.forEachWrite(from, to, (place, low, _oldHi, _oldLo, hi, lo) => {
      const { plane, owner: of, index } = decodePlace(place, low);
      const known = of === owner && (plane === Plane.hpteV || plane === Plane.hpteR) ? words.get(index) : undefined;
      if (known === undefined) return;
      if (plane === Plane.hpteV) known.v = toBig(hi, lo);
      else known.r = toBig(hi, lo);
      touched.add(index);
    });
    const states: { label: string; index: number; state: string }[] = [];
    for (const index of touched) {
      const known = words.get(index);
      const state = known === undefined ? '' : stateText(known.v, known.r);
      if (known === undefined || state === known.shown) continue;
      known.shown = state;
      for (const label of byIndex.get(index) ?? []) states.push({ label, index, state });
    }
    if (file === undefined) visits.push({ line, text, from, to, states, events: eventsIn(run, from, to) });
    from = to + 1;
  }
  return visits;
}

/** Kinds that come with every access and say nothing of what it did. */
const DULL: ReadonlySet<string> = new Set(['hcall.enter', 'fault.enter']);

function eventsIn(run: Run, from: number, to: number): string[] {
  const counts = new Map<string, number>();
  const first = from === 0 ? 0 : run.eventsUpTo(from - 1);
  for (let number = first; number < run.eventsUpTo(to); number++) {
    const name = run.eventName(number);
    if (!DULL.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, times]) => `${name} x${times}`);
}

/** The visits of a run by line, and only as far as the text is still the one that ran. */
export class LineVisits {
  private readonly byLine = new Map<number, Visit[]>();

  constructor(visits: readonly Visit[]) {
    for (const visit of visits) {
      const before = this.byLine.get(visit.line);
      if (before === undefined) this.byLine.set(visit.line, [visit]);
      else before.push(visit);
    }
  }

  /** The last visit of a line that was over at a moment. */
  at(line: number, text: string, moment = Number.POSITIVE_INFINITY): Visit | undefined {
    const visits = this.byLine.get(line) ?? [];
    if (visits[0]?.text !== text.trim()) return undefined;
    let low = 0;
    let high = visits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((visits[middle] as Visit).to <= moment) low = middle + 1;
      else high = middle;
    }
    return visits[low - 1];
  }

  /** The first line whose text is no longer the one that ran: nothing is known from there on. */
  firstStale(lines: readonly { readonly text: string }[]): number {
    for (const line of [...this.byLine.keys()].sort((a, b) => a - b)) {
      if (lines[line]?.text.trim() !== this.byLine.get(line)?.[0]?.text) return line;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** What stands behind a line in the editor: `a absent · b absent`. */
export function inlayText({ states }: Visit): string {
  const most = 4;
  const shown = states.slice(0, most).map(({ label, state }) => `${label} ${state}`);
  return states.length > most ? `${shown.join(' · ')} …` : shown.join(' · ');
}
