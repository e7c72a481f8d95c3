/**
 * The index of a run: where in its journal each moment, frame, write and event stands, and to what it belongs, in columns. What the
 * journal itself says there (the step, the path, the values) is read from it. It is made in one go, in slices that leave others their
 * turn, or bit by bit while a journal grows.
 */
import { EVENT_NAMES, EVENT_WORDS, type EventName, eventCode, wideFieldAt } from '../model/events';
import {
  ID_MASK,
  LOG_CHUNK,
  LOG_CHUNK_SHIFT,
  type Log,
  REC_ENTER,
  REC_EVENT,
  REC_LEAVE,
  REC_MARK,
  REC_RESUME,
  REC_STEP,
  REC_WRITE,
  readLog,
} from '../model/log';
import { ByteColumn, Column } from './column';
import { EventChain } from './eventChain';
import { RecordAddresses } from './recordAddresses';
import { Writes } from './writes';

const NONE = 0xffffffff;
/** The value in the first word of a record, below its type. */
const VALUE = 0x0fffffff;
/** So many moments are tried one after the other before they are searched. */
const NEAR = 16;

/** Words of the journal that are indexed at a time in slices: a few milliseconds. */
const SLICE = 1 << 18;

/** Events that are chained at a time: about a millisecond. */
const CHAINED = 1 << 12;

/** A statement within whose kernel path another actor's statement runs. */
interface Interrupted {
  readonly source: number;
  readonly stack: number[];
  readonly latest: number;
  /** number of the race that it is interrupted by */
  readonly race: number;
}

export class RunIndex {
  readonly writes: Writes;

  // by moment
  private readonly addresses: RecordAddresses;
  private readonly frameOf = new Column();
  /** the moment that was found last */
  private moment = 0;

  // stretches of moments of one statement: first moment and source number
  private readonly statementFrom = new Column();
  private readonly statementSource = new Column();
  /** the stretch that was found last */
  private statement = 0;

  // by source number: the first moment, NONE where there is none (yet)
  private readonly firstMoment = new Column();

  // by frame
  private readonly frameParent = new Column();
  private readonly frameAddress = new Column();

  // by event
  private readonly eventKind = new ByteColumn();
  private readonly eventAddress = new Column();
  /** numbers of the events of each kind, made when first asked for */
  private byKind: readonly Uint32Array[] | null = null;
  /** by name of the field */
  private readonly chains = new Map<string, EventChain>();

  /** Address behind the last record taken. */
  end = 0;

  /** frames under way, outermost first */
  private stack: number[] = [];
  private source = 0;
  /** statements within whose kernel paths another actor's statement runs, with the race that each is interrupted by */
  private readonly interrupted: Interrupted[] = [];
  /** last moment of the statement that is under way */
  private latest = 0;

  // by race: a statement that runs inside another one's kernel path
  private readonly raceFrom = new Column();
  private readonly raceTo = new Column();
  /** the moment within which it runs */
  private readonly raceWithin = new Column();
  /** the race around it */
  private readonly raceOuter = new Column();
  /** which steps the run ever does, by step id */
  private readonly stepsDone = new Uint8Array(1 << 16);

  /** @param log its records are whole up to its end */
  constructor(readonly log: Log) {
    this.writes = new Writes(log);
    this.addresses = new RecordAddresses(log, [REC_MARK, REC_STEP]);
  }

  /** The index of a whole journal. */
  static of(log: Log): RunIndex {
    const index = new RunIndex(log);
    index.take(log.end);
    index.trim();
    return index;
  }

  /** The same, a few milliseconds at a time: `pause` is awaited in between. */
  static async inSlices(log: Log, pause: () => Promise<void>): Promise<RunIndex> {
    const index = new RunIndex(log);
    while (index.end < log.end) {
      index.take(Math.min(log.end, index.end + SLICE));
      await pause();
    }
    index.trim();
    return index;
  }

  /** Takes the records that begin before an address and have not been taken yet. */
  take(to: number): void {
    this.end = readLog(this.log, this.end, to, EVENT_WORDS, (type, value, _chunk, _at, address) =>
      this.record(type, value, address),
    );
    this.byKind = null;
    this.chains.clear();
  }

  /** Gives back memory that was kept for more records. */
  private trim(): void {
    for (const column of this.all) column.trim();
    this.writes.trim();
  }

