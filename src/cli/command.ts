// What a subcommand of `hptscope` is, what it may use of its surroundings, and the exit codes.

import type { FileAccess } from '../trace/files';

/** All is well. */
export const EXIT_GOOD = 0;
/** What was looked at does not hold: an expectation, a vector. */
export const EXIT_FAILED = 1;
/** The command could not do its work: wrong arguments, a file that cannot be read. */
export const EXIT_TROUBLE = 2;

export interface Surroundings {
  /** Writes a line to standard output. */
  out(text: string): void;
  /** Writes a line to standard error. */
  problem(text: string): void;
  readonly files: FileAccess;
}

export interface Command {
  readonly name: string;
  /** name and arguments, as the usage line shows them */
  readonly usage: string;
  /** one line for `hptscope help` */
  readonly summary: string;
  /** @returns the exit code; throws UsageError for arguments that it does not understand */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** The arguments are not what the command takes. */
export class UsageError extends Error {}

/** Separates the files from the flags. Throws UsageError for an unknown flag. */
export function splitFlags(
  args: readonly string[],
  known: readonly string[],
): { readonly files: readonly string[]; readonly flags: ReadonlySet<string> } {
  const files: string[] = [];
  const flags = new Set<string>();
  for (const arg of args) {
    if (!arg.startsWith('-') || arg === '-') files.push(arg);
    else if (known.includes(arg)) flags.add(arg);
    else throw new UsageError(`unknown option ${arg}`);
  }
  return { files, flags };
}

/** The same for a command that needs at least one file. */
export function splitArguments(args: readonly string[], known: readonly string[]): ReturnType<typeof splitFlags> {
  const split = splitFlags(args, known);
  if (split.files.length === 0) throw new UsageError('a file is missing');
  return split;
}

const LONGEST_TEXT = 64 * 1024 * 1024;

/** A text file, unpacked when it is compressed. Throws a sentence that names the file. */
export async function readText(files: FileAccess, path: string): Promise<string> {
  const bytes = await files.read(path);
  if (bytes.length > LONGEST_TEXT)
    throw new Error(`${path}: ${bytes.length} bytes; a text of at most ${LONGEST_TEXT} is expected`);
  const zero = bytes.indexOf(0);
  if (zero >= 0) throw new Error(`${path}: byte ${zero} is 0: this is a binary file, and a text is expected`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${path}: this is not UTF-8 text`);
  }
}
