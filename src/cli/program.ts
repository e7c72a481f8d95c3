// Opens what a command is asked about: a scenario, trace, recording or dump, as a recorded run. Moments are named as the debugger names
// them, from 1.

import { LoadError, type LoadedRun, place } from '../debug/host';
import { loadRun } from '../debug/load';
import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import type { Run } from '../timeline/run';
import type { Wanted } from '../trace/openRun';
import { takeAssume } from './assume';
import { type Surroundings, UsageError } from './command';

/** Takes `--vm TGID` out of arguments: which machine of a trace is wanted. Throws UsageError when it is no number of a process. */
export function takeVm(args: readonly string[]): { readonly vm?: number; readonly rest: string[] } {
  const { value, rest } = takeOption(args, '--vm');
  if (value === undefined) return { rest };
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`--vm ${value}: the number of a VMM's process is expected`);
  return { vm: Number(value), rest };
}

/** Takes what is wanted of a trace out of arguments: `--vm TGID`, `--assume[=NAME,…]`. Throws UsageError for what is none. */
export function takeWanted(args: readonly string[]): { readonly wanted: Wanted; readonly rest: string[] } {
  const { vm, rest: others } = takeVm(args);
  const { assume, rest } = takeAssume(others);
  return { wanted: { ...(vm !== undefined && { vm }), ...(assume !== undefined && { assume }) }, rest };
}

/**
 * Opens a program.
 * @param wanted which machine of a trace, and what is assumed of it
 * @returns the run, or null when it could not be opened: the problems have been told
 */
export async function openProgram(
  path: string,
  { problem }: Surroundings,
  wanted: Wanted = {},
): Promise<LoadedRun | null> {
  const cut = path.lastIndexOf('/') + 1;
  const folder = path.slice(0, cut) || '.';
  const control = { cancelled: false, report: () => undefined };
  const from = {
    files: nodeFiles(folder),
    decompressors: nodeDecompressors,
    pathOf: (name: string) => (name.startsWith('/') ? name : `${path.slice(0, cut)}${name}`),
  };
  try {
    const loaded = await loadRun(path.slice(cut), from, control, wanted);
    for (const one of loaded.problems) problem(`${place(one)}: ${one.severity}: ${one.message}`);
    return loaded;
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    for (const one of error.problems) problem(`${place(one)}: ${one.message}`);
    return null;
  }
}

/** Takes `--name VALUE` out of arguments. Throws UsageError when the value is missing. */
export function takeOption(
  args: readonly string[],
  name: string,
): { readonly value?: string; readonly rest: string[] } {
  const at = args.indexOf(name);
  if (at < 0) return { rest: [...args] };
  const value = args[at + 1];
  if (value === undefined || value.startsWith('--')) throw new UsageError(`${name} needs a value`);
  return { value, rest: [...args.slice(0, at), ...args.slice(at + 2)] };
}

/** Seconds on a trace's clock with all their digits: 12.345678901. */
export function seconds(time: bigint): string {
  return `${time / 1_000_000_000n}.${(time % 1_000_000_000n).toString().padStart(9, '0')}`;
}

/**
 * The moment that a text names: a number from 1, `end`, `:N` for the last moment of line N, or a time of the trace such as 6.657405 for
 * the last moment up to then. Throws UsageError.
 */
export function momentOf(run: Run, text: string): number {
  if (text === 'end') return run.length - 1;
  const time = /^(\d{1,9})\.(\d{1,9})$/.exec(text);
  if (time !== null) return lastMomentUpTo(run, BigInt(`${time[1]}${(time[2] ?? '').padEnd(9, '0')}`), text);
  const match = /^(:?)(\d{1,9})$/.exec(text);
  if (match === null)
    throw new UsageError(
      `${text} is no moment: a number from 1 to ${run.length}, :LINE, a time such as 6.657405, or end`,
    );
  const number = Number(match[2]);
  if (match[1] === ':') return lastMomentOfLine(run, number);
  if (number < 1 || number > run.length)
    throw new UsageError(`there is no moment ${number}: the run has 1 to ${run.length}`);
  return number - 1;
}

function lastMomentUpTo(run: Run, time: bigint, text: string): number {
  const last = run.find(run.length, -1, (moment) => {
    const { time: at } = run.source(moment);
    return at !== undefined && at <= time;
  });
  if (last < 0) throw new UsageError(`nothing of the run has a time up to ${text}`);
  return last;
}

function lastMomentOfLine(run: Run, line: number): number {
  const last = run.find(run.length, -1, (moment) => run.source(moment).line === line - 1);
  if (last < 0) throw new UsageError(`nothing of the run stands on line ${line}`);
  return last;
}

/** What is done at a moment, in one line. */
export function momentText(run: Run, moment: number): string {
  const step = run.frames(moment)[0];
  const source = run.source(moment);
  return step === undefined ? source.text : `${step.frame.path.fn}: ${step.text}`;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
