// Inputs of the trace benchmark: a short recording of a real kernel, repeated until it is as long as wanted.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { nodeDecompressors } from '../platform/node/decoders';
import { DatParser } from '../trace/datContainer';
import type { TraceEvents } from '../trace/events';
import { ProblemList } from '../trace/problem';
import { ftraceText } from '../trace/writeFtrace';

const NS = 1_000_000_000n;

/**
 * A trace.dat of version 6 whose events come again and again, each time later by `span`.
 * @param bytes of the file that is repeated, uncompressed
 * @param times how often
 * @param span nanoseconds
 */
export async function repeatedDat(bytes: Uint8Array, times: number, span: bigint): Promise<Uint8Array> {
  const container = await new DatParser(bytes, nodeDecompressors, new ProblemList('the benchmark input')).parse();
  const [buffer] = container.buffers;
  const table = lastIndexOf(bytes, 'flyrecord\0') + 10;
  const firstData = Math.min(...(buffer?.cpus ?? []).map(({ data }) => data.byteOffset - bytes.byteOffset));
  if (buffer === undefined || container.version !== 6 || !Number.isFinite(firstData))
    throw new Error('a trace.dat of version 6 with events is needed to make a longer one of');
  const size = buffer.cpus.reduce((sum, { data }) => sum + data.length, 0) * times;
  const made = new Uint8Array(firstData + size);
  made.set(bytes.subarray(0, firstData));
  const view = new DataView(made.buffer);
  let at = firstData;
  for (const [i, { data }] of buffer.cpus.entries()) {
    view.setBigUint64(table + 16 * i, BigInt(at), container.littleEndian);
    view.setBigUint64(table + 16 * i + 8, BigInt(data.length * times), container.littleEndian);
    for (let n = 0; n < times; n++) {
      made.set(data, at);
      for (let page = at; page < at + data.length; page += buffer.pageSize) {
        const time = view.getBigUint64(page, container.littleEndian);
        view.setBigUint64(page, time + BigInt(n) * span, container.littleEndian);
      }
      at += data.length;
    }
  }
  return made;
}

function lastIndexOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf(text, undefined, 'latin1');
}

/** How long a trace takes, in nanoseconds, with a second of rest behind it. */
export function spanOf(events: TraceEvents): bigint {
  return events.timeOf(events.count - 1) - events.timeOf(0) + NS;
}

/**
 * Writes events as ftrace text, again and again and each time later, until the file has a size.
 * @param atLeast bytes
 * @returns how many events it holds
 */
export async function writeRepeatedText(events: TraceEvents, path: string, atLeast: number): Promise<number> {
  const out = createWriteStream(path);
  const span = spanOf(events);
  const base = events.base;
  let bytes = 0;
  let count = 0;
  for (let n = 0; bytes < atLeast; n++) {
    events.base = base + BigInt(n) * span;
    for (const piece of ftraceText(events)) {
      bytes += piece.length;
      if (!out.write(piece)) await once(out, 'drain');
    }
    count += events.count;
  }
  events.base = base;
  out.end();
  await once(out, 'finish');
  return count;
}
