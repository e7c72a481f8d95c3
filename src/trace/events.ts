// The columnar store of trace events: what every query needs stands in typed arrays (36 bytes an event), everything else is
// decoded on demand from the source record behind the event. All readers fill this one store.

import type { DecodedEvent } from './decoded';
import { knownEvents, storedEventName } from './eventKinds';

/** Where records come from and how they are decoded: a text file's lines, or the records of a binary trace. */
export interface EventSource {
  /** Name of the file, for people. */
  readonly file: string;
  /** True if records are lines of text, so that `line` means a line of that file. */
  readonly isText: boolean;
  /** The bytes of a record. */
  record(offset: number, length: number): Uint8Array;
  /** The event's fields. `textAt` is where the event's own part starts in its record. */
  decode(code: number, name: string, offset: number, length: number, textAt: number): DecodedEvent;
  /** Every field of a binary record; left out where records are lines of text. */
  fields?(offset: number, length: number): readonly RecordField[];
}

/** A field of a binary record, as the event's format describes it. */
export interface RecordField {
  readonly name: string;
  /** C type, such as `unsigned long`. */
  readonly type: string;
  /** Place in the record, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Signed types as signed numbers; undefined where the record is too short or the field is neither number nor text. */
  readonly value: bigint | string | undefined;
}

/** A task as the trace names it: `comm-pid`. `tgid` is -1 where the trace does not tell it. */
export interface TraceTask {
  readonly comm: string;
  readonly pid: number;
  readonly tgid: number;
}

/** The trace lost events here: before the event with index `before`. `count` is undefined when the trace gives none. */
export interface LostEvents {
  readonly before: number;
  /** Whose events: all since the CPU's event before may be missing. Undefined: an event of any CPU, right here (a line that cannot be read). */
  readonly cpu: number | undefined;
  readonly count: number | undefined;
  /** Events may be missing from the beginning of the trace on. */
  readonly fromStart?: true;
}

/** What a reader knows of an event when it adds it. */
export interface NewEvent {
  /** Nanoseconds (or ticks) since `TraceEvents.base`. */
  time: number;
  cpu: number;
  task: number;
  kind: number;
  flags: number;
  offset: number;
  length: number;
  textAt: number;
  line: number;
}

const firstCapacity = 1024;

/** Decoded events that are kept; a power of two. */
const keptDecoded = 128;

/** Event columns of one trace, in the order of the trace. Index 0 is the first event. */
export class TraceEvents {
  /** Number of events; the columns are longer. */
  count = 0;
  /** What the clock counts. Traces with clocks such as x86-tsc or counter have ticks. */
  unit: 'ns' | 'ticks' = 'ns';
  /** Smallest step of the time stamps in `unit`s: 1000 for the microseconds of ftrace text, 1 for binary traces. */
  resolution = 1;
  /** Time of zero in the `time` column, in `unit`s of the trace's clock. */
  base = 0n;
  /** Time since `base`: exact, as long as a trace spans less than 2^53 ns (104 days). */
  time = new Float64Array(firstCapacity);
  cpu = new Uint16Array(firstCapacity);
  /** Index into `tasks`. */
  task = new Uint32Array(firstCapacity);
  /** Event kind: a code of `knownEvents`, or of a name that the trace brought along. Index into `kindNames`. */
  kind = new Uint16Array(firstCapacity);
  /** Index into `flagTexts`. */
  flags = new Uint8Array(firstCapacity);
  /** Place of the source record, for `EventSource`. */
  offset = new Float64Array(firstCapacity);
  length = new Uint32Array(firstCapacity);
  /** Where the event's own part starts in its record: its text in a line, 0 in a binary record. */
  textAt = new Uint16Array(firstCapacity);
  /** Line in the file, from 1 (text), or the number of the record, from 1 (binary). */
  line = new Uint32Array(firstCapacity);
  /** Index into `sources`. */
  source = new Uint8Array(firstCapacity);

