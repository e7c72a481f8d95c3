// Decoders of a browser: its own DecompressionStream, xz by WebAssembly, and zstd in plain JavaScript (slower than the
// WebAssembly one of the Node side, which fetches a data: address that a host's content security policy may refuse).

import { decompress } from 'fzstd';
import { XzReadableStream } from 'xz-decompress';
import type { Decompressors } from '../../trace/files';
import { type Decoders, partDecompressors } from '../decompression';

type Chunks = AsyncIterable<Uint8Array>;

function streamOf(chunks: Chunks): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) {
        controller.close();
      } else {
        controller.enqueue(new Uint8Array(next.value));
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/** The chunks of a web stream; not every browser can iterate one. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): Chunks {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); next.done !== true; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}

async function* one(data: Uint8Array): Chunks {
  yield data;
}

export const browserDecoders: Decoders = {
  gzip: (chunks) => chunksOf(streamOf(chunks).pipeThrough(new DecompressionStream('gzip'))),
  zlib: (data) => chunksOf(streamOf(one(data)).pipeThrough(new DecompressionStream('deflate'))),
  // The library fills the buffer that it is given and never makes a larger one.
  zstd: async (data, limit) => decompress(data, new Uint8Array(limit)),
  xz: (chunks) => chunksOf(new XzReadableStream(streamOf(chunks))),
};

/** What readers of formats with compressed parts inside want. */
export const browserDecompressors: Decompressors = partDecompressors(browserDecoders);
