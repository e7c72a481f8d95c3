// Makes a recording of what a survey of a folder found and of what a person answered. What neither tells is asked for, never
// guessed.

import {
  type DumpKind,
  type RecordingAt,
  type RecordingCpu,
  type RecordingKernel,
  recordingKernels,
} from '../recordingFile';
import type { NewRecording } from '../writeRecording';
import { type MarkShape, markShapes, marksOf, stemOf } from './dumpMarks';
import type { Survey } from './survey';

/** What a person tells. */
export interface Answers {
  readonly kernel?: RecordingKernel;
  readonly cpu?: RecordingCpu;
  readonly hostPageSize?: number;
  readonly tgid?: number;
  /** Sizes of the table. A size without a moment is that of the table from the start of the traces on. */
  readonly hpt?: ReadonlyArray<Omit<NewRecording['hpt'][number], 'at'> & { readonly at?: RecordingAt }>;
  /** Empty when the memslots are not known. */
  readonly memslots?: NewRecording['memslots'];
  /** How marks name the dumps: the `shape` of a MarkShape. */
  readonly dumpMark?: string;
  /** Moments of single dumps, by file. */
  readonly dumpAt?: ReadonlyMap<string, RecordingAt>;
  /** Files that the recording does not use. */
  readonly leaveOut?: ReadonlySet<string>;
}

/** What is neither in the files nor answered, with what the files tell about it. */
export type Question =
  | { readonly topic: 'kernel'; readonly choices: readonly RecordingKernel[] }
  | { readonly topic: 'cpu'; readonly choices: readonly RecordingCpu[]; readonly why: string }
  | { readonly topic: 'hostPageSize'; readonly choices: readonly number[] }
  | { readonly topic: 'vm'; readonly choices: readonly number[] }
  | { readonly topic: 'traces'; readonly choices: readonly string[] }
  | { readonly topic: 'hpt'; readonly leastOrder: number }
  | { readonly topic: 'memslots'; readonly bases: Survey['slotBases'] }
  | { readonly topic: 'dumpMark'; readonly choices: readonly MarkShape[]; readonly dumps: number }
  | { readonly topic: 'dumpAt'; readonly files: readonly string[] };

/** A recording, or what has to be answered first, and what was answered against the files. */
export type Created =
  | { readonly recording: NewRecording; readonly notes: readonly string[] }
  | { readonly questions: readonly Question[]; readonly refused: readonly string[] };

/** Makes the recording. */
export function createRecording(survey: Survey, answers: Answers): Created {
  const draft = new Draft(survey, answers);
  return draft.made();
}

class Draft {
  readonly questions: Question[] = [];
  readonly refused: string[] = [];
  readonly notes: string[] = [];

  constructor(
    readonly survey: Survey,
    readonly answers: Answers,
  ) {}

  made(): Created {
    const { survey } = this;
    if (survey.traces.length === 0) {
      this.refused.push('there is no trace among the files: moments of a recording are told on the clock of a trace');
      return { questions: [], refused: this.refused };
    }
    if (survey.traces.length > 1 && !survey.tracesAreChosen) {
      this.questions.push({ topic: 'traces', choices: survey.traces });
    }
    const kernel = this.kernel();
    const cpu = this.cpu();
    const hostPageSize = this.hostPageSize();
    const tgid = this.tgid();
    const hpt = this.hpt();
    const memslots = this.memslots();
    const dumps = this.dumps();
    if (kernel === undefined || cpu === undefined || hostPageSize === undefined || this.isOpen) {
      return { questions: this.questions, refused: this.refused };
    }
    const { traces, facts } = survey;
    const recording = { kernel, cpu, hostPageSize, tgid, hpt, traces, memslots, dumps, facts };
    return {
      recording,
      notes: [...this.notes, ...survey.leftOut.map(({ file, why }) => `${file} is left out: ${why}`)],
    };
  }

  get isOpen(): boolean {
    return this.questions.length > 0 || this.refused.length > 0;
  }

  kernel(): RecordingKernel | undefined {
    const { kernel } = this.survey;
    if (kernel !== undefined) {
      return this.agreed('kernel', kernel.value, this.answers.kernel, kernel.why);
    }
    if (this.answers.kernel === undefined) {
      this.questions.push({ topic: 'kernel', choices: recordingKernels });
    }
    return this.answers.kernel;
  }

  cpu(): RecordingCpu | undefined {
    const { value: choices, why } = this.survey.cpus;
    const [only] = choices;
    const { cpu } = this.answers;
    if (cpu !== undefined) {
      if (!choices.includes(cpu)) {
        this.refused.push(`the processor cannot be ${cpu}: ${why} (${choices.join(' or ')})`);
      }
      return cpu;
    }
    if (only !== undefined && choices.length === 1) {
      this.notes.push(`processor ${only}: ${why}`);
      return only;
    }
    this.questions.push({ topic: 'cpu', choices, why });
    return undefined;
  }

  hostPageSize(): number | undefined {
    const { hostPageSize } = this.survey;
    if (hostPageSize !== undefined) {
      return this.agreed('host page size', hostPageSize.value, this.answers.hostPageSize, hostPageSize.why);
    }
    if (this.answers.hostPageSize === undefined) {
      this.questions.push({ topic: 'hostPageSize', choices: [4096, 65536] });
    }
    return this.answers.hostPageSize;
  }