  readonly tasks: TraceTask[] = [];
  readonly kindNames: string[] = [...knownEvents];
  /** Latency flags as printed, such as `.n...`; the empty text where the trace has none. */
  readonly flagTexts: string[] = [''];
  readonly sources: EventSource[] = [];
  readonly lost: LostEvents[] = [];
  /** Events that the ring buffers overwrote before the first event of each CPU. */
  overwritten = 0;

  readonly #kindCodes = new Map<string, number>(knownEvents.map((name, code) => [name, code]));
  readonly #flagCodes = new Map<string, number>([['', 0]]);
  readonly #taskCodes = new Map<string, number>();
  /** Events decoded lately, by the lowest bits of their index: replay and whoever runs what it found ask for the same ones. */
  readonly #decoded: (DecodedEvent | undefined)[] = new Array(keptDecoded).fill(undefined);
  readonly #decodedAt = new Int32Array(keptDecoded).fill(-1);
  /** Lengths that their records had: the last one of a live trace may get more lines. */
  readonly #decodedLength = new Uint32Array(keptDecoded);
  #marks: Map<string, number> | undefined;
  #marksUpTo = 0;

  /** Code of an event name; a new name gets the next code. 65,535 names at most: later ones share the last. */
  kindCode(name: string): number {
    const stored = storedEventName(name);
    const known = this.#kindCodes.get(stored);
    if (known !== undefined) {
      return known;
    }
    const code = Math.min(this.kindNames.length, 0xffff);
    if (code === this.kindNames.length) {
      this.kindNames.push(stored);
    }
    this.#kindCodes.set(stored, code);
    return code;
  }

