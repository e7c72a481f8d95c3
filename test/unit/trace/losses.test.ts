import assert from 'node:assert/strict';
import { readFtraceText } from '../../../src/trace/ftraceText';
import { lossesOf } from '../../../src/trace/losses';
import { matchHcallFacts, readFacts } from '../../../src/trace/recordingFacts';

const line = (cpu: number, ms: number, text: string): string => `  qemu-7 [00${cpu}] ..... 10.00${ms}000: ${text}`;
const call = (cpu: number, ms: number): string =>
  line(cpu, ms, 'kvm_hcall_enter: VCPU 0: hcall=H_READ GPR4-7=0x0,0x8,0x0,0x0');
const read = async (lines: readonly string[]) =>
  (await readFtraceText([Buffer.from(`${lines.join('\n')}\n`)], 't')).events;

describe('losses of a trace', () => {
  it("lie between a CPU's events, among those of the others", async () => {
    const events = await read([call(0, 1), call(1, 2), call(1, 3), 'CPU:0 [LOST 3 EVENTS]', call(0, 4), call(1, 5)]);
    assert.deepEqual(lossesOf(events), [{ since: 1, before: 3 }]);
  });

  it('of a CPU without an event before them reach back to the beginning', async () => {
    const events = await read([call(0, 1), call(0, 2), 'CPU:1 [LOST EVENTS]', call(1, 4)]);
    assert.deepEqual(lossesOf(events), [{ since: 0, before: 2 }]);
  });

  it('that meet are one', async () => {
    const marks = ['CPU:0 [LOST 3 EVENTS]', call(0, 4), 'CPU:1 [LOST 3 EVENTS]', call(1, 5)];
    const events = await read([call(0, 1), call(1, 2), ...marks]);
    assert.deepEqual(lossesOf(events), [{ since: 1, before: 3 }]);
  });

  it("come before each CPU's first event when buffers were overwritten", async () => {
    const full = '# entries-in-buffer/entries-written: 3/50   #P:2';
    const events = await read([full, call(0, 1), call(0, 2), call(1, 3)]);
    assert.equal(events.overwritten, 47);
    assert.deepEqual(lossesOf(events), [{ since: 0, before: 2 }]);
    assert.deepEqual(lossesOf(await read([call(0, 1), call(1, 2)])), []);
  });

  it('stand where a line cannot be read, and reach back to the beginning where a CPU starts late or perf does not say more', async () => {
    const events = await read([
      call(0, 1),
      call(1, 2),
      '@@@@',
      call(0, 4),
      '##### CPU 1 buffer started ####',
      call(1, 5),
    ]);
    assert.deepEqual(lossesOf(events), [{ since: 0, before: 3 }]);
    assert.deepEqual(lossesOf(await read([call(0, 1), '@@@@', '@@@@', call(0, 4)])), [{ since: 1, before: 1 }]);
    assert.deepEqual(lossesOf(await read(['Processed 9 events and lost 1 chunks!', call(0, 4), call(0, 5)])), [
      { since: 0, before: 2 },
    ]);
  });
});

describe('hypercall facts where events are missing', () => {
  const fact = (time: string): string =>
    `{"kind":"hcall","at":{"time":"${time}"},"nr":"0xc","args":["0x0","0x8","0x0","0x0"],"ret":0,"out":["0x${time.slice(-1)}"]}`;
  const matched = async (lines: readonly string[], times: readonly string[]) => {
    const { facts } = readFacts(Buffer.from(times.map(fact).join('\n')), 'f');
    return [...matchHcallFacts(facts, await read(lines)).byEvent].map(([event, { out }]) => [event, Number(out[0])]);
  };

  it('each belongs to the next call that fits', async () => {
    assert.deepEqual(await matched([call(0, 1), call(0, 2), call(0, 4)], ['10.0015', '10.003']), [
      [1, 5],
      [2, 3],
    ]);
  });

  it('one that is older than the trace belongs to no call', async () => {
    assert.deepEqual(await matched([call(0, 2)], ['10.001']), []);
  });

  it('two with the same next call belong to none', async () => {
    assert.deepEqual(
      await matched(
        [line(0, 1, 'kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0'), call(0, 4)],
        ['10.002', '10.003'],
      ),
      [],
    );
  });

  it('none belongs to a call behind a loss', async () => {
    const lines = [call(0, 1), 'CPU:0 [LOST 1 EVENTS]', call(0, 4)];
    assert.deepEqual(await matched(lines, ['10.002']), []);
  });

  it('none belongs to a call behind one that cannot be read', async () => {
    const lines = [call(0, 1), `${call(0, 3)} more=1`, call(0, 4)];
    assert.deepEqual(await matched(lines, ['10.002']), []);
    assert.deepEqual(await matched([call(0, 1), '@@@@', call(0, 4)], ['10.001']), [[0, 1]]);
    assert.deepEqual(await matched([call(0, 1), '@@@@', call(0, 4)], ['10.002']), []);
  });
});
