// Decoders of Node: its own zlib, and xz and zstd by WebAssembly (Node 20 has neither).

import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createInflate } from 'node:zlib';
import { XzReadableStream } from 'xz-decompress';
import { ZSTDDecoder } from 'zstddec';
import type { Decompressors } from '../../trace/files';
import { type Decoders, partDecompressors } from '../decompression';

type Chunks = AsyncIterable<Uint8Array>;

/** Pipes chunks through a Node transform; an error of either side reaches the reader. */
function through(
  chunks: Chunks,
  transform: ReturnType<typeof createGunzip> | ReturnType<typeof createInflate>,
): Chunks {
  const source = Readable.from(chunks, { objectMode: false });
  source.on('error', (error) => transform.destroy(error));
  return source.pipe(transform);
}

async function* one(data: Uint8Array): Chunks {
  yield data;
}

const zstdDecoder = new ZSTDDecoder();

export const nodeDecoders: Decoders = {
  gzip: (chunks) => through(chunks, createGunzip({ chunkSize: 1 << 16 })),
  zlib: (data) => through(one(data), createInflate({ chunkSize: 1 << 16 })),
  async zstd(data, limit) {
    await zstdDecoder.init();
    const plain = zstdDecoder.decode(data, limit);
    if (plain.length === 0 && limit > 0) {
      // The library gives an error code as a length that no memory has, which comes out as nothing.
      throw new Error('not valid zstd data');
    }
    return plain;
  },
  async *xz(chunks) {
    const web = Readable.toWeb(Readable.from(chunks, { objectMode: false })) as ReadableStream<Uint8Array>;
    yield* new XzReadableStream(web as never) as unknown as ReadableStream<Uint8Array>;
  },
};

/** What readers of formats with compressed parts inside want. */
export const nodeDecompressors: Decompressors = partDecompressors(nodeDecoders);