  tgid(): number | undefined {
    const { tgids } = this.survey;
    const { tgid } = this.answers;
    if (tgid !== undefined && tgids.length > 0 && !tgids.includes(tgid)) {
      this.refused.push(`process ${tgid} runs no vCPU in the trace; ${tgids.join(', ')} do`);
    }
    if (tgid === undefined && tgids.length > 1) {
      this.questions.push({ topic: 'vm', choices: tgids });
    }
    return tgid ?? tgids[0];
  }

  hpt(): NewRecording['hpt'] {
    const { hpt } = this.answers;
    if (hpt === undefined) {
      this.questions.push({ topic: 'hpt', leastOrder: this.survey.leastOrder });
      return [];
    }
    const largest = Math.max(0, ...hpt.map(({ order }) => order));
    if (hpt.length > 0 && largest < this.survey.leastOrder) {
      const why = `the dumps hold indexes of a table of order ${this.survey.leastOrder}`;
      this.refused.push(`the table cannot have order ${largest}: ${why}`);
    }
    const start = { ns: this.survey.events.timeOf(0) };
    return hpt.map(({ order, how, at = start }) => ({ order, how, at }));
  }

  memslots(): NewRecording['memslots'] {
    const { memslots } = this.answers;
    if (memslots === undefined) {
      this.questions.push({ topic: 'memslots', bases: this.survey.slotBases });
    }
    return memslots ?? [];
  }

  /** The dumps with their moments, in the order of these. */
  dumps(): NewRecording['dumps'] {
    const { dumpAt, leaveOut } = this.answers;
    const wanted = this.survey.dumps.filter(({ file }) => leaveOut?.has(file) !== true);
    const unplaced = wanted.filter(({ file }) => dumpAt?.has(file) !== true);
    const shape = this.shapeOf(unplaced);
    const placed: Array<NewRecording['dumps'][number] & { readonly place: number }> = [];
    const missing: string[] = [];
    for (const { kind, file } of wanted) {
      const mark = shape?.marks.get(stemOf(file));
      const at = dumpAt?.get(file) ?? (mark === undefined ? undefined : { mark });
      const place = at === undefined ? undefined : this.placeOf(file, at);
      if (at === undefined) {
        missing.push(file);
      } else if (place !== undefined) {
        placed.push({ kind, file, at, place });
      }
    }
    if (missing.length > 0 && (shape !== undefined || unplaced.length === 0)) {
      this.questions.push({ topic: 'dumpAt', files: missing });
    }
    const rank: Record<DumpKind, number> = { htab: 0, pagemap: 1, htabfd: 2 };
    placed.sort((a, b) => a.place - b.place || (a.file < b.file ? -1 : 1) || rank[a.kind] - rank[b.kind]);
    return placed.map(({ kind, file, at }) => ({ kind, file, at }));
  }

  /** The way in which marks name the dumps: the one that was answered, or the only one that names all of them. */
  shapeOf(dumps: Survey['dumps']): MarkShape | undefined {
    if (dumps.length === 0) {
      return undefined;
    }
    const stems = [...new Set(dumps.map(({ file }) => stemOf(file)))];
    const shapes = markShapes(stems, marksOf(this.survey.events));
    const { dumpMark } = this.answers;
    if (dumpMark !== undefined) {
      const chosen = shapes.find(({ shape }) => shape === dumpMark);
      if (chosen === undefined) {
        const known = shapes.slice(0, 5).map(({ shape }) => JSON.stringify(shape));
        this.refused.push(`no marks ${JSON.stringify(dumpMark)} name dumps; there are ${known.join(', ') || 'none'}`);
      }
      return chosen;
    }
    const all = shapes.filter(({ marks }) => marks.size === stems.length);
    const [only] = all;
    if (only !== undefined && all.length === 1) {
      this.notes.push(`each dump comes after the mark ${JSON.stringify(only.shape)} of its name`);
      return only;
    }
    if (shapes.length === 0) {
      this.questions.push({ topic: 'dumpAt', files: dumps.map(({ file }) => file) });
    } else {
      this.questions.push({
        topic: 'dumpMark',
        choices: (all.length > 0 ? all : shapes).slice(0, 8),
        dumps: stems.length,
      });
    }
    return undefined;
  }

  /** Number of events before a moment, to put dumps in order; a mark that is not in the trace is refused. */
  placeOf(file: string, at: RecordingAt): number | undefined {
    const { events } = this.survey;
    if ('ns' in at) {
      return events.firstAfter(at.ns);
    }
    const mark = events.findMark(at.mark);
    if (mark === undefined) {
      this.refused.push(`the moment of ${file}: the trace has no mark ${JSON.stringify(at.mark)}`);
    }
    return mark;
  }

  /** What the files force, unless the answer says otherwise. */
  agreed<T>(what: string, known: T, answered: T | undefined, why: string): T {
    if (answered !== undefined && answered !== known) {
      this.refused.push(`the ${what} cannot be ${String(answered)}: ${why} (${String(known)})`);
    }
    this.notes.push(`${what} ${String(known)}: ${why}`);
    return known;
  }
}
