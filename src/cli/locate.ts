// Where an input lies: the folder that its parts are read from, and the file in it.

import { isFolder } from '../platform/node/files';
import type { Surroundings } from './command';

/** Folder and file of a path; a folder means its hptscope.json. Throws a sentence when a folder has none. */
export async function locate(path: string, { files }: Surroundings): Promise<{ folder: string; file: string }> {
  const trimmed = path.replace(/\/+$/, '');
  const slash = trimmed.lastIndexOf('/');
  if (trimmed.endsWith('hptscope.json')) {
    return { folder: slash < 0 ? '.' : trimmed.slice(0, slash), file: trimmed.slice(slash + 1) };
  }
  try {
    await files.read(`${trimmed}/hptscope.json`);
    return { folder: trimmed, file: 'hptscope.json' };
  } catch {
    if (isFolder(trimmed)) {
      throw new Error(
        `${path}: no hptscope.json is in this folder; \`npx hptscope recording ${path}\` writes one of its files`,
      );
    }
    return { folder: slash < 0 ? '.' : trimmed.slice(0, slash) || '/', file: trimmed.slice(slash + 1) };
  }
}