  /** Code of a latency flags text. 256 texts at most: later ones share the empty one. */
  flagCode(text: string): number {
    const known = this.#flagCodes.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.flagTexts.length > 0xff) {
      return 0;
    }
    this.#flagCodes.set(text, this.flagTexts.length);
    return this.flagTexts.push(text) - 1;
  }

  /** Index of a task; a new one is added. */
  taskCode(comm: string, pid: number, tgid = -1): number {
    const key = `${pid} ${tgid} ${comm}`;
    const known = this.#taskCodes.get(key);
    if (known !== undefined) {
      return known;
    }
    this.#taskCodes.set(key, this.tasks.length);
    return this.tasks.push({ comm, pid, tgid }) - 1;
  }

  /** Appends an event and returns its index. `source` is an index into `sources`. */
  add(event: NewEvent, source: number): number {
    const i = this.count;
    if (i === this.time.length) {
      this.#grow();
    }
    this.time[i] = event.time;
    this.cpu[i] = event.cpu;
    this.task[i] = event.task;
    this.kind[i] = event.kind;
    this.flags[i] = event.flags;
    this.offset[i] = event.offset;
    this.length[i] = event.length;
    this.textAt[i] = event.textAt;
    this.line[i] = event.line;
    this.source[i] = source;
    this.count = i + 1;
    return i;
  }

  /** The exact time of an event, in `unit`s of the trace's clock. */
  timeOf(i: number): bigint {
    return this.base + BigInt(this.time[i] ?? 0);
  }

  /** Name of an event's kind. */
  nameOf(i: number): string {
    return this.kindNames[this.kind[i] ?? 0] ?? '';
  }

  /** The task of an event. */
  taskOf(i: number): TraceTask {
    return this.tasks[this.task[i] ?? 0] ?? { comm: '', pid: -1, tgid: -1 };
  }

  /** The fields of an event. */
  decode(i: number): DecodedEvent {
    const slot = i & (keptDecoded - 1);
    const kept = this.#decoded[slot];
    const length = this.length[i] as number;
    if (kept !== undefined && this.#decodedAt[slot] === i && this.#decodedLength[slot] === length) {
      return kept;
    }
    const decoded = this.#decode(i);
    this.#decoded[slot] = decoded;
    this.#decodedAt[slot] = i;
    this.#decodedLength[slot] = length;
    return decoded;
  }

  #decode(i: number): DecodedEvent {
    const source = this.#sourceOf(i);
    const code = this.kind[i] as number;
    return source.decode(
      code,
      this.nameOf(i),
      this.offset[i] as number,
      this.length[i] as number,
      this.textAt[i] as number,
    );
  }

  /** The bytes of the record behind an event: a text line without its end, or a ring-buffer record. */
  record(i: number): Uint8Array {
    return this.#sourceOf(i).record(this.offset[i] as number, this.length[i] as number);
  }

  /** Every field of the binary record behind an event; none where the record is a line of text. */
  recordFields(i: number): readonly RecordField[] {
    return this.#sourceOf(i).fields?.(this.offset[i] as number, this.length[i] as number) ?? [];
  }

  /** The source that an event came from. */
  sourceOf(i: number): EventSource {
    return this.#sourceOf(i);
  }

  /**
   * The first event at or after a time, or `count`. A time stamp that was rounded (ftrace text prints microseconds) may stand
   * for a time up to half a step later, so an event counts as at or after a time when it can be.
   */
  firstAtOrAfter(time: bigint): number {
    return this.#lowerBound(Number(time - this.base) - Math.floor(this.resolution / 2));
  }

  /** The first event after a time, or `count`: those before it had their time stamp at or before it. */
  firstAfter(time: bigint): number {
    return this.#lowerBound(Number(time - this.base) + 1);
  }

  /** The first tracing_mark_write event with this whole text, if there is one. */
  findMark(text: string): number | undefined {
    this.#marks ??= new Map();
    for (; this.#marksUpTo < this.count; this.#marksUpTo++) {
      if (this.kind[this.#marksUpTo] === 0) {
        const event = this.decode(this.#marksUpTo);
        if (event.kind === 'print' && !this.#marks.has(event.text)) {
          this.#marks.set(event.text, this.#marksUpTo);
        }
      }
    }
    return this.#marks.get(text);
  }

  /** Bytes of memory in the columns. */
  get columnBytes(): number {
    return this.time.length * 36;
  }

  /** The first event whose `time` column is at least `wanted`. */
  #lowerBound(wanted: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.time[middle] as number) < wanted) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  #sourceOf(i: number): EventSource {
    const source = this.sources[this.source[i] as number];
    if (source === undefined || i >= this.count) {
      throw new RangeError(`there is no event ${i}`);
    }
    return source;
  }

  /** Makes room for so many events. */
  reserve(count: number): void {
    while (this.time.length < count) {
      this.#grow();
    }
  }

  /** Gives back the memory that the columns hold for further events. */
  trim(): void {
    if (this.time.length > this.count) {
      this.#resize(this.count);
    }
  }

  #grow(): void {
    const old = this.time.length;
    this.#resize(Math.max(firstCapacity, old < 1 << 20 ? old * 2 : Math.ceil(old * 1.5)));
  }

  #resize(size: number): void {
    this.time = resized(this.time, new Float64Array(size));
    this.cpu = resized(this.cpu, new Uint16Array(size));
    this.task = resized(this.task, new Uint32Array(size));
    this.kind = resized(this.kind, new Uint16Array(size));
    this.flags = resized(this.flags, new Uint8Array(size));
    this.offset = resized(this.offset, new Float64Array(size));
    this.length = resized(this.length, new Uint32Array(size));
    this.textAt = resized(this.textAt, new Uint16Array(size));
    this.line = resized(this.line, new Uint32Array(size));
    this.source = resized(this.source, new Uint8Array(size));
  }
}

function resized<T extends { readonly length: number; set(from: T): void; subarray(from: number, to: number): T }>(
  old: T,
  made: T,
): T {
  made.set(old.length > made.length ? old.subarray(0, made.length) : old);
  return made;
}

/** Time as traces print it: seconds with nine decimals (ns), or the plain count (ticks). */
export function formatTraceTime(time: bigint, unit: 'ns' | 'ticks'): string {
  if (unit === 'ticks') {
    return time.toString();
  }
  const sign = time < 0n ? '-' : '';
  const digits = (time < 0n ? -time : time).toString().padStart(10, '0');
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** The nanoseconds of a time in seconds (`6.486738593`; up to nine decimals), or undefined if the text is no such time. */
export function parseTraceTime(text: string): bigint | undefined {
  const parts = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (parts === null) {
    return undefined;
  }
  return BigInt(parts[1] ?? '0') * 1_000_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0'));
}
