// The beginning of a file, by which its kind is told.

import { detectBytes } from './detect';
import type { FileAccess } from './files';

/** The first bytes of a file, decompressed: as many as `detectInput` wants to see, if it has so many. */
export async function firstBytes(path: string, files: FileAccess): Promise<Uint8Array> {
  const head = new Uint8Array(detectBytes);
  let length = 0;
  for await (const chunk of files.stream(path)) {
    const part = chunk.subarray(0, detectBytes - length);
    head.set(part, length);
    length += part.length;
    if (length === detectBytes) {
      break;
    }
  }
  return head.subarray(0, length);
}
