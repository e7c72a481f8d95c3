// Saves the run of a scenario as a recording folder, as if it had been traced on a real host: the trace in the kernel's words, dumps
// of the table and of the host's pages taken between statements, and the `hptscope.json` that joins them (docs/traces.md).

import type { Memslot } from '../../model/ranges';
import type { Run } from '../../timeline/run';
import { type NewRecording, writeRecording } from '../writeRecording';
import { htabText, pagemapText } from './dumps';
import { endMark, kernelTrace, VMM_TGID } from './kernelTrace';
import { TableChanges } from './tableChanges';

/** When dumps are taken: after each statement that changed the table and at the end, at the end only, or never. */
export const DUMP_TIMES = ['every', 'end', 'none'] as const;
export type DumpTimes = (typeof DUMP_TIMES)[number];

export interface SaveOptions {
  readonly dumps: DumpTimes;
}

/** The files of a recording folder: text by path relative to it. */
export type RecordingFiles = ReadonlyMap<string, string>;

/** Orders that a recording can tell: KVM_PPC_ALLOCATE_HTAB takes none below, and readers of dumps take indexes of 32 bits. */
const smallestOrder = 18;
const largestOrder = 36;

type Mark = { readonly mark: string };
type Entry<K extends 'hpt' | 'memslots' | 'dumps'> = NewRecording[K][number];

/**
 * The recording of a scenario's run. Leaves the run where it was.
 * Throws a sentence when the run is none of a scenario, or a recording cannot tell its table's size.
 */
export function saveRun(run: Run, options: SaveOptions): RecordingFiles {
  if (run.kind !== 'scenario') {
    throw new Error('only the run of a scenario can be saved as a recording: a trace is one already');
  }
  const position = run.position;
  try {
    return new RunSaver(run, options).save();
  } finally {
    run.seek(position);
  }
}

function checkOrder(order: number): void {
  if (order < smallestOrder || order > largestOrder) {
    throw new Error(`the table has order ${order}; a recording can tell orders ${smallestOrder} to ${largestOrder}`);
  }
}

class RunSaver {
  readonly #files = new Map<string, string>();
  readonly #dumps: Entry<'dumps'>[] = [];
  readonly #hpt: Entry<'hpt'>[] = [];
  /** memslots that have gone, and those that are there by their number */
  readonly #gone: Entry<'memslots'>[] = [];
  readonly #there = new Map<number, { readonly is: Memslot; readonly saved: Entry<'memslots'> }>();
  readonly #changes = new TableChanges();
  #lastTable = '';
  #last: { readonly source: number; readonly moment: number } | undefined;

  constructor(
    readonly run: Run,
    readonly options: SaveOptions,
  ) {}

  save(): RecordingFiles {
    const trace = kernelTrace(this.run, {
      over: (source, moment, level) => this.#over(source, moment, level),
      seen: (event, actor, level) => this.#changes.see(event, actor, level),
    });
    if (this.#last !== undefined && this.options.dumps !== 'none') {
      this.#dump(this.#last.source, this.#last.moment, true);
    }
    return new Map([['hptscope.json', this.#json()], ['trace.txt', trace], ...this.#files]);
  }

  #over(source: number, moment: number, level: number): void {
    const { run } = this;
    const at = { mark: endMark(source) };
    run.seek(moment);
    const { state, config } = run.vm;
    const how = this.#changes.take();
    checkOrder(state.hpt.order);
    if (this.#hpt.length === 0) {
      this.#hpt.push({ order: config.order, how: 'allocate', at });
    }
    if (how !== undefined) {
      this.#hpt.push({ order: state.hpt.order, how, at });
    }
    this.#slots(at);
    if (level === 0) {
      this.#last = { source, moment };
      if (this.options.dumps === 'every') {
        this.#dump(source, moment, false);
      }
    }
  }

  #slots(at: Mark): void {
    const { state, page } = this.run.vm;
    for (const [id, { is, saved }] of this.#there) {
      const now = state.slots.find((slot) => slot.id === id);
      if (now !== is || state.logDirty(now) !== saved.logDirty) {
        this.#gone.push({ ...saved, to: at });
        this.#there.delete(id);
      }
    }
    for (const is of state.slots) {
      if (this.#there.has(is.id)) {
        continue;
      }
      const saved = {
        slot: is.id,
        gpa: BigInt(is.baseGfn * page),
        size: BigInt(is.npages * page),
        hva: BigInt(is.hva),
        logDirty: state.logDirty(is),
        from: at,
        to: undefined,
      };
      this.#there.set(is.id, { is, saved });
    }
  }

  #dump(source: number, moment: number, always: boolean): void {
    this.run.seek(moment);
    const { vm } = this.run;
    const table = htabText(vm);
    if (table === this.#lastTable && !always) {
      return;
    }
    this.#lastTable = table;
    const number = String(source + 1).padStart(5, '0');
    const at = { mark: endMark(source) };
    for (const [kind, text] of [
      ['htab', table],
      ['pagemap', pagemapText(vm)],
    ] as const) {
      const file = `dumps/${number}.${kind}.txt`;
      if (!this.#files.has(file)) {
        this.#dumps.push({ kind, file, at });
        this.#files.set(file, text);
      }
    }
  }

  #json(): string {
    const { config, page } = this.run.vm;
    return writeRecording({
      kernel: config.kernel.name,
      cpu: config.cpu,
      hostPageSize: page,
      tgid: VMM_TGID,
      hpt: this.#hpt,
      traces: ['trace.txt'],
      memslots: [...this.#gone, ...[...this.#there.values()].map(({ saved }) => saved)],
      dumps: this.#dumps,
      facts: undefined,
    });
  }
}
