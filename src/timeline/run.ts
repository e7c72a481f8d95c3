/**
 * A recorded run: a list of moments, and the machine's state at one of them, the current one.
 *
 * A moment is a statement (a scenario line, a trace event) or one step of a kernel path. It carries the events it raised and the
 * writes it made. *At* moment m everything up to and including m has been done: the state shows m's writes, `writes(m)` tells
 * what stood there before. Moment 0 is the first statement. Views, debugger and queries ask a run; nothing else holds state.
 */
import { decodeEvent, EVENT_NAMES, EVENT_WORDS, type Event, type EventName } from '../model/events';
import { LOCALS, type LocalName, lineOfStep, PATHS, type Path, pathOfStep } from '../model/listing';
import {
  DOUBT_NAMES,
  Doubt,
  type DoubtName,
  ID_MASK,
  type Log,
  REC_ENTER,
  REC_LEAVE,
  REC_LOCAL,
  readLog,
} from '../model/log';
import { decodePlace, type Place } from '../model/place';
import type { Vm } from '../model/vm';
import { toBig } from '../model/words';
import { upTo } from './column';
import type { EventChain } from './eventChain';
import { type Certainty, type Known, knownOf } from './known';
import { Mover } from './mover';
import { RunIndex } from './runIndex';
import { atOnce } from './slices';
import type { SourceLine, Statements } from './statements';
import type { WordAt, WriteVisitor } from './writes';

/** One activation of a kernel path. */
export interface Frame {
  /** unique within the run */
  readonly id: number;
  readonly path: Path;
  /** vCPU number, -1 the host or the VMM, or the same as the caller's */
  readonly actor: number;
  readonly args: readonly [bigint, bigint];
  readonly parent: Frame | null;
  /** first moment inside */
  readonly entry: number;
}

/** A frame and the step it is at. */
export interface FrameAt {
  readonly frame: Frame;
  /** whose listing the step stands in: the frame's own path, or one whose step is carried out without a frame of its own */
  readonly path: Path;
  /** listing line, from 0; -1 before the first */
  readonly line: number;
  readonly text: string;
}

export interface Write {
  readonly place: Place;
  readonly before: bigint;
  readonly after: bigint;
}

/** One event of a run and the moment in which it was raised. */
export interface RunEvent {
  readonly moment: number;
  /** number among the run's events, from 0 */
  readonly number: number;
  readonly event: Event;
}

export interface RunParts {
  readonly title: string;
  readonly kind: 'scenario' | 'trace' | 'dump';
  /** the machine, at the end of the run; its journal is detached */
  readonly vm: Vm;
  readonly log: Log;
  /** statements by source number */
  readonly sources: Statements;
  /** sentences that events name by number */
  readonly texts?: readonly string[];
  /** a trace's or dump's observed tables, ascending by source number; none for a scenario, whose table is known throughout */
  readonly dumps?: readonly { readonly source: number; readonly file: string }[];
  /** what holds for the whole run: mutations, what a trace cannot tell; sentences */
  readonly notes: readonly string[];
}

/** Arguments of kernel paths that stand for nothing under a doubt. */
const DOUBTED_ARGS: Readonly<Record<string, number>> = {
  rmap: Doubt.ring | Doubt.rc,
  r: Doubt.frame | Doubt.rights | Doubt.rc,
  seq: Doubt.seq,
  pfn: Doubt.frame,
};

/** Intermediate values that stand for nothing under a doubt. */
const DOUBTED_LOCALS: { readonly [name in LocalName]?: number } = {
  mmu_seq: Doubt.seq,
  hpa: Doubt.frame,
  new_r: Doubt.frame | Doubt.rights | Doubt.rc,
};

/** Kinds of events that stand in a trace as such. */
const TRACED: ReadonlySet<EventName> = new Set<EventName>([
  'hcall.enter',
  'hcall.exit',
  'fault.enter',
  'fault.exit',
  'notifier.start',
  'notifier.set_spte',
  'notifier.age',
]);

/** Activations of kernel paths looked at in one slice. */
const FRAMES_LOOKED_AT = 1 << 11;

export class Run {
  readonly title: string;
  readonly kind: RunParts['kind'];
  readonly vm: Vm;
  readonly notes: readonly string[];
  private readonly dumps: readonly { readonly moment: number; readonly file: string }[];
  private readonly log: Log;
  private readonly sources: Statements;
  private readonly texts: readonly string[];
  private readonly mover: Mover;
  private current: number;

