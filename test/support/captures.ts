// Test data: recordings of real kernels under test/data/captures, compressed. A recording folder is kept as one tar.gz; here it
// becomes a FileAccess in memory.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FileAccess } from '../../src/trace/files';
import { repository } from '../repository';

export type CaptureName =
  | 'l2-61-64k'
  | 'p8-61-64k-fixed'
  | 'p9-61-64k-fixed'
  | 'p9-61-64k-kprobes'
  | 'p9-61-64k-random'
  | 'p9-612-4k-fixed';

/** The bytes of a compressed file of a capture. */
export function captureBytes(capture: CaptureName, file: string): Uint8Array {
  return gunzipSync(readFileSync(join(repository, 'test', 'data', 'captures', capture, `${file}.gz`)));
}

/** Files of a ustar archive by name, without a leading `./`. */
export function untar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number): string =>
    Buffer.from(archive.subarray(at, at + length))
      .toString('latin1')
      .split('\0')[0] ?? '';
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const name = text(at, 100).replace(/^\.\//, '');
    if (archive[at + 156] === 48) {
      files.set(name, archive.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** A folder in memory. */
export function memoryAccess(files: ReadonlyMap<string, Uint8Array>): FileAccess {
  const read = async (path: string): Promise<Uint8Array> => {
    const bytes = files.get(path);
    if (bytes === undefined) {
      throw new Error(`there is no file ${path}`);
    }
    return bytes;
  };
  return {
    read,
    async *stream(path) {
      yield await read(path);
    },
  };
}

/** The recording folder of a capture. */
export function captureRecording(capture: CaptureName): { files: Map<string, Uint8Array>; access: FileAccess } {
  const files = untar(captureBytes(capture, 'recording.tar'));
  return { files, access: memoryAccess(files) };
}
