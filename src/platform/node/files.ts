// Files of Node's file system.

import { createReadStream, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { FileAccess } from '../../trace/files';
import { fileAccess } from '../files';
import { nodeDecoders } from './decoders';

/** Size of the pieces that are read at a time. */
const pieceSize = 1 << 18;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a folder',
};

/** Why a file could not be read, for people. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Whether a path is that of a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The files of a folder, decompressed as needed. Absolute paths are taken as they are. */
export function nodeFiles(folder: string): FileAccess {
  const raw = {
    async *stream(path: string): AsyncIterable<Uint8Array> {
      const full = isAbsolute(path) ? path : join(folder, path);
      try {
        yield* createReadStream(full, { highWaterMark: pieceSize }) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw new Error(`cannot read ${full}: ${reasonOf(error)}`);
      }
    },
  };
  return fileAccess(raw, nodeDecoders);
}