  private record(type: number, value: number, address: number): void {
    switch (type) {
      case REC_MARK:
        if (this.stack.length > 0) {
          this.beginRace();
          this.stack = [];
        }
        this.source = value;
        this.noteFirst(value);
        this.begin(address);
        return;
      case REC_RESUME: {
        const outer = this.interrupted.pop();
        if (outer !== undefined) this.raceTo.set(outer.race, this.addresses.length);
        this.source = outer?.source ?? this.source;
        this.stack = outer?.stack ?? [];
        this.latest = outer?.latest ?? this.latest;
        return;
      }
      case REC_STEP:
        this.stepsDone[value] = 1;
        this.begin(address);
        return;
      case REC_ENTER:
        this.frameParent.push(this.stack.at(-1) ?? NONE);
        this.frameAddress.push(address);
        this.stack.push(this.frameAddress.length - 1);
        return;
      case REC_LEAVE:
        this.stack.pop();
        return;
      case REC_WRITE:
        this.writes.push(address);
        return;
      case REC_EVENT:
        this.eventKind.push(value & ID_MASK);
        this.eventAddress.push(address);
        return;
    }
  }

  private beginRace(): void {
    const race = this.raceFrom.length;
    this.raceFrom.push(this.addresses.length);
    this.raceTo.push(NONE);
    this.raceWithin.push(this.latest);
    this.raceOuter.push(this.interrupted.at(-1)?.race ?? NONE);
    this.interrupted.push({ source: this.source, stack: this.stack, latest: this.latest, race });
  }

  /** The moment that begins is the first one of its statement, if that had none. */
  private noteFirst(source: number): void {
    const { firstMoment } = this;
    while (firstMoment.length <= source) firstMoment.push(NONE);
    if (firstMoment.at(source) === NONE) firstMoment.set(source, this.addresses.length);
  }

  private begin(address: number): void {
    const known = this.statementSource.length;
    if (known === 0 || this.statementSource.at(known - 1) !== this.source) {
      this.statementFrom.push(this.addresses.length);
      this.statementSource.push(this.source);
    }
    this.latest = this.addresses.length;
    this.addresses.push(address);
    this.frameOf.push(this.stack.at(-1) ?? NONE);
  }

  private get all(): readonly { readonly bytes: number; trim(): void }[] {
    return [
      this.addresses,
      this.frameOf,
      this.statementFrom,
      this.statementSource,
      this.firstMoment,
      this.frameParent,
      this.frameAddress,
      this.raceFrom,
      this.raceTo,
      this.raceWithin,
      this.raceOuter,
      this.eventKind,
      this.eventAddress,
    ];
  }

  /** Memory of the columns, in bytes. */
  get bytes(): number {
    const made = [
      ...(this.byKind ?? []).map(({ byteLength }) => byteLength),
      ...[...this.chains.values()].map(({ bytes }) => bytes),
    ];
    const columns = this.all.map(({ bytes }) => bytes);
    return [...columns, ...made, this.writes.bytes].reduce((sum, bytes) => sum + bytes, 0);
  }

  private first(address: number): number {
    return (this.log.chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array)[address & (LOG_CHUNK - 1)] as number;
  }

  // ---- moments ------------------------------------------------------------------------------------------------------

  get length(): number {
    return this.addresses.length;
  }

  /** Addresses of a moment's first record and of the next moment's. */
  span(moment: number): readonly [number, number] {
    return [this.addresses.at(moment), moment + 1 < this.length ? this.addresses.at(moment + 1) : this.end];
  }

  /** Step id of a moment (listing.ts), -1 for a statement. */
  stepAt(moment: number): number {
    const first = this.first(this.addresses.at(moment));
    return first >>> 28 === REC_STEP ? first & ID_MASK : -1;
  }

  /** Doubts (log.ts, Doubt) under which a step was journaled; 0 for a statement. */
  doubtAt(moment: number): number {
    const first = this.first(this.addresses.at(moment));
    return first >>> 28 === REC_STEP ? first & VALUE & ~ID_MASK : 0;
  }

  /** Innermost frame under way at a moment, -1 for none and for a statement. */
  frameAt(moment: number): number {
    const frame = this.frameOf.at(moment);
    return frame === NONE ? -1 : frame;
  }

  /** Source number of the statement that a moment belongs to. */
  sourceAt(moment: number): number {
    let { statement } = this;
    const isIn = (at: number) =>
      this.statementFrom.at(at) <= moment &&
      (at + 1 === this.statementFrom.length || moment < this.statementFrom.at(at + 1));
    if (!isIn(statement)) statement = isIn(statement + 1) ? statement + 1 : this.statementFrom.upTo(moment) - 1;
    this.statement = statement;
    return this.statementSource.at(statement);
  }

  /** The first moment of a statement by source number, or -1. */
  momentOfSource(source: number): number {
    const moment = source >= 0 && source < this.firstMoment.length ? this.firstMoment.at(source) : NONE;
    return moment === NONE ? -1 : moment;
  }

