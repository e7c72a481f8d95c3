// Damaged inputs: every reader gives a result or says what is wrong; nothing is thrown, hangs, or takes memory on a promise.
// HPTSCOPE_FUZZ sets how many inputs each reader gets (scripts/fuzz.mjs: 10,000).

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { browserDecoders } from '../../../src/platform/browser/decoders';
import { collected, decompressed, partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { detectBytes, detectInput } from '../../../src/trace/detect';
import type { TraceEvents } from '../../../src/trace/events';
import { FtraceTextReader } from '../../../src/trace/ftraceText';
import { readHtabStream } from '../../../src/trace/htabStream';
import { readHtabText } from '../../../src/trace/htabText';
import { readPagemapText } from '../../../src/trace/pagemapText';
import { printEvent } from '../../../src/trace/printEvent';
import { readFacts } from '../../../src/trace/recordingFacts';
import { readRecordingFile } from '../../../src/trace/recordingFile';
import { readTraceDat } from '../../../src/trace/traceDat';
import { inRepository } from '../../repository';
import { captureBytes, captureRecording } from '../../support/captures';
import { mutated, Random } from '../../support/mutate';
import { PeakMemory } from '../../support/peakMemory';
import { hcallRecord, printRecord, traceDatFile } from '../../support/traceDatFile';

const runs = Number(process.env.HPTSCOPE_FUZZ ?? 150);
/** Longest time that one input may take, in ms of the processor: what else the machine does meanwhile is not the reader's. */
const longest = 1000;
/** Longest time that anybody waits for a reader, in ms: one that waits for ever takes no time of the processor. */
const patience = 30_000;
/** Most memory that a reader may take for an input beyond what it has, in bytes; so much a small input may declare. */
const mostMemory = 384 * 2 ** 20;
/** Inputs between two looks at the memory. */
const memoryStep = 50;
const largestSeed = 64 * 1024;

/** Asks everything of every event, as views would. */
function useAll(events: TraceEvents): void {
  for (let i = 0; i < events.count; i++) {
    printEvent(events.decode(i));
    events.timeOf(i);
    events.taskOf(i);
    events.record(i);
  }
  events.findMark('none');
  events.firstAfter(5n);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function unpack(bytes: Uint8Array): Promise<void> {
  try {
    await collected(decompressed(once(bytes), 'input', nodeDecoders, 1 << 24));
  } catch (error) {
    assert.match(String(error), /^Error: input: /);
  }
}

function datSeeds(): Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const version of [6, 7] as const) {
    for (const littleEndian of [true, false]) {
      for (const compression of version === 7 ? (['none', 'zlib'] as const) : (['none'] as const)) {
        const items = [
          { event: hcallRecord(littleEndian, 7, 0, 8n, [1n, 2n, 3n, 4n]), delta: 5 },
          { extend: 2 ** 30 },
          { event: printRecord(littleEndian, 7, 'mark'), delta: 3, long: true },
          { stamp: 2n ** 40n },
        ];
        const pages = [
          { time: 1000n, items },
          { time: 2n ** 41n, items, lost: 3 },
        ];
        const cpus = [
          { cpu: 0, pages },
          { cpu: 1, pages },
        ];
        const buffers = [
          { name: '', clock: 'mono', cpus },
          { name: 'more', clock: 'mono', cpus },
        ];
        seeds.push(traceDatFile({ version, littleEndian, compression, buffers, pageSize: 1024 }));
      }
    }
  }
  return seeds;
}

interface Target {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly read: (bytes: Uint8Array) => unknown;
  readonly hotspots?: (seed: Uint8Array) => number[];
}

const recording = (file: string): Uint8Array =>
  captureRecording('p9-61-64k-fixed').files.get(file) ?? assert.fail(file);
const part = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, largestSeed);

const stream = (file: string): Uint8Array => readFileSync(inRepository(`test/data/captures/streams/${file}`));

async function readDat(bytes: Uint8Array, decoders = nodeDecoders): Promise<void> {
  useAll((await readTraceDat(bytes, 'input', partDecompressors(decoders))).events);
}

/** Text as perf script prints it, of a real trace. */
function perfScript(): Uint8Array {
  const lines = Buffer.from(captureBytes('p9-61-64k-fixed', 'trace.txt')).toString().split('\n').slice(12, 300);
  const line = /^ *(.+)-(\d+) +(\[\d+\]) \S+ +([\d.]+: )(kvm\w+: .*)$/;
  return Buffer.from(
    lines
      .map((text) => text.replace(line, '$1 $2/$2 $3 $4kvm_hv:$5\n      c0000000001 kvmppc_run_vcpu+0x10 ([kvm_hv])\n'))
      .join('\n'),
  );
}