  /** @param index of its whole journal; made here when it is not given */
  constructor(
    readonly parts: RunParts,
    private readonly index = RunIndex.of(parts.log),
  ) {
    this.title = parts.title;
    this.kind = parts.kind;
    this.vm = parts.vm;
    this.log = parts.log;
    this.sources = parts.sources;
    this.texts = parts.texts ?? [];
    this.notes = parts.notes;
    parts.vm.state.log = null;
    parts.vm.hook = null;
    this.current = this.length - 1;
    this.mover = new Mover(parts.vm.state, parts.log, this.index.writes);
    this.dumps = (parts.dumps ?? []).map(({ source, file }) => ({ moment: this.momentOfSource(source), file }));
  }

  /** Number of moments; at least 1 for a run with a statement. */
  get length(): number {
    return this.index.length;
  }

  /** Takes what has been journaled and stated since into the run, which stands where it stood. */
  grow(): void {
    this.index.take(this.log.end);
  }

  /** The current moment. */
  get position(): number {
    return this.current;
  }

  /** Moves the state to a moment; outside the run the nearest one is taken. */
  seek(moment: number): void {
    const target = Math.max(0, Math.min(this.length - 1, moment));
    this.mover.moveTo(this.index.writesUpTo(target));
    this.current = target;
  }

  /** Memory that the run takes besides its machine, in bytes: columns, journal, keyframes. */
  get memory(): { readonly columns: number; readonly journal: number; readonly keyframes: number } {
    const { bytes, writes } = this.index;
    return { columns: bytes, journal: this.log.bytes, keyframes: writes.keyframes.bytes };
  }

  /** What is known of an HPTE at the current moment; null for a scenario, which knows all. */
  knownOf(index: number): Known | null {
    return knownOf(this.vm.state, index);
  }

  /** The last dump of a trace up to a moment; null while none was taken. */
  lastDump(moment: number): { readonly moment: number; readonly file: string } | null {
    let last: (typeof this.dumps)[number] | null = null;
    for (const dump of this.dumps) if (dump.moment <= moment) last = dump;
    return last;
  }

  /** How the state of an HPTE of the current table is known at the current moment. */
  certaintyOfHpte(index: number): Certainty {
    return index < this.vm.state.hpt.entries ? (this.knownOf(index)?.certainty.state ?? 'observed') : 'unknown';
  }

  /** How an event is known: of a trace those that stand in it are observed, what the model did in between is inferred. */
  certaintyOfEvent(number: number): Certainty {
    if (this.kind === 'scenario' || TRACED.has(this.eventName(number))) return 'observed';
    const moment = this.eventMomentOf(number);
    if (this.isStatement(moment)) return 'observed';
    return (this.index.doubtAt(moment) & Doubt.assumed) === 0 ? 'inferred' : 'assumed';
  }

  // ---- questions about a moment -------------------------------------------------------------------------------------

  /** Whether a moment is a statement rather than a step inside one. */
  isStatement(moment: number): boolean {
    return this.index.stepAt(moment) < 0;
  }

  /** Step id (listing.ts) of a moment, -1 for a statement. */
  stepAt(moment: number): number {
    return this.index.stepAt(moment);
  }

  /** What the kernel path of a moment was told without its being known: values that depend on it stand for nothing. */
  doubts(moment: number): DoubtName[] {
    const doubt = this.index.doubtAt(moment);
    return doubt === 0 ? [] : DOUBT_NAMES.filter((name) => (doubt & Doubt[name]) !== 0);
  }

  /** Source number of the statement that a moment belongs to. */
  sourceNumber(moment: number): number {
    return this.index.sourceAt(moment);
  }

  /** The moment at which the statement that a moment belongs to began. */
  statementOf(moment: number): number {
    const source = this.sourceNumber(moment);
    let at = moment;
    while (at > 0 && !(this.isStatement(at) && this.sourceNumber(at) === source)) at--;
    return at;
  }

  source(moment: number): SourceLine {
    return this.sources.at(this.index.sourceAt(moment)) ?? { line: 0, text: '' };
  }

  get statements(): Statements {
    return this.sources;
  }

  /** The first moment of a statement by source number, or -1. */
  momentOfSource(source: number): number {
    return this.index.momentOfSource(source);
  }

  /** Kernel paths under way at a moment, innermost first; empty at a statement. */
  frames(moment: number): FrameAt[] {
    const frames: FrameAt[] = [];
    let last = moment;
    for (let id = this.index.frameAt(moment); id >= 0; id = this.index.frameCaller(id)) {
      const frame = this.frame(id);
      let at = this.lastStepIn(frame, last);
      const path = at < 0 ? frame.path : (pathOfStep(this.stepAt(at)) ?? frame.path);
      if (path !== frame.path) {
        frames.push(this.frameAt(frame, path, at));
        at = this.lastStepIn(frame, at, frame.path);
      }
      frames.push(this.frameAt(frame, frame.path, at));
      last = frame.entry - 1;
    }
    return frames;
  }

  /** How deep in kernel paths a moment is; 0 at a statement. */
  depth(moment: number): number {
    let depth = 0;
    for (let id = this.index.frameAt(moment); id >= 0; id = this.index.frameCaller(id)) depth++;
    return depth;
  }

