import { strict as assert } from 'node:assert';
import { collected, decompressed } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { windowSize } from '../../../src/platform/zstdFrame';

const magic = [0x28, 0xb5, 0x2f, 0xfd];
const frame = (...bytes: number[]): Uint8Array => Uint8Array.from([...magic, ...bytes]);

describe('the header of a zstd frame', () => {
  it('tells the window: exponent and eighths, or the size of the content', () => {
    assert.equal(windowSize(frame(0x00, 0x00)), 1024);
    assert.equal(windowSize(frame(0x00, (17 << 3) | 3)), 2 ** 27 + 3 * 2 ** 24);
    assert.equal(windowSize(frame(0x20, 77)), 77); // a single segment of 77 bytes
    assert.equal(windowSize(frame(0x61, 9, 0x10, 0x00)), 0x10 + 256); // behind a dictionary id of one byte
    assert.equal(windowSize(frame(0xa0, 1, 2, 0, 0)), 0x201);
    assert.equal(windowSize(frame(0xe3, 9, 9, 9, 9, 0, 0, 0, 0, 1, 0, 0, 0)), 2 ** 32);
  });

  it('is none when it is cut or something else', () => {
    assert.equal(windowSize(frame(0xe0, 1, 2)), undefined);
    assert.equal(windowSize(new Uint8Array(3)), undefined);
    assert.equal(windowSize(new Uint8Array(20)), undefined);
  });

  it('that asks for more memory than the zstd program takes is refused', async () => {
    async function* once() {
      yield frame(0x00, 20 << 3, ...new Array<number>(20).fill(0));
    }
    await assert.rejects(
      collected(decompressed(once(), 'a.zst', nodeDecoders)),
      /^Error: a\.zst: the zstd data .*a window of 1073741824 bytes is larger than the 134217728 that are taken/,
    );
  });
});
