// The options of `hptscope recording`: what a person tells about a recording that its files do not.

import { expectedText, parseHpt, parseMemslot, parseMoment, parseSize } from '../trace/create/answerText';
import type { Answers } from '../trace/create/createRecording';
import { type RecordingAt, recordingCpus, recordingKernels } from '../trace/recordingFile';
import { UsageError } from './command';

/** What the options say, and the traces that they name. */
export interface RecordingOptions {
  readonly folder: string;
  readonly answers: Answers;
  readonly traces: readonly string[];
  readonly force: boolean;
}

type Option = (told: Told, value: string) => void;

/** The options as they are collected. */
class Told {
  kernel: Answers['kernel'];
  cpu: Answers['cpu'];
  hostPageSize: number | undefined;
  tgid: number | undefined;
  hpt: NonNullable<Answers['hpt']>[number][] | undefined;
  memslots: NonNullable<Answers['memslots']>[number][] | undefined;
  dumpMark: string | undefined;
  readonly dumpAt = new Map<string, RecordingAt>();
  readonly leaveOut = new Set<string>();
  readonly traces: string[] = [];
}

const options: Readonly<Record<string, Option>> = {
  '--kernel': (told, value) => {
    told.kernel = oneOf(recordingKernels, value, '--kernel');
  },
  '--cpu': (told, value) => {
    told.cpu = oneOf(recordingCpus, value, '--cpu');
  },
  '--host-page-size': (told, value) => {
    told.hostPageSize = Number(parseSize(value));
    if (told.hostPageSize !== 4096 && told.hostPageSize !== 65536) throw new UsageError('--host-page-size 4K or 64K');
  },
  '--vm': (told, value) => {
    if (!/^\d{1,9}$/.test(value)) throw new UsageError(`--vm ${value}: the process id of the VMM is expected`);
    told.tgid = Number(value);
  },
  '--hpt': (told, value) => {
    told.hpt = [...(told.hpt ?? []), typed(parseHpt(value), '--hpt', value, expectedText.hpt)];
  },
  '--memslot': (told, value) => {
    const memslot = typed(parseMemslot(value), '--memslot', value, expectedText.memslot);
    told.memslots = [...(told.memslots ?? []), memslot];
  },
  '--dump-mark': (told, value) => {
    told.dumpMark = value;
  },
  '--dump': (told, value) => {
    const at = value.lastIndexOf('@');
    if (at < 1) throw new UsageError(`--dump ${value}: FILE@SECONDS or FILE@mark:TEXT`);
    told.dumpAt.set(value.slice(0, at), typed(parseMoment(value.slice(at + 1)), '--dump', value, expectedText.moment));
  },
  '--leave-out': (told, value) => {
    told.leaveOut.add(value);
  },
  '--trace': (told, value) => {
    told.traces.push(value);
  },
};

/** Reads the arguments. Throws UsageError with what is expected instead. */
export function recordingOptions(args: readonly string[]): RecordingOptions {
  const told = new Told();
  let folder: string | undefined;
  let force = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const option = options[arg];
    if (option !== undefined) {
      const value = args[++i];
      if (value === undefined || value.startsWith('--')) throw new UsageError(`${arg} needs a value`);
      option(told, value);
    } else if (arg === '--no-memslots') told.memslots = [];
    else if (arg === '--no-hpt') told.hpt = [];
    else if (arg === '--force') force = true;
    else if (arg.startsWith('-')) throw new UsageError(`unknown option ${arg}`);
    else if (folder !== undefined) throw new UsageError(`one folder is expected; ${arg} is a second one`);
    else folder = arg;
  }
  if (folder === undefined) throw new UsageError('the folder of the recording is missing');
  const { traces, ...answers } = told;
  return { folder: folder.replace(/(?<=.)\/+$/, ''), answers: definedOf(answers), traces, force };
}

/** The options that were given: those that were not are left out. */
function definedOf({
  kernel,
  cpu,
  hostPageSize,
  tgid,
  hpt,
  memslots,
  dumpMark,
  dumpAt,
  leaveOut,
}: Omit<Told, 'traces'>): Answers {
  return {
    ...(kernel && { kernel }),
    ...(cpu && { cpu }),
    ...(hostPageSize && { hostPageSize }),
    ...(tgid === undefined ? {} : { tgid }),
    ...(hpt && { hpt }),
    ...(memslots && { memslots }),
    ...(dumpMark === undefined ? {} : { dumpMark }),
    dumpAt,
    leaveOut,
  };
}

function oneOf<T extends string>(choices: readonly T[], value: string, option: string): T {
  const chosen = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
  if (chosen === undefined) throw new UsageError(`${option} ${value}: ${choices.join(', ')} are known`);
  return chosen;
}

/** What was typed for an option; UsageError with what is expected when it is none. */
function typed<T>(value: T | undefined, option: string, text: string, expected: string): T {
  if (value === undefined) throw new UsageError(`${option} ${text}: ${expected}`);
  return value;
}
