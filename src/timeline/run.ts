/**
 * A recorded run: a list of moments, and the machine's state at one of them, the current one.
 *
 * A moment is a statement (a scenario line, a trace event) or one step of a kernel path. It carries the events it raised and the
 * writes it made. *At* moment m everything up to and including m has been done: the state shows m's writes, `writes(m)` tells
 * what stood there before. Moment 0 is the first statement. Views, debugger and queries ask a run; nothing else holds state.
 */
import { decodeEvent, EVENT_NAMES, EVENT_WORDS, type Event, type EventName } from '../model/events';
import { LOCALS, type LocalName, lineOfStep, PATHS, type Path, pathOfStep } from '../model/listing';
import { LOG_CHUNK, type Log, REC_ENTER, REC_LEAVE, REC_LOCAL, REC_WRITE, readLog } from '../model/log';
import { decodePlace, type Place } from '../model/state';
import type { Vm } from '../model/vm';
import { toBig } from '../model/words';
import type { Column } from './column';
import { Mover } from './mover';
import { NO_FRAME, NO_STEP, RunIndex } from './runIndex';
import type { SourceLine, Statements } from './statements';

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

/**
 * What is known of the table at a moment of a trace. The words of the table are those of the last dump before the moment; which of
 * them still hold after later events only a replay can tell.
 */
export interface Observation {
  /** moment and file of the dump that the table shows, or null while none has been taken: nothing is known then */
  readonly dump: { readonly moment: number; readonly file: string } | null;
  /** events since then that can have changed the table: hypercalls, faults, invalidations */
  readonly changesSince: number;
}

export interface RunParts {
  readonly title: string;
  readonly kind: 'scenario' | 'trace' | 'dump';
  /** the machine, at the end of the run; its journal is detached */
  readonly vm: Vm;
  readonly log: Log;
  /** statements by source number */
  readonly sources: Statements;
  /** a trace's or dump's observed tables, ascending by source number; none for a scenario, whose table is known throughout */
  readonly dumps?: readonly { readonly source: number; readonly file: string }[];
  /** what holds for the whole run: mutations, what a trace cannot tell; sentences */
  readonly notes: readonly string[];
}

/** Trace events that can have changed the table. */
const CHANGING: ReadonlySet<EventName> = new Set<EventName>([
  'hcall.enter',
  'fault.enter',
  'notifier.start',
  'notifier.set_spte',
  'notifier.age',
]);

const NO_MOMENT = 0xffffffff;

export class Run {
  readonly title: string;
  readonly kind: RunParts['kind'];
  readonly vm: Vm;
  readonly notes: readonly string[];
  private readonly dumps: readonly { readonly moment: number; readonly file: string }[];
  private readonly log: Log;
  private readonly sources: Statements;

  // the index's columns: by moment
  private readonly address: Column;
  private readonly step: Column;
  private readonly frameOf: Column;
  private readonly sourceOf: Column;
  private readonly firstEvent: Column;
  // by frame
  private readonly framePath: Column;
  private readonly frameParent: Column;
  private readonly frameEntry: Column;
  private readonly frameAddress: Column;
  // by write
  private readonly writeAddress: Column;
  // by event
  private readonly eventKind: Column;
  private readonly eventMoment: Column;
  private readonly eventAddress: Column;
  private readonly mover: Mover;

  /** first moment of each statement by source number, NO_MOMENT where it has none; made when first asked for */
  private firstMoment: Uint32Array | null = null;
  private current: number;

  /** @param index of its whole journal; made here when it is not given */
  constructor(
    parts: RunParts,
    private readonly index = RunIndex.of(parts.log),
  ) {
    this.title = parts.title;
    this.kind = parts.kind;
    this.vm = parts.vm;
    this.log = parts.log;
    this.sources = parts.sources;
    this.notes = parts.notes;
    parts.vm.state.log = null;
    parts.vm.hook = null;
    this.address = index.address;
    this.step = index.step;
    this.frameOf = index.frameOf;
    this.sourceOf = index.sourceOf;
    this.firstEvent = index.firstEvent;
    this.framePath = index.framePath;
    this.frameParent = index.frameParent;
    this.frameEntry = index.frameEntry;
    this.frameAddress = index.frameAddress;
    this.writeAddress = index.writeAddress;
    this.eventKind = index.eventKind;
    this.eventMoment = index.eventMoment;
    this.eventAddress = index.eventAddress;
    this.current = this.length - 1;
    this.mover = new Mover(parts.vm.state, parts.log, this.writeAddress);
    this.dumps = (parts.dumps ?? []).map(({ source, file }) => ({ moment: this.momentOfSource(source), file }));
  }

