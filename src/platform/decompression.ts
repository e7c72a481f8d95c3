// Decompression of whole inputs (gzip, xz, zstd; told by content) and of the compressed parts inside trace.dat. Hosts differ in
// what they bring: each gives its `Decoders`.

import { Decompress } from 'fzstd';
import { joined } from '../trace/bytes';
import type { Decompressors } from '../trace/files';
import { frameHeaderSize, windowSize } from './zstdFrame';

type Chunks = AsyncIterable<Uint8Array>;

/** Streaming decoders of a host. They throw when the data is damaged. */
export interface Decoders {
  gzip(chunks: Chunks): Chunks;
  xz(chunks: Chunks): Chunks;
  /** Undoes zlib (RFC 1950) in one piece. */
  zlib(data: Uint8Array): Chunks;
  /** Undoes zstd in one piece, of at most `limit` bytes of output. */
  zstd(data: Uint8Array, limit: number): Promise<Uint8Array>;
}

/** Most bytes that a compressed input may grow to. */
export const largestInput = 8 * 2 ** 30;

const magics: ReadonlyArray<readonly ['gzip' | 'xz' | 'zstd', readonly number[]]> = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * The chunks of an input, decompressed if its first bytes say that it is compressed.
 *
 * @throws Error fit for people, with the name of the input, when the data is damaged, cut short, or grows beyond `limit`
 */
export async function* decompressed(chunks: Chunks, name: string, decoders: Decoders, limit = largestInput): Chunks {
  const { head, rest } = await peek(chunks, 6);
  const kind = magics.find(([, bytes]) => bytes.every((byte, i) => head[i] === byte))?.[0];
  if (kind === undefined) {
    yield* rest;
    return;
  }
  const decode = { gzip: decoders.gzip, xz: decoders.xz, zstd: zstdChunks }[kind];
  let size = 0;
  try {
    for await (const chunk of decode(rest)) {
      size += chunk.length;
      if (size > limit) {
        break;
      }
      yield chunk;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: the ${kind} data is damaged or cut short after ${size} bytes of output (${why})`);
  }
  if (size > limit) {
    throw new Error(`${name}: decompresses to more than ${limit} bytes; unpack it and take a part`);
  }
}

/** The first bytes of a stream, and the whole stream again. */
async function peek(chunks: Chunks, wanted: number): Promise<{ head: Uint8Array; rest: Chunks }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await iterator.next();
    if (next.done === true) {
      break;
    }
    taken.push(next.value);
    length += next.value.length;
  }
  async function* again(): Chunks {
    try {
      yield* taken;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: joined(taken, length).subarray(0, wanted), rest: again() };
}

/** All bytes of a stream. */
export async function collected(chunks: Chunks): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    length += chunk.length;
  }
  return joined(all, length);
}

/** Size of the pieces in which zstd data is handed over, so that its output comes in pieces too. */
const zstdPiece = 1 << 16;

/** Largest window believed: what the zstd program takes without being told to take more. */
const largestWindow = 1 << 27;

async function* zstdChunks(packed: Chunks): Chunks {
  const { head, rest: chunks } = await peek(packed, frameHeaderSize);
  const window = windowSize(head) ?? 0;
  if (window > largestWindow) {
    throw new Error(`a window of ${window} bytes is larger than the ${largestWindow} that are taken`);
  }
  const ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => {
    ready.push(chunk);
  });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += zstdPiece) {
      stream.push(chunk.subarray(at, at + zstdPiece));
      yield* ready.splice(0);
    }
  }
  stream.push(new Uint8Array(0), true);
  yield* ready;
}

/** The decompressors that readers with compressed parts inside want, on a host's decoders. */
export function partDecompressors(decoders: Decoders): Decompressors {
  return {
    zlib: async (data, limit) => {
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const part of decoders.zlib(data)) {
        length += part.length;
        if (length > limit) {
          throw new Error(`the zlib data is longer than the ${limit} bytes it declares`);
        }
        parts.push(part);
      }
      return joined(parts, length);
    },
    zstd: (data, limit) => decoders.zstd(data, limit),
  };
}
