import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { browserDecoders } from '../../../src/platform/browser/decoders';
import { browserFiles } from '../../../src/platform/browser/files';
import { collected, type Decoders, decompressed, partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';

const plain = new TextEncoder().encode('hpt scope\n'.repeat(1000));
const gzip = new Uint8Array(gzipSync(plain));
const xz = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4CcPADddADQcCtkmod/W+Zj+vz1Yb8ftFBnnhU/7Eynls8n3DyRWJFFCEz5eIN4k1E7NGb7o5zpj0G0WugAAAO6O' +
    'QE5YSw/JAAFTkE4AAACapoLjscRn+wIAAAAABFla',
  'base64',
);
const zstd = Buffer.from('KLUv/WQQJpUAAFBocHQgc2NvcGUKAQADp3xBAhObnT0=', 'base64');
const inputs = { plain, gzip, xz, zstd } as const;
const hosts: Readonly<Record<string, Decoders>> = { Node: nodeDecoders, 'a browser': browserDecoders };

async function* pieces(data: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < data.length; at += size) {
    yield data.subarray(at, at + size);
  }
}

for (const [host, decoders] of Object.entries(hosts)) {
  describe(`decompression in ${host}`, () => {
    for (const [kind, data] of Object.entries(inputs)) {
      it(`undoes ${kind}, whatever the pieces`, async () => {
        for (const size of [1, 5, 100_000]) {
          assert.deepEqual(
            Buffer.from(await collected(decompressed(pieces(data, size), 'x', decoders))),
            Buffer.from(plain),
          );
        }
      });
    }

    for (const kind of ['gzip', 'xz', 'zstd'] as const) {
      it(`says that ${kind} data is cut short or damaged`, async () => {
        const cut = inputs[kind].subarray(0, inputs[kind].length - 12);
        await assert.rejects(
          collected(decompressed(pieces(cut, 16), 'a.txt', decoders)),
          new RegExp(`^Error: a\\.txt: the ${kind} data is damaged or cut short`),
        );
      });

      it(`stops ${kind} data that grows beyond the limit`, async () => {
        await assert.rejects(
          collected(decompressed(pieces(inputs[kind], 16), 'a.txt', decoders, 5000)),
          /^Error: a\.txt: decompresses to more than 5000 bytes/,
        );
      });
    }

    it('undoes the compressed parts of a trace.dat, and no more than they declare', async () => {
      const parts = partDecompressors(decoders);
      const zlib = new Uint8Array(deflateSync(plain));
      assert.deepEqual(Buffer.from(await parts.zlib(zlib, plain.length)), Buffer.from(plain));
      assert.deepEqual(Buffer.from(await parts.zstd(zstd, plain.length)), Buffer.from(plain));
      await assert.rejects(parts.zlib(zlib, plain.length - 1), /longer than the 9999 bytes it declares/);
      await assert.rejects(parts.zlib(zlib.subarray(0, 20), plain.length));
    });

    it('passes an empty file on', async () => {
      assert.equal((await collected(decompressed(pieces(new Uint8Array(0), 1), 'x', decoders))).length, 0);
    });
  });
}

describe('files', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-files-'));
    writeFileSync(join(folder, 'trace.txt.gz'), gzip);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('of Node are read and decompressed', async () => {
    assert.deepEqual(Buffer.from(await nodeFiles(folder).read('trace.txt.gz')), Buffer.from(plain));
  });

  it('of Node that cannot be read are named with the reason', async () => {
    await assert.rejects(nodeFiles(folder).read('none'), /^Error: cannot read .*none: there is no such file$/);
    await assert.rejects(nodeFiles(folder).read('.'), /it is a folder$/);
  });

  it('of a browser are read through its host', async () => {
    const files = browserFiles(async (path) => (path === 'a' ? xz : plain));
    assert.deepEqual(Buffer.from(await files.read('a')), Buffer.from(plain));
    assert.deepEqual(Buffer.from(await files.read('b')), Buffer.from(plain));
  });
});
