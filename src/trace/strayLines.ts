// Lines of a text trace that are no events: marks of losses, what the tools say between events, and what a line looks like that cannot
// be read.

const lostPattern = /^\s*(?:\S+: +)?CPU:(\d{1,5}) \[(?:LOST )?(?:(\d{1,15}) )?EVENTS(?: DROPPED)?\]/;
const perfLostPattern = /^PERF_RECORD_LOST(?:_SAMPLES)?\b(?:.*?\blost:?\s(\d{1,15}))?/;
const perfChunksPattern = /^Processed \d+ events and lost \d+ chunks/;
const startedPattern = /^#+ CPU (\d{1,5}) buffer started #+/;
/** A line of a call chain, as perf script prints it below an event: address, symbol, (object). */
const callChainPattern = /^\s+[0-9a-f]{1,16} \S.* \(.*\)$/;
const harmlessPattern =
  /^(?:\s*$|cpus=\d|version = |CPU \d+ is empty|\s*\[?perf|trace-cmd|\s*\[UNKNOWN EVENT\]|Dumping ftrace buffer:|-{20,}$|Warning:$|Check IO\/CPU overload!)/;
/** A task, a CPU and a time, as they stand before every event. */
const headPattern = /[-\s]\d{1,9}\s+(?:\([ \d-]+\)\s+)?\[\d{3,}\]\s+(?:\S{4,7}\s+)?\d+\.\d{6,9}:\s/;

/** A mark of a loss: events of one CPU (`count` where it is told), or what `where` says. */
export interface LossMark {
  readonly cpu: number | undefined;
  readonly count: number | undefined;
  /** `here`: since the CPU's event before; `before`: from the beginning of the trace; `anywhere`: in all of it. */
  readonly where: 'here' | 'before' | 'anywhere';
}

/** The loss that a line tells, if it does. */
export function lossMark(text: string): LossMark | undefined {
  const lost = lostPattern.exec(text);
  if (lost !== null) {
    return { cpu: Number(lost[1]), count: lost[2] === undefined ? undefined : Number(lost[2]), where: 'here' };
  }
  const started = startedPattern.exec(text);
  if (started !== null) {
    return { cpu: Number(started[1]), count: undefined, where: 'before' };
  }
  return perfChunksPattern.test(text) ? { cpu: undefined, count: undefined, where: 'anywhere' } : undefined;
}

/** How many events perf lost, where it prints a record of that as an event's text; `count` is undefined where it does not say. */
export function perfLoss(text: string): { readonly count: number | undefined } | undefined {
  const lost = perfLostPattern.exec(text);
  return lost === null ? undefined : { count: lost[1] === undefined ? undefined : Number(lost[1]) };
}

/** True if a line says nothing of the machine. */
export function isHarmless(text: string): boolean {
  return harmlessPattern.test(text) || callChainPattern.test(text);
}

/** True if the text of an event holds the beginning of another line: two writers, or a lost line feed. */
export function holdsAnotherLine(text: string): boolean {
  return headPattern.test(text);
}

/** True if a line holds the name of an event, or a time, as they stand before an event's text: a line whose head is damaged. */
export function holdsEvent(text: string): boolean {
  return /(?:^|\s)(?:(?:kvm|kvmppc)_\w+: |tlbie: |sys_\w+\()|\s\d+\.\d{6,9}: \w+: /.test(text);
}

const perfFields = 'perf script left out fields that are needed: print them with -F comm,pid,tid,cpu,time,event,trace';

/** Forms that are no traces for us, and what to do about them. */
const otherForms: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^\s*\S.*\s\d+\s+\d+\s+\d+ [0-9a-f]{8} [0-9a-f]{8} \[[0-9a-f]+\] /m,
    'these lines are in the verbose latency format: print them without (echo noverbose > trace_options)',
  ],
  [/^\s*(?:\d+\/\d+\s+)?\[\d{3,}\]\s+\d+\.\d{6,9}:\s/m, perfFields],
  [/^\s*\S.*\s\d+(?:\/\d+)?\s+\d+\.\d{6,9}:\s+\w+:\w+:/m, perfFields],
  [/^\s*\S.*\s\d+(?:\/\d+)?\s+\[\d{3,}\]\s+\w+:\w+:/m, perfFields],
  [
    /^(?:kvm_(?:hcall|guest|page_fault)_\w+|kvmppc_\w+|kvm_unmap_hva_range): /m,
    'these lines tell no task, CPU or time: print the trace with option context-info',
  ],
  [/^\d+ \d+ \d{4,} \d+( \d+| [0-9a-f]+)*$/m, 'these are raw numbers: print the trace without the options raw and hex'],
];

/** What to do about a text in which no event is found, if its form is known. */
export function adviceOn(text: string): string | undefined {
  return otherForms.find(([pattern]) => pattern.test(text))?.[1];
}
