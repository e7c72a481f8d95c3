// Writes long texts piece by piece, to a file or to standard output, no faster than they are taken.

import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes to standard output. */
export async function writeOut(pieces: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(pieces), process.stdout, { end: false });
}

/**
 * Writes a file. What was written of it is removed when that fails.
 *
 * @param input file or folder that must not be the one written to
 * @param overwrite whether a file that is there already is replaced
 * @throws Error fit for people
 */
export async function writeFilePieces(
  path: string,
  pieces: Iterable<string>,
  { input, overwrite }: { readonly input: string; readonly overwrite: boolean },
): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined) {
    const source = await stat(input).catch(() => undefined);
    if (there.ino === source?.ino && there.dev === source.dev) {
      throw new Error(`${path} is the input: name another file`);
    }
    if (!there.isFile()) {
      throw new Error(`${path} is no file`);
    }
    if (!overwrite) {
      throw new Error(`${path} exists: name another file, or overwrite it with --force`);
    }
  }
  try {
    await pipeline(Readable.from(pieces), createWriteStream(path));
  } catch (error) {
    if (there === undefined) {
      await rm(path, { force: true });
    }
    throw new Error(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
