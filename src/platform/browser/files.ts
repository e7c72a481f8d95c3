// Files of a browser: whole ones, through a function of the host (VS Code's workspace file system).

import type { FileAccess } from '../../trace/files';
import { fileAccess, wholeFiles } from '../files';
import { browserDecoders } from './decoders';

/** Files read by the host, decompressed as needed. */
export function browserFiles(readFile: (path: string) => Promise<Uint8Array>): FileAccess {
  return fileAccess(wholeFiles(readFile), browserDecoders);
}
