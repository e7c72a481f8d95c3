// File access for ring 1 over anything that can read a file by path: the file system of Node, or the workspace file system of
// VS Code, which is all that a web extension has.

import type { FileAccess } from '../trace/files';
import { collected, type Decoders, decompressed } from './decompression';

/** How a host reads the plain bytes of a file. */
export interface RawFiles {
  /** The file in chunks. Throws an Error fit for people when it cannot be read. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

/** File access that undoes compression. */
export function fileAccess(raw: RawFiles, decoders: Decoders): FileAccess {
  const stream = (path: string): AsyncIterable<Uint8Array> => decompressed(raw.stream(path), path, decoders);
  return { stream, read: (path) => collected(stream(path)) };
}

/** Raw files of a host that can only read whole files. */
export function wholeFiles(readFile: (path: string) => Promise<Uint8Array>): RawFiles {
  return {
    async *stream(path) {
      yield await readFile(path);
    },
  };
}
