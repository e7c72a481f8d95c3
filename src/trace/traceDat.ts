// Reader of trace.dat (trace-cmd's binary trace): the records of all CPUs and buffers in the order of their time, as columns.

import { type DatBuffer, type DatContainer, DatParser } from './datContainer';
import { commonField, cpuStride, DatSource } from './datSource';
import type { EventFormat } from './eventFormat';
import { type NewEvent, TraceEvents } from './events';
import type { Decompressors } from './files';
import { readFtraceText, type TraceAbout, type TraceFile } from './ftraceText';
import { latencyFlags } from './latencyFlags';
import { ProblemList, type ReadControl } from './problem';
import { RingBufferCursor } from './ringBuffer';

/** Clocks that do not count nanoseconds. */
const tickClocks = new Set(['counter', 'x86-tsc', 'ppc-tb']);

/** Events between two looks at the control. */
const controlStep = 1 << 14;

/** One CPU's records while all are merged. */
interface Lane {
  readonly cursor: RingBufferCursor;
  readonly cpu: number;
  readonly source: number;
  readonly data: Uint8Array;
  readonly view: DataView;
  /** Address of the first byte of `data`. */
  readonly address: number;
}

/** Merges the lanes of all buffers into columns. */
class DatMerger {
  readonly events = new TraceEvents();
  readonly #container: DatContainer;
  readonly #problems: ProblemList;
  readonly #lanes: Lane[] = [];
  readonly #offsets: { type: number; flags: number; preempt: number; pid: number };
  readonly #kinds = new Map<number, number>();
  readonly #tasks = new Map<number, number>();
  readonly #flags = new Int16Array(0x10000).fill(-1);
  readonly #unknown = new Set<number>();

  constructor(container: DatContainer, problems: ProblemList) {
    this.#container = container;
    this.#problems = problems;
    const offset = (name: string, usual: number): number => commonField(container, name)?.offset ?? usual;
    this.#offsets = {
      type: offset('common_type', 0),
      flags: offset('common_flags', 2),
      preempt: offset('common_preempt_count', 3),
      pid: offset('common_pid', 4),
    };
    const buffers = container.buffers;
    this.events.unit =
      buffers.some((buffer) => tickClocks.has(buffer.clock)) && container.tsc === undefined ? 'ticks' : 'ns';
    this.#setBase(buffers);
    for (const buffer of buffers) {
      this.#addBuffer(buffer);
    }
  }

  /** Merges everything; false if it was cancelled. */
  merge(control: ReadControl): boolean {
    const heap = this.#lanes.filter((lane) => this.#advance(lane));
    heap.sort((a, b) => a.cursor.time - b.cursor.time);
    for (let n = 0; heap.length > 0; n++) {
      if (n % controlStep === 0) {
        if (control.cancelled?.() === true) {
          return false;
        }
      }
      const lane = heap[0] as Lane;
      this.#add(lane);
      if (!this.#advance(lane)) {
        heap.shift();
      } else {
        sink(heap);
      }
    }
    this.#scaleTimes();
    return true;
  }

  #setBase(buffers: readonly DatBuffer[]): void {
    let base: bigint | undefined;
    for (const { data } of buffers.flatMap((buffer) => buffer.cpus)) {
      const first = RingBufferCursor.firstTime(data, this.#container.littleEndian);
      if (first !== undefined && (base === undefined || first < base)) {
        base = first;
      }
    }
    this.events.base = base ?? 0n;
  }

  #addBuffer(buffer: DatBuffer): void {
    const { littleEndian, page } = this.#container;
    const file = this.#problems.file;
    const source = Math.min(this.events.sources.length, 0xff);
    const name = buffer.name === '' ? file : `${file} (instance ${buffer.name})`;
    this.events.sources.push(new DatSource(name, this.#container, buffer.cpus));
    for (const [i, { cpu, data }] of buffer.cpus.entries()) {
      this.#lanes.push({
        cursor: new RingBufferCursor(data, buffer.pageSize, page, littleEndian, this.events.base),
        cpu,
        source,
        data,
        view: new DataView(data.buffer, data.byteOffset, data.byteLength),
        address: i * cpuStride,
      });
    }
  }

  /** Moves a lane to its next record; notes what was lost or damaged on the way. */
  #advance(lane: Lane): boolean {
    const { cursor } = lane;
    const found = cursor.next();
    if (cursor.damage !== undefined) {
      const { message, offset } = cursor.damage;
      this.#problems.add('error', `${message} (CPU ${lane.cpu}, offset 0x${offset.toString(16)} of its data)`);
      cursor.damage = undefined;
    }
    return found;
  }

  #add(lane: Lane): void {
    const { cursor, view } = lane;
    if (cursor.lost !== 0) {
      this.events.lost.push({ before: this.events.count, cpu: lane.cpu, count: cursor.lost });
    }
    const little = this.#container.littleEndian;
    const { type, flags, preempt, pid } = this.#offsets;
    const { start, length } = cursor;
    if (length < 8) {
      this.#problems.add('error', `a record of ${length} bytes is too short for an event (CPU ${lane.cpu})`);
      return;
    }
    const event: NewEvent = {
      time: cursor.time,
      cpu: Math.min(lane.cpu, 0xffff),
      task: this.#task(view.getInt32(start + pid, little)),
      kind: this.#kind(view.getUint16(start + type, little)),
      flags: this.#flag(view.getUint8(start + flags), view.getUint8(start + preempt)),
      offset: lane.address + start,
      length,
      textAt: 0,
      line: this.events.count + 1,
    };
    this.events.add(event, lane.source);
  }

  #kind(id: number): number {
    const known = this.#kinds.get(id);
    if (known !== undefined) {
      return known;
    }
    const format: EventFormat | undefined = this.#container.formats.get(id);
    if (format === undefined && !this.#unknown.has(id)) {
      this.#unknown.add(id);
      this.#problems.add('warning', `the file has no format of event type ${id}; its events are kept without fields`);
    }
    const code = this.events.kindCode(format?.name ?? `type-${id}`);
    this.#kinds.set(id, code);
    return code;
  }

  #task(pid: number): number {
    const known = this.#tasks.get(pid);
    if (known !== undefined) {
      return known;
    }
    const comm = this.#container.comms.get(pid) ?? (pid === 0 ? '<idle>' : '<...>');
    const code = this.events.taskCode(comm, pid);
    this.#tasks.set(pid, code);
    return code;
  }

  #flag(flags: number, preemptCount: number): number {
    const key = (flags << 8) | preemptCount;
    const known = this.#flags[key] as number;
    if (known >= 0) {
      return known;
    }
    const code = this.events.flagCode(latencyFlags(flags, preemptCount));
    this.#flags[key] = code;
    return code;
  }

  /** Turns raw time stamps into those of the trace's clock: cycles to nanoseconds, and the offset of the file. */
  #scaleTimes(): void {
    const { tsc, timeOffset } = this.#container;
    const { events } = this;
    if (tsc !== undefined) {
      const scaled = (ts: bigint): bigint => (ts * tsc.mult) >> tsc.shift;
      const base = scaled(events.base);
      for (let i = 0; i < events.count; i++) {
        events.time[i] = Number(scaled(events.base + BigInt(events.time[i] as number)) - base);
      }
      events.base = base;
    }
    events.base += timeOffset;
  }
}

