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
import { hcallRecord, printRecord, traceDatFile } from '../../support/traceDatFile';

const runs = Number(process.env.HPTSCOPE_FUZZ ?? 150);
/** Longest time that one input may take, in ms. */
const longest = 1000;
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
  /** Part of `runs`: large inputs get fewer. */
  readonly share?: number;
}

const recording = (file: string): Uint8Array =>
  captureRecording('p9-61-64k-fixed').files.get(file) ?? assert.fail(file);
const part = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, largestSeed);

async function readDat(bytes: Uint8Array, decoders = nodeDecoders): Promise<void> {
  useAll((await readTraceDat(bytes, 'input', partDecompressors(decoders))).events);
}

/** Where the real trace.dat keeps its options and its first chunk: at the offset in its head, and at 512 KiB. */
function datHotspots(seed: Uint8Array): number[] {
  const at = new DataView(seed.buffer, seed.byteOffset).getUint32(29, true);
  return [at, 0x80000, seed.length - 300];
}

const targets: readonly Target[] = [
  {
    name: 'ftrace text',
    seeds: () => [
      part(captureBytes('p9-61-64k-kprobes', 'trace.txt')),
      part(captureBytes('p9-61-64k-kprobes', 'trace-cmd-report.txt')),
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
      gunzipSync(readFileSync(inRepository('test/data/captures/streams/p9-61-64k-fixed-htabfd.00110.htabfd.gz'))),
    ],
    read: (bytes) => readHtabStream(bytes, 'input'),
  },
  { name: 'trace.dat', seeds: datSeeds, read: (bytes) => readDat(bytes) },
  {
    name: 'trace.dat of a real kernel',
    seeds: () => [recording('trace.dat')],
    read: (bytes) => readDat(bytes),
    hotspots: datHotspots,
    share: 0.2,
  },
  {
    name: 'trace.dat of a real kernel, in a browser',
    seeds: () => [recording('trace.dat')],
    read: (bytes) => readDat(bytes, browserDecoders),
    hotspots: datHotspots,
    share: 0.2,
  },
  { name: 'gzip', seeds: () => [gzipSync(recording('facts.jsonl'))], read: unpack },
  {
    name: 'xz and zstd',
    seeds: () =>
      ['trace.short.txt.xz', 'trace.short.txt.zst'].map((name) =>
        readFileSync(inRepository(`test/data/captures/streams/${name}`)),
      ),
    read: unpack,
  },
];

describe('damaged inputs', function () {
  this.timeout(60_000 + runs * 200);
  for (const { name, seeds, read, hotspots, share = 1 } of targets) {
    it(`of ${name} give a result or a clear error, in time`, async () => {
      const all = seeds().map((seed) => ({ seed, hot: hotspots?.(seed) ?? [] }));
      for (let run = 0; run < runs * share; run++) {
        const random = new Random(run + 1);
        const { seed, hot } = all[random.below(all.length)] ?? assert.fail('no seed');
        const bytes = mutated(seed, random, hot);
        detectInput('input', bytes.subarray(0, detectBytes));
        const start = performance.now();
        try {
          await read(bytes);
        } catch (error) {
          assert.fail(`run ${run}: ${error instanceof Error ? error.stack : error}`);
        }
        const took = performance.now() - start;
        assert.ok(took < longest, `run ${run} took ${took.toFixed(0)} ms`);
      }
    });
  }
});
