// Events handed to another thread decode to the same: text, trace.dat of both versions, several sources.

import assert from 'node:assert/strict';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import type { TraceEvents } from '../../../src/trace/events';
import { FtraceTextReader } from '../../../src/trace/ftraceText';
import { openTrace } from '../../../src/trace/openTrace';
import { packEvents, unpackEvents } from '../../../src/trace/packedEvents';
import { type CaptureName, captureBytes, captureRecording, memoryAccess } from '../../support/captures';

/** Everything that is told of each event. */
function told(events: TraceEvents): unknown[] {
  return Array.from({ length: events.count }, (_, i) => [
    events.timeOf(i),
    events.cpu[i],
    events.line[i],
    events.nameOf(i),
    events.taskOf(i),
    events.flagTexts[events.flags[i] ?? 0],
    events.sourceOf(i).file,
    events.decode(i),
  ]);
}

async function open(capture: CaptureName, path: string): Promise<TraceEvents> {
  const { files } = captureRecording(capture);
  const bytes = files.get(path) ?? captureBytes(capture, path);
  const services = { files: memoryAccess(new Map([[path, bytes]])), decompressors: nodeDecompressors };
  const opened = await openTrace(path, services);
  assert.ok('events' in opened, JSON.stringify(opened.problems));
  return opened.events;
}

function handedOver(events: TraceEvents): TraceEvents {
  const buffers = new Set<ArrayBuffer>();
  const packed = packEvents(events, buffers);
  return unpackEvents(structuredClone(packed, { transfer: [...buffers] }));
}

describe('events handed over', () => {
  const forms = [
    ['p9-61-64k-fixed', 'trace.dat'],
    ['p9-61-64k-fixed', 'trace.v6.dat'],
    ['p9-61-64k-kprobes', 'trace.txt'],
  ] as const;
  for (const [capture, path] of forms) {
    it(`${path} decodes to the same`, async () => {
      const before = told(await open(capture, path));
      assert.ok(before.length > 1000, `${before.length} events`);
      assert.deepEqual(told(handedOver(await open(capture, path))), before);
    });
  }

  it('small pieces that share a buffer with others are copied, and the buffer stays', () => {
    const line = '   qemu-1   [000] .....     1.000001: kvm_set_spte_hva: mmu notifier set pte hva: 0x007fff96400000\n';
    const pool = new TextEncoder().encode(line.repeat(3));
    const reader = new FtraceTextReader('trace.txt');
    reader.push(pool.subarray(line.length, 2 * line.length));
    const events = handedOver(reader.end().events);
    assert.equal(events.count, 1);
    assert.equal(events.decode(0).kind, 'kvm_set_spte_hva');
    assert.equal(pool.length, 3 * line.length);
  });

  it('columns take what the events need and no more', () => {
    const line = '   qemu-1   [000] .....     1.000001: kvm_set_spte_hva: mmu notifier set pte hva: 0x007fff96400000\n';
    const reader = new FtraceTextReader('trace.txt');
    reader.push(new TextEncoder().encode(line.repeat(1500)));
    const { events } = reader.end();
    assert.ok(events.columnBytes > 1500 * 48, 'columns grow ahead');
    assert.equal(handedOver(events).columnBytes, 1500 * 36);
  });
});
