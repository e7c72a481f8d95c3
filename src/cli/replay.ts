// `hptscope replay PATH`: replays a trace or a recording folder and compares it with the dumps of the recording.

import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { ASSUMPTIONS } from '../timeline/assumptions';
import type { FalseAssumption } from '../trace/replay/assuming';
import { FIELDS } from '../trace/replay/checkpoint';
import { coverageOf } from '../trace/replay/coverage';
import type { ReplayInput } from '../trace/replay/input';
import { chooseMachine } from '../trace/replay/machineChoice';
import type { Replay } from '../trace/replay/replay';
import { openReplay, type ReplayReport, replayAssuming, replayInput } from '../trace/replay/report';
import { takeAssume } from './assume';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, type Surroundings, UsageError } from './command';
import { locate } from './locate';
import { takeVm } from './program';
import { faultReports, type MoreReports, notifierReports, printMore } from './replayReports';

interface Arguments {
  readonly path: string;
  readonly keyframes: 'first' | 'all';
  readonly facts: boolean;
  readonly json: boolean;
  readonly faults: boolean;
  readonly coverage: boolean;
  readonly vm?: number;
  readonly assume?: number;
}

function argumentsOf(given: readonly string[]): Arguments {
  const { vm, rest } = takeVm(given);
  const { assume, rest: args } = takeAssume(rest);
  let path: string | undefined;
  let keyframes: string = 'all';
  let facts = true;
  let json = false;
  let faults = false;
  let coverage = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--keyframes') keyframes = args[++i] ?? '';
    else if (arg.startsWith('--keyframes=')) keyframes = arg.slice('--keyframes='.length);
    else if (arg === '--no-facts') facts = false;
    else if (arg === '--json') json = true;
    else if (arg === '--faults') faults = true;
    else if (arg === '--coverage') coverage = true;
    else if (arg.startsWith('-')) throw new UsageError(`unknown option ${arg}`);
    else if (path !== undefined) throw new UsageError(`one path is expected; ${arg} is a second one`);
    else path = arg;
  }
  if (keyframes !== 'first' && keyframes !== 'all') throw new UsageError('--keyframes first or --keyframes all');
  if (path === undefined) throw new UsageError('a trace, a recording folder or its hptscope.json is missing');
  return {
    path,
    keyframes,
    facts,
    json,
    faults,
    coverage,
    ...(vm !== undefined && { vm }),
    ...(assume !== undefined && { assume }),
  };
}

export const replayCommand: Command = {
  name: 'replay',
  usage:
    'replay PATH [--keyframes first|all] [--no-facts] [--faults] [--coverage] [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary: 'rebuilds the table from a trace or recording, and compares it with the dumps entry by entry',
  async run(args, surroundings) {
    const { path, keyframes, facts, json, faults, coverage, vm, assume } = argumentsOf(args);
    const { folder, file } = await locate(path, surroundings);
    const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
    const { input, problems } = await openReplay(file, services, { facts });
    for (const { severity, file: at, line, message } of problems) {
      surroundings.problem(`${severity}: ${at}${line === undefined ? '' : `:${line}`}: ${message}`);
    }
    const unread = input?.events.count === 0 && problems.some(({ severity }) => severity === 'error');
    if (input === null || unread) return EXIT_TROUBLE;
    const chosen = chooseMachine(input, vm);
    if (typeof chosen === 'string') throw new Error(chosen);
    const { replay, report, falseOnes } = replayed(chosen.input, keyframes, assume);
    if (replay.unread.told !== undefined) surroundings.problem(`warning: ${replay.unread.told}`);
    const more: MoreReports = {
      machines: replay.machines.all,
      divergenceEvents: [...replay.divergences, ...falseOnes].sort((a, b) => a.event - b.event),
      ...(faults ? { faults: faultReports(replay), notifiers: notifierReports(replay) } : {}),
      ...(coverage ? { coverage: coverageOf(replay) } : {}),
    };
    if (json) surroundings.out(JSON.stringify({ ...report, ...more }, undefined, 2));
    else {
      print(report, surroundings);
      printMore(more, surroundings);
    }
    for (const wrong of replay.comparison.wrong.slice(0, 20)) {
      const { file: dump, index, field, expected, seen } = wrong;
      surroundings.problem(`${dump}: slot 0x${index.toString(16)}: ${field}: replay has ${expected}, the dump ${seen}`);
    }
    return FIELDS.some((field) => report.fields[field].wrong > 0) ? EXIT_FAILED : EXIT_GOOD;
  },
};

/** @param assume what is taken for granted */
function replayed(
  input: ReplayInput,
  keyframes: 'first' | 'all',
  assume: number | undefined,
): { readonly replay: Replay; readonly report: ReplayReport; readonly falseOnes: readonly FalseAssumption[] } {
  if (assume === undefined) return { ...replayInput(input, { keyframes }), falseOnes: [] };
  const { replay, report } = replayAssuming(input, assume, { keyframes });
  return { replay: replay.sound, report, falseOnes: replay.falseOnes };
}

function print(report: ReplayReport, { out }: Surroundings): void {
  out(
    `${report.events} events, ${report.replayed} replayed; ${report.checkpoints} dumps, ${report.entries} entries compared`,
  );
  for (const field of FIELDS) {
    const { equal, unknown, wrong, causes } = report.fields[field];
    const why = Object.entries(causes).map(([cause, count]) => `${cause} ${count}`);
    const because = why.length === 0 ? '' : ` (${why.join(', ')})`;
    const of = report.assumed?.fields[field];
    const assumed = of === undefined ? '' : `; assumed ${of.equal} equal, ${of.wrong} wrong`;
    out(`${field.padEnd(7)} ${equal} equal, ${unknown} unknown${because}, ${wrong} wrong${assumed}`);
  }
  for (const name of report.assumed?.assumptions ?? []) {
    const false_ = report.assumed?.false[name];
    out(
      `assumed: ${name}: ${ASSUMPTIONS[name].sentence}${false_ === undefined ? '' : `; contradicted ${false_} times`}`,
    );
  }
  if (report.unattributed > 0) out(`${report.unattributed} dumps not compared: the VMM had two machines then`);
}
