// A trace's events as plain data and typed arrays, so that they can be handed to another thread: the columns, what their codes mean,
// and the bytes that records are decoded from. Nothing large is copied: the events must not be used afterwards.

import type { CpuPages } from './datContainer';
import { DatSource } from './datSource';
import type { EventFormat } from './eventFormat';
import { type EventSource, type LostEvents, TraceEvents, type TraceTask } from './events';
import { Kallsyms } from './kallsyms';
import { TextBlocks } from './textBlocks';
import { TextLines } from './textLines';

type PackedSource =
  | { readonly kind: 'text'; readonly file: string; readonly blocks: readonly Uint8Array[] }
  | {
      readonly kind: 'dat';
      readonly file: string;
      readonly littleEndian: boolean;
      readonly formats: ReadonlyMap<number, EventFormat>;
      readonly kallsyms: Uint8Array;
      readonly pages: readonly CpuPages[];
    };

const columns = ['time', 'cpu', 'task', 'kind', 'flags', 'offset', 'length', 'textAt', 'line', 'source'] as const;
type Columns = Pick<TraceEvents, (typeof columns)[number]>;

export interface PackedEvents extends Columns {
  readonly count: number;
  readonly unit: TraceEvents['unit'];
  readonly resolution: number;
  readonly base: bigint;
  readonly tasks: readonly TraceTask[];
  readonly kindNames: readonly string[];
  readonly flagTexts: readonly string[];
  readonly lost: readonly LostEvents[];
  readonly overwritten: number;
  readonly sources: readonly PackedSource[];
}

/** Packs events. @param buffers takes the buffers that may be transferred rather than copied */
export function packEvents(events: TraceEvents, buffers: Set<ArrayBuffer>): PackedEvents {
  const { count, unit, resolution, base, tasks, kindNames, flagTexts, lost, overwritten } = events;
  events.trim();
  for (const column of columns) buffers.add(events[column].buffer);
  const { time, cpu, task, kind, flags, offset, length, textAt, line, source } = events;
  return {
    ...{ count, unit, resolution, base, tasks, kindNames, flagTexts, lost, overwritten },
    ...{ time, cpu, task, kind, flags, offset, length, textAt, line, source },
    sources: events.sources.map((one) => packSource(one, buffers)),
  };
}

function packSource(source: EventSource, buffers: Set<ArrayBuffer>): PackedSource {
  const { file } = source;
  const handed = (bytes: Uint8Array) => handOver(bytes, buffers);
  if (source instanceof TextLines) {
    return { kind: 'text', file, blocks: source.blocks.all.map(handed) };
  }
  if (source instanceof DatSource) {
    const { littleEndian, formats, symbols } = source.container;
    const pages = source.pages.map(({ cpu, data }) => ({ cpu, data: handed(data) }));
    return { kind: 'dat', file, littleEndian, formats, kallsyms: handed(symbols.text), pages };
  }
  throw new Error(`${file}: a source of events that cannot be handed over`);
}

/** A view of a small part of a buffer (a pool, say) is copied; what fills its buffer, or shares a large one, goes along. */
function handOver(bytes: Uint8Array, buffers: Set<ArrayBuffer>): Uint8Array {
  const { buffer } = bytes;
  const own = buffer instanceof ArrayBuffer && (bytes.byteLength === buffer.byteLength || buffer.byteLength > 1 << 16);
  if (!own) return bytes.slice();
  buffers.add(buffer);
  return bytes;
}

/** The events that `packEvents` was given. */
export function unpackEvents(packed: PackedEvents): TraceEvents {
  const events = new TraceEvents();
  for (const name of packed.kindNames) events.kindCode(name);
  for (const text of packed.flagTexts) events.flagCode(text);
  for (const { comm, pid, tgid } of packed.tasks) events.taskCode(comm, pid, tgid);
  const { count, unit, resolution, base, overwritten } = packed;
  const { time, cpu, task, kind, flags, offset, length, textAt, line, source } = packed;
  Object.assign(events, { count, unit, resolution, base, overwritten });
  Object.assign(events, { time, cpu, task, kind, flags, offset, length, textAt, line, source });
  events.lost.push(...packed.lost);
  events.sources.push(...packed.sources.map(unpackSource));
  return events;
}

function unpackSource(packed: PackedSource): EventSource {
  if (packed.kind === 'text') return new TextLines(packed.file, TextBlocks.of(packed.blocks));
  const { file, littleEndian, formats, kallsyms, pages } = packed;
  return new DatSource(file, { littleEndian, formats, symbols: new Kallsyms(kallsyms) }, pages);
}
