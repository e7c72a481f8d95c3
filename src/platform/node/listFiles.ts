// Lists the files below a folder.

import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * The files below a folder, hidden ones and links left out, as paths relative to it with `/`.
 *
 * @throws Error fit for people when the folder cannot be read or holds more than `most` files
 */
export async function listFiles(folder: string, most: number): Promise<string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const inside = at;
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch((error: unknown) => {
      throw new Error(
        `cannot read the folder ${join(folder, inside)}: ${error instanceof Error ? error.message : error}`,
      );
    });
    for (const entry of entries) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.name.startsWith('.') || path.split(sep).includes('node_modules')) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
    }
    if (files.length > most) throw new Error(`${folder} holds more than ${most} files: name a folder of one recording`);
  }
  return files.sort();
}