  /** Number of moments; at least 1 for a run with a statement. */
  get length(): number {
    return this.address.length;
  }

  /** The current moment. */
  get position(): number {
    return this.current;
  }

  /** Moves the state to a moment; outside the run the nearest one is taken. */
  seek(moment: number): void {
    const target = Math.max(0, Math.min(this.length - 1, moment));
    this.mover.moveTo(this.writesUpTo(target));
    this.current = target;
  }

  /** Number of writes that have been made when a moment is over. */
  private writesUpTo(moment: number): number {
    return moment + 1 < this.length
      ? this.writeAddress.upTo(this.address.at(moment + 1) - 1)
      : this.writeAddress.length;
  }

  private span(moment: number): readonly [number, number] {
    return [this.address.at(moment), moment + 1 < this.length ? this.address.at(moment + 1) : this.index.end];
  }

  /** What is known of the table at a moment; null when all of it is (a scenario). */
  observation(moment: number): Observation | null {
    if (this.kind === 'scenario') return null;
    let dump: Observation['dump'] = null;
    for (const candidate of this.dumps) if (candidate.moment <= moment) dump = candidate;
    let changesSince = 0;
    for (let i = this.eventsUpTo(dump?.moment ?? -1); i < this.eventsUpTo(moment); i++)
      if (CHANGING.has(this.eventName(i))) changesSince++;
    return { dump, changesSince };
  }

  // ---- questions about a moment -------------------------------------------------------------------------------------

  /** Whether a moment is a statement rather than a step inside one. */
  isStatement(moment: number): boolean {
    return this.step.at(moment) === NO_STEP;
  }

  /** Step id (listing.ts) of a moment, -1 for a statement. */
  stepAt(moment: number): number {
    const step = this.step.at(moment);
    return step === NO_STEP ? -1 : step;
  }

  /** Source number of the statement that a moment belongs to. */
  sourceNumber(moment: number): number {
    return this.sourceOf.at(moment);
  }

  source(moment: number): SourceLine {
    return this.sources.at(this.sourceOf.at(moment)) ?? { line: 0, text: '' };
  }

  get statements(): Statements {
    return this.sources;
  }

  /** The first moment of a statement by source number, or -1. */
  momentOfSource(source: number): number {
    if (this.firstMoment === null) {
      this.firstMoment = new Uint32Array(this.sources.length).fill(NO_MOMENT);
      for (let m = this.length - 1; m >= 0; m--) if (this.isStatement(m)) this.firstMoment[this.sourceOf.at(m)] = m;
    }
    const moment = this.firstMoment[source] ?? NO_MOMENT;
    return moment === NO_MOMENT ? -1 : moment;
  }

  /** Kernel paths under way at a moment, innermost first; empty at a statement. */
  frames(moment: number): FrameAt[] {
    const frames: FrameAt[] = [];
    let id = this.isStatement(moment) ? NO_FRAME : this.frameOf.at(moment);
    let last = moment;
    while (id !== NO_FRAME) {
      const frame = this.frame(id);
      let at = this.lastStepIn(id, last);
      const path = at < 0 ? frame.path : (pathOfStep(this.step.at(at)) ?? frame.path);
      if (path !== frame.path) {
        frames.push(this.frameAt(frame, path, at));
        at = this.lastStepIn(id, at, frame.path);
      }
      frames.push(this.frameAt(frame, frame.path, at));
      last = frame.entry - 1;
      id = this.frameParent.at(id);
    }
    return frames;
  }

  /** How deep in kernel paths a moment is; 0 at a statement. */
  depth(moment: number): number {
    let depth = 0;
    for (
      let id = this.isStatement(moment) ? NO_FRAME : this.frameOf.at(moment);
      id !== NO_FRAME;
      id = this.frameParent.at(id)
    )
      depth++;
    return depth;
  }

  /** Id of the innermost frame of a moment, or -1. */
  frameId(moment: number): number {
    const id = this.isStatement(moment) ? NO_FRAME : this.frameOf.at(moment);
    return id === NO_FRAME ? -1 : id;
  }

  private frameAt(frame: Frame, path: Path, moment: number): FrameAt {
    if (moment < 0) return { frame, path, line: -1, text: path.title };
    const step = this.step.at(moment);
    return { frame, path, line: step & 63, text: lineOfStep(step)?.text ?? path.title };
  }

  /** The last moment up to `moment` that is a step of a frame, in the listing of `path` when one is given; -1 without one. */
  private lastStepIn(frame: number, moment: number, path?: Path): number {
    for (let m = moment; m >= this.frameEntry.at(frame); m--) {
      if (this.frameOf.at(m) !== frame || this.step.at(m) === NO_STEP) continue;
      if (path === undefined || pathOfStep(this.step.at(m)) === path) return m;
    }
    return -1;
  }