/** A cut of a real kernel's trace.dat: the formats of its events, two ring-buffer pages, in zstd. */
const smallDat = (): Uint8Array => stream('p9-61-64k-kprobes.small.dat');

/** Where it keeps its options and its first chunk: at the offset in its head, and at 16 KiB. */
function datHotspots(seed: Uint8Array): number[] {
  const at = new DataView(seed.buffer, seed.byteOffset).getUint32(29, true);
  return [at, 0x4000, 0x4000 - 40, seed.length - 300];
}

const targets: readonly Target[] = [
  {
    name: 'ftrace text',
    seeds: () => [
      part(captureBytes('p9-61-64k-kprobes', 'trace.txt')),
      part(captureBytes('p9-61-64k-kprobes', 'trace-cmd-report.txt')),
      perfScript(),
    ],
    read: (bytes) => {
      const reader = new FtraceTextReader('input');
      for (let at = 0; at < bytes.length; at += 5000) {
        reader.push(bytes.subarray(at, at + 5000));
      }
      useAll(reader.end().events);
    },
  },
  {
    name: 'debugfs htab text',
    seeds: () => [
      recording('dumps/00110.htab.txt'),
      part(captureRecording('l2-61-64k').files.get('dumps/snap-0-running.htab.txt') ?? assert.fail()),
    ],
    read: (bytes) => readHtabText(bytes, 'input'),
  },
  {
    name: 'pagemap text',
    seeds: () => [recording('dumps/00110.pagemap.txt')],
    read: (bytes) => readPagemapText(bytes, 'input'),
  },
  {
    name: 'hptscope.json',
    seeds: () => [recording('hptscope.json')],
    read: (bytes) => readRecordingFile(new TextDecoder().decode(bytes), 'input'),
  },
  { name: 'facts', seeds: () => [recording('facts.jsonl')], read: (bytes) => readFacts(bytes, 'input') },
  {
    name: 'HTAB_FD stream',
    seeds: () => [
      gunzipSync(stream('p9-61-64k-fixed-htabfd.00110.htabfd.gz')),
      gunzipSync(stream('p9-61-64k-fixed-htabfd.00030.htabfd.gz')),
    ],
    read: (bytes) => readHtabStream(bytes, 'input'),
  },
  { name: 'trace.dat', seeds: datSeeds, read: (bytes) => readDat(bytes) },
  {
    name: 'trace.dat of a real kernel',
    seeds: () => [smallDat()],
    read: (bytes) => readDat(bytes),
    hotspots: datHotspots,
  },
  {
    name: 'trace.dat of a real kernel, in a browser',
    seeds: () => [smallDat()],
    read: (bytes) => readDat(bytes, browserDecoders),
    hotspots: datHotspots,
  },
  { name: 'gzip', seeds: () => [gzipSync(recording('facts.jsonl'))], read: unpack },
  {
    name: 'xz and zstd',
    seeds: () => ['trace.short.txt.xz', 'trace.short.txt.zst'].map(stream),
    read: unpack,
  },
];

/** Reads one input; what is wrong with the way it was read, if anything. */
async function complaint(read: Target['read'], bytes: Uint8Array): Promise<string | undefined> {
  const before = process.cpuUsage();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('it does not come to an end'), patience);
  });
  try {
    const hangs = await Promise.race([Promise.resolve(read(bytes)).then(() => undefined), tooLong]);
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    return hangs ?? (took > longest ? `it took ${took.toFixed(0)} ms` : undefined);
  } catch (error) {
    return error instanceof Error ? error.stack : String(error);
  } finally {
    clearTimeout(timer);
  }
}

describe('damaged inputs', function () {
  this.timeout(60_000 + runs * 200);
  for (const { name, seeds, read, hotspots } of targets) {
    it(`of ${name} give a result or a clear error, in time and with little memory`, async () => {
      const all = seeds().map((seed) => ({ seed, hot: hotspots?.(seed) ?? [] }));
      assert.ok(all.every(({ seed }) => seed.length > 0 && seed.length <= largestSeed));
      const memory = new PeakMemory();
      memory.reset();
      for (let run = 0; run < runs; run++) {
        const random = new Random(run + 1);
        const { seed, hot } = all[random.below(all.length)] ?? assert.fail('no seed');
        const bytes = mutated(seed, random, hot);
        detectInput('input', bytes.subarray(0, detectBytes));
        const wrong = await complaint(read, bytes);
        assert.equal(wrong, undefined, `run ${run}`);
        if (run % memoryStep === memoryStep - 1) {
          assert.ok(memory.growth < mostMemory, `runs up to ${run}: ${(memory.growth / 2 ** 20).toFixed(0)} MiB more`);
          memory.reset();
        }
      }
    });
  }
});