/** Moves the first lane of a list in order of time to where it belongs; equal times keep the order of the lanes. */
function sink(heap: Lane[]): void {
  const lane = heap[0] as Lane;
  let i = 0;
  for (; i + 1 < heap.length; i++) {
    const next = heap[i + 1] as Lane;
    if (next.cursor.time >= lane.cursor.time) {
      break;
    }
    heap[i] = next;
  }
  heap[i] = lane;
}

/** Reads a trace.dat of version 6 or 7. Never throws for what stands in it; see `problems`. */
export async function readTraceDat(
  bytes: Uint8Array,
  file: string,
  decompressors: Decompressors,
  control: ReadControl = {},
): Promise<TraceFile> {
  const problems = new ProblemList(file);
  const container = await new DatParser(bytes, decompressors, problems).parse();
  if (container.latencyText !== undefined) {
    const text = await readFtraceText([container.latencyText], file, control);
    return { ...text, form: 'trace-dat', problems: [...problems.list(), ...text.problems], about: aboutOf(container) };
  }
  const merger = new DatMerger(container, problems);
  const { events } = merger;
  const cancelled = !merger.merge(control);
  if (events.count === 0 && problems.count === 0) {
    problems.add('error', 'the trace holds no events: was tracing on while trace-cmd recorded?');
  }
  if (events.lost.length > 0) {
    problems.add('warning', `the trace lost events (${events.lost.length} times, first on CPU ${events.lost[0]?.cpu})`);
  }
  const { overwritten } = container;
  events.overwritten = overwritten;
  const about = aboutOf(container);
  return { file, form: 'trace-dat', events, problems: problems.list(), overwritten, cancelled, about };
}

function aboutOf({
  version,
  littleEndian,
  compression,
  writer,
  uname,
  hostPageSize,
  buffers,
}: DatContainer): TraceAbout {
  const kernel = uname.split(' ')[2]; // system, node, release, machine
  const clock = buffers[0]?.clock;
  return {
    ...(kernel === undefined ? {} : { kernel }),
    ...(hostPageSize === 0 ? {} : { hostPageSize }),
    ...(clock ? { clock } : {}),
    container: { version, littleEndian, compression, writer, buffers: buffers.map(({ name }) => name) },
  };
}
