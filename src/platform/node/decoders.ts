// Decoders of Node: its own zlib, and xz by WebAssembly.

import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createInflate } from 'node:zlib';
import { XzReadableStream } from 'xz-decompress';
import type { Decoders } from '../decompression';

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

export const nodeDecoders: Decoders = {
  gzip: (chunks) => through(chunks, createGunzip({ chunkSize: 1 << 16 })),
  zlib: (data) => through(one(data), createInflate({ chunkSize: 1 << 16 })),
  async *xz(chunks) {
    const web = Readable.toWeb(Readable.from(chunks, { objectMode: false })) as ReadableStream<Uint8Array>;
    yield* new XzReadableStream(web as never) as unknown as ReadableStream<Uint8Array>;
  },
};