  /** Id of the innermost frame of a moment, or -1. */
  frameId(moment: number): number {
    return this.index.frameAt(moment);
  }

  /** The moment within whose kernel path the moment's statement runs, another actor's; -1 when it races nothing. */
  interruptedAt(moment: number): number {
    return this.index.interruptedAt(moment);
  }

  /** Whether the run ever does a step, by its id (listing.ts). */
  doesStep(step: number): boolean {
    return this.index.doesStep(step);
  }

  /** The outermost kernel path under way at a moment: its path and actor; null at a statement. */
  outermost(moment: number): { readonly path: Path; readonly actor: number } | null {
    let id = this.index.frameAt(moment);
    if (id < 0) return null;
    for (let caller = id; caller >= 0; caller = this.index.frameCaller(caller)) id = caller;
    const { path, actor } = this.frame(id);
    return { path, actor };
  }

  /** First moments inside of every activation of some paths, ascending; found in slices. */
  *entriesOf(paths: readonly Path[]): Generator<void, number[]> {
    const wanted = new Set(paths.map(({ id }) => id));
    const moments: number[] = [];
    for (let frame = 0; frame < this.index.frameCount; frame++) {
      if (frame % FRAMES_LOOKED_AT === FRAMES_LOOKED_AT - 1) yield;
      if (!wanted.has(this.index.framePath(frame))) continue;
      const entry = this.index.frameEntry(frame);
      if (entry < this.length && this.isInside(frame, entry)) moments.push(entry);
    }
    return moments;
  }

  /** Whether a frame is under way at a moment, innermost or not. */
  isInside(frame: number, moment: number): boolean {
    for (let id = this.index.frameAt(moment); id >= frame; id = this.index.frameCaller(id))
      if (id === frame) return true;
    return false;
  }

  private frameAt(frame: Frame, path: Path, moment: number): FrameAt {
    if (moment < 0) return { frame, path, line: -1, text: path.title };
    const step = this.stepAt(moment);
    return { frame, path, line: step & 63, text: lineOfStep(step)?.text ?? path.title };
  }

  /** The last moment up to `moment` that is a step of a frame, in the listing of `path` when one is given; -1 without one. */
  private lastStepIn({ id, entry }: Frame, moment: number, path?: Path): number {
    for (let m = moment; m >= entry; m--) {
      if (this.index.frameAt(m) !== id || this.isStatement(m)) continue;
      if (path === undefined || pathOfStep(this.stepAt(m)) === path) return m;
    }
    return -1;
  }

  private frame(id: number): Frame {
    const [c, at] = this.index.frameRecord(id);
    const caller = this.index.frameCaller(id);
    const number = this.index.framePath(id);
    const path = PATHS[number];
    if (path === undefined) throw new Error(`journal: no path ${number}`);
    const outer = caller < 0 ? null : this.frame(caller);
    const actor = c[at + 1] as number;
    return {
      id,
      path,
      actor: actor < 0 && outer !== null ? outer.actor : actor,
      args: [toBig(c[at + 2] as number, c[at + 3] as number), toBig(c[at + 4] as number, c[at + 5] as number)],
      parent: outer,
      entry: this.index.frameEntry(id),
    };
  }

  /** Arguments of a kernel path by name; undefined where replay ran it without knowing one. */
  args({ path, args, entry }: Frame): Map<string, bigint | undefined> {
    const doubts = this.index.doubtAt(entry);
    return new Map(
      path.args.map((name, i) => [name, (doubts & (DOUBTED_ARGS[name] ?? 0)) === 0 ? args[i] : undefined]),
    );
  }

  /** Intermediate values that a frame has announced up to a moment, as far as they are known; the last one of each name. */
  locals(frame: Frame, moment: number): Map<LocalName, bigint> {
    const values = new Map<LocalName, bigint>();
    for (let m = frame.entry; m <= moment; m++) {
      if (this.index.frameAt(m) !== frame.id) continue;
      const [from, to] = this.index.span(m);
      let depth = 0;
      readLog(this.log, from, to, EVENT_WORDS, (type, value, c, at) => {
        if (type === REC_ENTER) depth++;
        else if (type === REC_LEAVE) depth--;
        else if (type === REC_LOCAL && depth === 0) {
          const name = LOCALS[value & ID_MASK];
          if (name !== undefined && (value & (DOUBTED_LOCALS[name] ?? 0)) === 0)
            values.set(name, toBig(c[at + 1] as number, c[at + 2] as number));
        }
      });
    }
    return values;
  }

  /** Events that a moment raised. */
  events(moment: number): Event[] {
    const events: Event[] = [];
    for (let i = this.eventsUpTo(moment - 1); i < this.eventsUpTo(moment); i++) events.push(this.decode(i));
    return events;
  }

