import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readHtabStream } from '../../../src/trace/htabStream';
import { readHtabText } from '../../../src/trace/htabText';
import { formatProblem } from '../../../src/trace/problem';
import { inRepository } from '../../repository';

const streamFile = (name: string): Uint8Array =>
  gunzipSync(readFileSync(inRepository(`test/data/captures/streams/p9-61-64k-fixed-htabfd.${name}.gz`)));

/** One record: header in the given byte order, then entries as [dword 0, guest view]. */
function record(
  little: boolean,
  index: number,
  valid: ReadonlyArray<readonly [bigint, bigint]>,
  invalid: number,
): Uint8Array {
  const bytes = Buffer.alloc(8 + valid.length * 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(0, index, little);
  view.setUint16(4, valid.length, little);
  view.setUint16(6, invalid, little);
  for (const [i, [v, r]] of valid.entries()) {
    view.setBigUint64(8 + i * 16, v);
    view.setBigUint64(16 + i * 16, r);
  }
  return bytes;
}

describe('HTAB_FD stream', () => {
  for (const step of ['00030', '00110']) {
    it(`of step ${step} lists the entries of the debugfs dump of the same moment`, () => {
      const stream = readHtabStream(streamFile(`${step}.htabfd`), 'x.htabfd');
      const { dump } = readHtabText(streamFile(`${step}.htab`), 'x.htab');
      assert.deepEqual(stream.problems, []);
      assert.equal(stream.littleEndian, true);
      assert.equal(stream.passes.length, 1);
      const pass = stream.passes[0] ?? assert.fail('no pass');
      const harvested = (1n << 62n) | 0x180n;
      assert.deepEqual(
        pass.entries.map((entry) => [entry.index, entry.guest & ~harvested]),
        Array.from({ length: dump.count }, (_, i) => [dump.entry(i).index, dump.entry(i).guest & ~harvested]),
      );
      assert.ok(pass.entries.every((entry) => (entry.v & 0x41n) === 1n));
    });
  }

  it('covers every slot in its first pass', () => {
    const stream = readHtabStream(streamFile('00030.htabfd'), 'x.htabfd');
    const pass = stream.passes[0] ?? assert.fail('no pass');
    const free = pass.free.reduce((sum, run) => sum + run.count, 0);
    assert.equal(pass.entries.length + free, 16384);
  });

  for (const little of [true, false]) {
    it(`is read in the ${little ? 'little' : 'big'}-endian byte order of its host, in passes`, () => {
      const bytes = Buffer.concat([
        record(
          little,
          0x10,
          [
            [0x4001001041n, 0x1000192n],
            [0x1041n, 2n],
          ],
          3,
        ),
        record(little, 0x100, [], 0xff00),
        record(little, 0x11, [], 1),
      ]);
      const stream = readHtabStream(bytes, 'x');
      assert.deepEqual(stream.problems, []);
      assert.equal(stream.littleEndian, little);
      assert.deepEqual(stream.passes, [
        {
          entries: [
            { index: 0x10, v: 0x4001001001n, guest: 0x1000192n, offset: 8 },
            { index: 0x11, v: 0x1001n, guest: 2n, offset: 24 },
          ],
          free: [
            { index: 0x12, count: 3 },
            { index: 0x100, count: 0xff00 },
          ],
        },
        { entries: [], free: [{ index: 0x11, count: 1 }] },
      ]);
    });
  }

  it('that is cut is read up to the cut', () => {
    const bytes = Buffer.concat([
      record(true, 1, [[1n, 2n]], 0),
      record(
        true,
        5,
        [
          [3n, 4n],
          [5n, 6n],
        ],
        0,
      ),
    ]);
    const stream = readHtabStream(bytes.subarray(0, bytes.length - 3), 'x');
    assert.equal(stream.passes[0]?.entries.length, 1);
    assert.deepEqual(stream.problems.map(formatProblem), [
      'x@0x18: warning: the stream is cut: expected a record of 40 bytes, found 37. What stands before it was read',
    ]);
  });

  it('that is empty holds no pass', () => {
    assert.deepEqual(readHtabStream(new Uint8Array(0), 'x').passes, []);
  });

  it('that makes no sense is refused where it stops making sense', () => {
    const bytes = Buffer.concat([record(true, 1, [[1n, 2n]], 0), Buffer.alloc(8)]);
    assert.deepEqual(
      readHtabStream(bytes, 'x').problems.map((p) => [p.severity, p.offset]),
      [['error', 24]],
    );
  });
});
