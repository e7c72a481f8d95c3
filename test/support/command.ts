// Runs a command of `hptscope` in this process.

import type { Command } from '../../src/cli/command';
import { nodeFiles } from '../../src/platform/node/files';
import type { FileAccess } from '../../src/trace/files';
import { memoryAccess } from './captures';

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number;
  /** lines of standard output and of standard error */
  readonly out: string[];
  readonly problems: string[];
}

/** Runs a command on the disk, or on other files. */
export async function ran(command: Command, args: readonly string[], files: FileAccess = nodeFiles('/')): Promise<Ran> {
  const out: string[] = [];
  const problems: string[] = [];
  const code = await command.run(args, {
    out: (text) => out.push(text),
    problem: (text) => problems.push(text),
    files,
  });
  return { code, out, problems };
}

/** Runs a command on files that are given, all of them. */
export function ranOn(
  command: Command,
  files: Readonly<Record<string, string | Uint8Array>>,
  ...flags: string[]
): Promise<Ran> {
  const bytes = Object.entries(files).map(
    ([path, content]) => [path, typeof content === 'string' ? new TextEncoder().encode(content) : content] as const,
  );
  return ran(command, [...Object.keys(files), ...flags], memoryAccess(new Map(bytes)));
}
