// Where a test finds the repository's files: bundles run from out/, so their own folder does not tell.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findTop(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) {
    return folder;
  }
  const parent = dirname(folder);
  if (parent === folder) {
    throw new Error(`no package.json above ${__dirname}`);
  }
  return findTop(parent);
}

/** Absolute path of the repository's top folder. */
export const repository = findTop(__dirname);

/** Absolute path of a file named from the repository's top, such as `samples/page-out.hpt`. */
export function inRepository(path: string): string {
  return join(repository, path);
}