  private frame(id: number): Frame {
    const address = this.frameAddress.at(id);
    const c = this.log.chunks[Math.floor(address / LOG_CHUNK)] as Int32Array;
    const at = address % LOG_CHUNK;
    const parent = this.frameParent.at(id);
    const path = PATHS[this.framePath.at(id)];
    if (path === undefined) throw new Error(`journal: no path ${this.framePath.at(id)}`);
    const outer = parent === NO_FRAME ? null : this.frame(parent);
    const actor = c[at + 1] as number;
    return {
      id,
      path,
      actor: actor < 0 && outer !== null ? outer.actor : actor,
      args: [toBig(c[at + 2] as number, c[at + 3] as number), toBig(c[at + 4] as number, c[at + 5] as number)],
      parent: outer,
      entry: this.frameEntry.at(id),
    };
  }

  /** Intermediate values that a frame has announced up to a moment; the last one of each name. */
  locals(frame: Frame, moment: number): Map<LocalName, bigint> {
    const values = new Map<LocalName, bigint>();
    for (let m = frame.entry; m <= moment; m++) {
      if (this.frameOf.at(m) !== frame.id) continue;
      const [from, to] = this.span(m);
      let depth = 0;
      readLog(this.log, from, to, EVENT_WORDS, (type, value, c, at) => {
        if (type === REC_ENTER) depth++;
        else if (type === REC_LEAVE) depth--;
        else if (type === REC_LOCAL && depth === 0) {
          const name = LOCALS[value];
          if (name !== undefined) values.set(name, toBig(c[at + 1] as number, c[at + 2] as number));
        }
      });
    }
    return values;
  }

  /** Events that a moment raised. */
  events(moment: number): Event[] {
    const from = this.firstEvent.at(moment);
    const to = moment + 1 < this.length ? this.firstEvent.at(moment + 1) : this.eventKind.length;
    const events: Event[] = [];
    for (let i = from; i < to; i++) events.push(this.decode(i));
    return events;
  }

  /** Writes that a moment made, in order. */
  writes(moment: number): Write[] {
    const [from, to] = this.span(moment);
    const writes: Write[] = [];
    readLog(this.log, from, to, EVENT_WORDS, (type, _, c, at) => {
      if (type !== REC_WRITE) return;
      writes.push({
        place: decodePlace(c[at + 1] as number, c[at + 2] as number),
        before: toBig(c[at + 3] as number, c[at + 4] as number),
        after: toBig(c[at + 5] as number, c[at + 6] as number),
      });
    });
    return writes;
  }

  /**
   * Visits the writes of the moments from..to (both included) in order, as they stand in the journal; allocates nothing.
   * @param visit gets the two words of the place (`decodePlace`), the halves before, and the halves after
   */
  forEachWrite(
    from: number,
    to: number,
    visit: (place: number, indexLo: number, oldHi: number, oldLo: number, newHi: number, newLo: number) => void,
  ): void {
    if (from > to || this.length === 0) return;
    readLog(this.log, this.span(from)[0], this.span(to)[1], EVENT_WORDS, (type, _, c, at) => {
      if (type !== REC_WRITE) return;
      visit(
        c[at + 1] as number,
        c[at + 2] as number,
        c[at + 3] as number,
        c[at + 4] as number,
        c[at + 5] as number,
        c[at + 6] as number,
      );
    });
  }

  // ---- events over the whole run ------------------------------------------------------------------------------------

  get eventCount(): number {
    return this.eventKind.length;
  }

  private decode(i: number): Event {
    const address = this.eventAddress.at(i);
    return decodeEvent(
      this.eventKind.at(i),
      this.log.chunks[Math.floor(address / LOG_CHUNK)] as Int32Array,
      (address % LOG_CHUNK) + 1,
    );
  }

  event(number: number): RunEvent {
    return { moment: this.eventMoment.at(number), number, event: this.decode(number) };
  }

  eventName(number: number): EventName {
    return EVENT_NAMES[this.eventKind.at(number)] as EventName;
  }

  eventMomentOf(number: number): number {
    return this.eventMoment.at(number);
  }

  /** Number of events raised up to and including a moment. */
  eventsUpTo(moment: number): number {
    return this.eventMoment.upTo(moment);
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  /** The next (direction 1) or previous (-1) moment after `from` that `wanted` accepts, or -1. */
  find(from: number, direction: 1 | -1, wanted: (moment: number) => boolean): number {
    for (let m = from + direction; m >= 0 && m < this.length; m += direction) if (wanted(m)) return m;
    return -1;
  }
}