  /** Writes that a moment made, in order. */
  writes(moment: number): Write[] {
    const writes: Write[] = [];
    this.forEachWrite(moment, moment, (place, indexLo, oldHi, oldLo, newHi, newLo) =>
      writes.push({ place: decodePlace(place, indexLo), before: toBig(oldHi, oldLo), after: toBig(newHi, newLo) }),
    );
    return writes;
  }

  /** Visits the writes of the moments from..to (both included) in order, as they stand in the journal; allocates nothing. */
  forEachWrite(from: number, to: number, visit: WriteVisitor): void {
    if (from <= to && this.length > 0)
      this.index.writes.forEach(this.index.writesUpTo(from - 1), this.index.writesUpTo(to), visit);
  }

  /**
   * The same for what the moments come to: on a long way many writes to one word are visited as one, with the value before the
   * first and after the last.
   */
  forEachChange(from: number, to: number, visit: WriteVisitor): void {
    if (from <= to && this.length > 0)
      this.index.writes.forEachNet(this.index.writesUpTo(from - 1), this.index.writesUpTo(to), visit);
  }

  /**
   * Visits the writes to some words up to a moment, the last one first, without reading the rest of the journal.
   * @param visit gets the moment and the write; false ends the visit
   */
  forEachWriteTo(
    words: readonly WordAt[],
    until: number,
    visit: (moment: number, place: number, oldHi: number, oldLo: number, newHi: number, newLo: number) => boolean,
  ): void {
    atOnce(this.eachWriteTo(words, until, visit));
  }

  /** The same in slices. */
  eachWriteTo(
    words: readonly WordAt[],
    until: number,
    visit: Parameters<Run['forEachWriteTo']>[2],
  ): Generator<void, void> {
    const { writes } = this.index;
    return writes.eachTo(words, this.index.writesUpTo(until), (write, ...rest) =>
      visit(this.index.momentOf(writes.addressOf(write)), ...rest),
    );
  }

  /** Visits the journal of the whole run in order, record by record (`readLog`). */
  forEachRecord(visit: Parameters<typeof readLog>[4]): void {
    readLog(this.log, 0, this.index.end, EVENT_WORDS, visit);
  }

  // ---- events over the whole run ------------------------------------------------------------------------------------

  get eventCount(): number {
    return this.index.eventCount;
  }

  private decode(i: number): Event {
    const [chunk, at] = this.index.eventRecord(i);
    return decodeEvent(chunk[at] as number, chunk, at + 1, this.texts);
  }

  event(number: number): RunEvent {
    return { moment: this.eventMomentOf(number), number, event: this.decode(number) };
  }

  eventName(number: number): EventName {
    return EVENT_NAMES[this.index.eventCode(number)] as EventName;
  }

  eventMomentOf(number: number): number {
    return this.index.eventMomentOf(number);
  }

  /** Number of events raised up to and including a moment. */
  eventsUpTo(moment: number): number {
    return this.index.eventsUpTo(moment);
  }

  /** Numbers of the events of a kind, ascending. */
  eventsOf(kind: EventName): Uint32Array {
    return this.index.eventsOf(kind);
  }

  /** Number of events of a kind raised up to and including a moment. */
  countOf(kind: EventName, moment: number): number {
    return upTo(this.index.eventsOf(kind), this.eventsUpTo(moment) - 1);
  }

  /** The events by the value of a 64-bit field of theirs, such as gfn. */
  eventsBy(field: string): EventChain {
    return atOnce(this.readingEventsBy(field));
  }

  /** The same, made in parts when it is first asked for; the run may move and grow in between. */
  readingEventsBy(field: string): Generator<void, EventChain> {
    return this.index.makingChain(field);
  }

  /** The next (direction 1) or previous (-1) moment after `from` that raised an event of one of some kinds, or -1. */
  nextMomentOf(kinds: readonly EventName[], from: number, direction: 1 | -1): number {
    const next = direction === 1 ? this.eventsUpTo(from) : this.eventsUpTo(from - 1) - 1;
    let best = -1;
    for (const kind of kinds) {
      const numbers = this.eventsOf(kind);
      const event = direction === 1 ? numbers[upTo(numbers, next - 1)] : numbers[upTo(numbers, next) - 1];
      if (event !== undefined && (best < 0 || event * direction < best * direction)) best = event;
    }
    return best < 0 ? -1 : this.eventMomentOf(best);
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  /** The next (direction 1) or previous (-1) moment after `from` that `wanted` accepts, or -1. */
  find(from: number, direction: 1 | -1, wanted: (moment: number) => boolean): number {
    for (let m = from + direction; m >= 0 && m < this.length; m += direction) if (wanted(m)) return m;
    return -1;
  }
}