  /** The moment within whose kernel path a moment's statement runs, another actor's; -1 when it is not in a race. */
  interruptedAt(moment: number): number {
    let race = this.raceFrom.upTo(moment) - 1;
    while (race >= 0 && this.raceTo.at(race) <= moment) {
      const outer = this.raceOuter.at(race);
      race = outer === NONE ? -1 : outer;
    }
    return race < 0 ? -1 : this.raceWithin.at(race);
  }

  /** Whether the run ever does a step, by its id (listing.ts). */
  doesStep(step: number): boolean {
    return this.stepsDone[step] === 1;
  }

  /** The moment that a record belongs to. Records asked for one after the other are found without a search. */
  momentOf(address: number): number {
    const { addresses } = this;
    let moment = addresses.at(this.moment) <= address ? this.moment : -1;
    for (let tries = 0; moment >= 0 && moment + 1 < this.length && addresses.at(moment + 1) <= address; tries++)
      moment = tries < NEAR ? moment + 1 : -1;
    if (moment < 0) moment = Math.max(0, addresses.upTo(address) - 1);
    this.moment = moment;
    return moment;
  }

  /** Number of writes that have been made when a moment is over. */
  writesUpTo(moment: number): number {
    return moment < 0 ? 0 : this.writes.before(this.span(moment)[1]);
  }

  // ---- frames -------------------------------------------------------------------------------------------------------

  get frameCount(): number {
    return this.frameAddress.length;
  }

  /** Number of the path of a frame (listing.ts). */
  framePath(frame: number): number {
    return this.first(this.frameAddress.at(frame)) & VALUE;
  }

  /** The frame that called a frame, or -1. */
  frameCaller(frame: number): number {
    const caller = this.frameParent.at(frame);
    return caller === NONE ? -1 : caller;
  }

  /** The first moment inside a frame. */
  frameEntry(frame: number): number {
    return this.addresses.upTo(this.frameAddress.at(frame));
  }

  /** The record by which a frame was entered: its chunk, and its position there. */
  frameRecord(frame: number): readonly [Int32Array, number] {
    return this.recordAt(this.frameAddress.at(frame));
  }

  private recordAt(address: number): readonly [Int32Array, number] {
    return [this.log.chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array, address & (LOG_CHUNK - 1)];
  }

  // ---- events -------------------------------------------------------------------------------------------------------

  get eventCount(): number {
    return this.eventKind.length;
  }

  /** Kind number of an event. */
  eventCode(event: number): number {
    return this.eventKind.at(event);
  }

  eventMomentOf(event: number): number {
    return this.momentOf(this.eventAddress.at(event));
  }

  /** The record of an event. */
  eventRecord(event: number): readonly [Int32Array, number] {
    return this.recordAt(this.eventAddress.at(event));
  }

  /** Number of events raised up to and including a moment. */
  eventsUpTo(moment: number): number {
    return moment < 0 ? 0 : this.eventAddress.upTo(this.span(moment)[1] - 1);
  }

  /** Numbers of the events of a kind, ascending. */
  eventsOf(kind: EventName): Uint32Array {
    this.byKind ??= this.sortByKind();
    return this.byKind[eventCode(kind)] as Uint32Array;
  }

  private sortByKind(): Uint32Array[] {
    const counts = new Uint32Array(EVENT_NAMES.length);
    const next = (kind: number): number => {
      const count = counts[kind] as number;
      counts[kind] = count + 1;
      return count;
    };
    for (let event = 0; event < this.eventCount; event++) next(this.eventKind.at(event));
    const numbers = [...counts].map((count) => new Uint32Array(count));
    counts.fill(0);
    for (let event = 0; event < this.eventCount; event++) {
      const kind = this.eventKind.at(event);
      (numbers[kind] as Uint32Array)[next(kind)] = event;
    }
    return numbers;
  }

  /** The events by the value of a 64-bit field, made in slices when first asked for. Events that come meanwhile are not among them. */
  *makingChain(field: string): Generator<void, EventChain> {
    const known = this.chains.get(field);
    if (known !== undefined) return known;
    const places = EVENT_NAMES.map((_, code) => wideFieldAt(code, field));
    const chain = new EventChain(this.eventCount);
    for (let event = 0; event < chain.events; event++) {
      if (event % CHAINED === CHAINED - 1) yield;
      const at = places[this.eventKind.at(event)] as number;
      if (at < 0) continue;
      const [chunk, p] = this.eventRecord(event);
      chain.push(event, chunk[p + at] as number, chunk[p + at + 1] as number);
    }
    if (chain.events === this.eventCount) this.chains.set(field, chain);
    return chain;
  }
}
