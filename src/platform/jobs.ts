// Long work: what a worker does so that the extension host does not have to. Each job is plain data, and so is what comes of it.

import { readScenario } from '../scenario/checker';
import { expectationsOf, type Verdicts, verdictsOf } from '../scenario/editor/expectationList';
import { type Visit, visitsOf } from '../scenario/editor/visits';
import { type ExpectationOutcome, type RunProblem, runChecked, runScenario } from '../scenario/runner';
import { openRun, type Wanted } from '../trace/openRun';
import type { OpenServices } from '../trace/openTrace';
import type { InputProblem } from '../trace/problem';
import type { MachineChoice } from '../trace/replay/machineChoice';
import type { Reproduced } from '../trace/reproduce/reproduce';
import { type RecordingFiles, saveRun } from '../trace/saveRun/saveRun';
import {
  convertFile,
  type PackedSurvey,
  type ReadFile,
  readFile,
  reproduceMoment,
  surveyFolder,
  type TextForm,
} from './fileJobs';
import { type PackedRun, packRun } from './packedRun';

/** Jobs by kind. */
export interface Jobs {
  /** Opens a trace, a recording or a dump as a run. */
  readonly trace: {
    readonly kind: 'trace';
    /** relative to the folder */
    readonly path: string;
    /** on the local disk; null: files are asked for by name */
    readonly folder: string | null;
    readonly wanted?: Wanted;
  };
  /** Reads a trace or an HTAB_FD stream as it is. */
  readonly readFile: { readonly kind: 'readFile'; readonly path: string; readonly folder: string | null };
  /** Looks through the files of a folder for a recording. */
  readonly survey: {
    readonly kind: 'survey';
    readonly folder: string | null;
    readonly files: readonly string[];
    /** the traces, where a person named them */
    readonly traces: readonly string[];
  };
  /** Writes a trace as text. */
  readonly convert: {
    readonly kind: 'convert';
    readonly path: string;
    readonly folder: string | null;
    readonly form: TextForm;
  };
  /** Makes a scenario of a moment of a trace or recording. */
  readonly reproduce: {
    readonly kind: 'reproduce';
    readonly path: string;
    readonly folder: string | null;
    /** index of the event in the trace */
    readonly event: number;
    readonly vm?: number;
  };
  /** Runs a scenario and saves the run as a recording. */
  readonly record: { readonly kind: 'record'; readonly text: string; readonly title: string };
  /** Runs a scenario. */
  readonly scenario: { readonly kind: 'scenario'; readonly text: string; readonly title: string };
  /** Runs a scenario for its expectations; the run itself is not kept. */
  readonly judge: {
    readonly kind: 'judge';
    readonly text: string;
    readonly title: string;
    /** a longer run is cut off, in milliseconds */
    readonly longest: number;
  };
}

/** What comes of each kind of job. */
export interface JobResults {
  /** without a run the problems say why */
  readonly trace: {
    readonly run: PackedRun | null;
    readonly problems: readonly InputProblem[];
    /** to choose from, where nobody has named one */
    readonly machines?: readonly MachineChoice[];
  };
  readonly readFile: ReadFile;
  readonly survey: PackedSurvey;
  /** UTF-8 in pieces; without them the problems say why */
  readonly convert: { readonly pieces: readonly Uint8Array[] | null; readonly problems: readonly InputProblem[] };
  readonly reproduce: Reproduced;
  readonly record: { readonly problems: readonly RunProblem[] } | { readonly files: RecordingFiles };
  readonly scenario:
    | { readonly problems: readonly RunProblem[] }
    | {
        readonly run: PackedRun;
        readonly labels: ReadonlyMap<string, number>;
        /** the first expectations that failed, and how many did */
        readonly failed: readonly ExpectationOutcome[];
        readonly failures: number;
        readonly visits: readonly Visit[];
      };
  readonly judge:
    | { readonly problems: readonly RunProblem[] }
    | (Verdicts & { readonly cutOff: boolean; readonly took: number; readonly visits: readonly Visit[] });
}

export type JobKind = keyof Jobs;
export type Job = Jobs[JobKind];

/** What is told on the way. */
export interface JobProgress {
  /** bytes of the input that were read */
  readonly bytes: number;
}

/** What a worker gives to its jobs. */
export interface JobSurroundings {
  /** Reads the files of a folder of the disk, or of the one that the job's giver reads for us (null). */
  services(folder: string | null): OpenServices;
}

/** Failed expectations that are handed over with a run; a `repeat` fails a million times. */
const MOST_FAILED = 100;

/** Does a job. @param buffers takes those of the result that may be transferred */
export async function doJob(job: Job, at: JobSurroundings, buffers: Set<ArrayBuffer>): Promise<JobResults[JobKind]> {
  switch (job.kind) {
    case 'trace': {
      const { run, ...rest } = await openRun(job.path, at.services(job.folder), job.wanted);
      return { run: run && packRun(run, buffers), ...rest };
    }
    case 'readFile':
      return readFile(job.path, at.services(job.folder), buffers);
    case 'survey':
      return surveyFolder(job.files, job.traces, at.services(job.folder), buffers);
    case 'convert':
      return convertFile(job.path, job.form, at.services(job.folder));
    case 'reproduce':
      return reproduceMoment(job.path, job.event, job.vm, at.services(job.folder));
    case 'record':
      return record(job);
    case 'scenario':
      return scenario(job, buffers);
    case 'judge':
      return judge(job);
  }
}

function scenario({ text, title }: Jobs['scenario'], buffers: Set<ArrayBuffer>): JobResults['scenario'] {
  const ran = runScenario(text, title);
  if ('problems' in ran) return ran;
  const { run, labels, statements } = ran;
  const failed = statements.flatMap(({ expectations }) => expectations.filter(({ passed }) => !passed));
  const visits = visitsOf(run, labels);
  return { run: packRun(run, buffers), labels, failed: failed.slice(0, MOST_FAILED), failures: failed.length, visits };
}

function record({ text, title }: Jobs['record']): JobResults['record'] {
  const ran = runScenario(text, title);
  return 'problems' in ran ? ran : { files: saveRun(ran.run, { dumps: 'every' }) };
}

function judge({ text, title, longest }: Jobs['judge']): JobResults['judge'] {
  const start = performance.now();
  const checked = readScenario(text);
  if (!checked.runnable) {
    const errors = checked.diagnostics.filter(({ severity }) => severity === 'error');
    return { problems: errors.map(({ range, message }) => ({ ...range, message })) };
  }
  const ran = runChecked(checked, title, { cancelled: () => performance.now() - start > longest });
  const verdicts = verdictsOf(expectationsOf(checked), ran);
  const { cutOff, run, labels } = ran;
  return { ...verdicts, cutOff, took: performance.now() - start, visits: visitsOf(run, labels) };
}
