// A trace as the editor of binary files shows it: each event a row, and what the file tells of the machine and the recording.

import type { FileField, FileKind, FilePicture, FileRecord, FileSection } from '../../protocol';
import type { DecodedEvent } from '../../trace/decoded';
import { eventCode } from '../../trace/eventKinds';
import { formatTraceTime, parseTraceTime, type TraceEvents } from '../../trace/events';
import type { TraceFile } from '../../trace/ftraceText';
import { printEvent } from '../../trace/printEvent';
import { formatProblem } from '../../trace/problem';
import type { Coverage } from '../../trace/replay/coverage';
import { count, hex, l10n, size } from '../texts';
import type { FileContent, Pause } from './content';
import { meaningOf } from './meanings';

/** Most rows of a part of the summary. */
const mostListed = 200;

export class TraceContent implements FileContent {
  readonly kinds: readonly FileKind[];
  readonly picture: FilePicture;
  /** Index into `kinds` by the code of an event kind. */
  private readonly kindIndex: Int32Array;

  private constructor(
    private readonly trace: TraceFile,
    tally: Tally,
    coverage: Coverage,
  ) {
    const { events } = trace;
    const codes = [...tally.kinds.keys()].sort((a, b) => (tally.kinds.get(b) ?? 0) - (tally.kinds.get(a) ?? 0));
    this.kinds = codes.map((code) => ({ name: events.kindNames[code] ?? '', count: tally.kinds.get(code) ?? 0 }));
    this.kindIndex = new Int32Array(events.kindNames.length).fill(-1);
    codes.forEach((code, i) => {
      this.kindIndex[code] = i;
    });
    this.picture = pictureOf(trace, this.kinds, tally, coverage);
  }

  /** Counts what the summary tells; gives way to others meanwhile. */
  static async of(trace: TraceFile, coverage: Coverage, pause: Pause): Promise<TraceContent> {
    return new TraceContent(trace, await tallyOf(trace.events, pause), coverage);
  }

  cells(number: number): readonly string[] {
    const { events } = this.trace;
    return [
      String(number + 1),
      formatTraceTime(events.timeOf(number), events.unit),
      number === 0 ? '' : deltaText((events.time[number] as number) - (events.time[number - 1] as number), events),
      String(events.cpu[number]),
      taskText(events, number),
      events.nameOf(number),
      printedText(events.decode(number)),
    ];
  }

  kindOf(number: number): number {
    return this.kindIndex[this.trace.events.kind[number] as number] ?? -1;
  }

  searchText(number: number): string {
    const { events } = this.trace;
    return `${taskText(events, number)} ${events.nameOf(number)} ${printedText(events.decode(number))}`.toLowerCase();
  }

  find(text: string): { number: number | undefined; sentence: string } {
    const { events } = this.trace;
    const [, digits] = /^#?(\d{1,9})$/.exec(text) ?? [];
    const time = events.unit === 'ns' && text.includes('.') ? parseTraceTime(text) : undefined;
    if (time !== undefined) {
      const number = events.firstAtOrAfter(time);
      return number < events.count
        ? { number, sentence: l10n.t('event {0}, the first at or after {1}', count(number + 1), text) }
        : { number: undefined, sentence: l10n.t('The trace ends before {0}.', text) };
    }
    if (digits !== undefined) {
      const number = Number(digits) - 1;
      return number >= 0 && number < events.count
        ? { number, sentence: l10n.t('event {0}', count(number + 1)) }
        : { number: undefined, sentence: l10n.t('There are events 1 to {0}.', count(events.count)) };
    }
    const mark = events.findMark(text);
    return mark === undefined
      ? { number: undefined, sentence: l10n.t('"{0}" is no time, no event number and no mark of this trace.', text) }
      : { number: mark, sentence: l10n.t('event {0}, the mark {1}', count(mark + 1), text) };
  }

  record(number: number): FileRecord {
    const { events } = this.trace;
    const event = events.decode(number);
    const source = events.sourceOf(number);
    const bytes = events.record(number);
    const record = count(events.line[number] as number);
    return {
      title: l10n.t('Event {0}: {1}', count(number + 1), events.nameOf(number)),
      place: l10n.t(
        '{0}, CPU {1}, record {2}, {3} bytes',
        source.file,
        String(events.cpu[number]),
        record,
        String(bytes.length),
      ),
      text: printedText(event),
      fields: fieldsOf(events, number, event),
      bytes: new Uint8Array(bytes).buffer,
    };
  }
}

function taskText(events: TraceEvents, number: number): string {
  const { comm, pid } = events.taskOf(number);
  return `${comm}-${pid}`;
}

function printedText(event: DecodedEvent): string {
  return printEvent(event).trimEnd().replace(/\n/g, ' ↵ ');
}

function deltaText(delta: number, { unit }: TraceEvents): string {
  return unit === 'ns' ? `+${(delta / 1e9).toFixed(9)}` : `+${delta}`;
}

/** The fields as the event's format declares them, with what the kernel's symbols say; else those that were decoded. */
function fieldsOf(events: TraceEvents, number: number, event: DecodedEvent): FileField[] {
  const raw = events.recordFields(number);
  if (raw.length > 0) {
    const isCommon = ({ name }: { name: string }) => name.startsWith('common_');
    return [...raw.filter((field) => !isCommon(field)), ...raw.filter(isCommon)].map(
      ({ name, type, size: bytes, value }) => {
        if (typeof value !== 'bigint') {
          return { name, type, value: value ?? l10n.t('(not in the record)') };
        }
        const small = value < 0n || (value >= 10n && value < 0x10000n) ? value.toString() : '';
        const means = [meaningOf(events.nameOf(number), name, value), small].filter(Boolean).join(' · ');
        return { name, type, value: hex(BigInt.asUintN(bytes * 8, value)), meaning: means };
      },
    );
  }
  return Object.entries(event).map(([name, value]) => ({
    name,
    value:
      typeof value === 'bigint'
        ? hex(BigInt.asUintN(64, value))
        : typeof value === 'object'
          ? jsonText(value)
          : String(value),
  }));
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? hex(inner) : inner));
}

// ---------------------------------------------------------------------------------------------------------------------
// The summary

/** What is counted of all events. */
interface Tally {
  readonly kinds: ReadonlyMap<number, number>;
  readonly cpus: ReadonlyMap<number, number>;
  /** By the VMM's process: its vCPUs and the tasks that run them. */
  readonly machines: ReadonlyMap<number, { readonly vcpus: ReadonlySet<number>; readonly tasks: ReadonlySet<string> }>;
  readonly marks: number;
}

async function tallyOf(events: TraceEvents, pause: Pause): Promise<Tally> {
  const kinds = new Map<number, number>();
  const cpus = new Map<number, number>();
  const machines = new Map<number, { vcpus: Set<number>; tasks: Set<string> }>();
  for (let i = 0; i < events.count; i++) {
    if (i % 1024 === 0) {
      await pause();
    }
    const kind = events.kind[i] as number;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const cpu = events.cpu[i] as number;
    cpus.set(cpu, (cpus.get(cpu) ?? 0) + 1);
    const event = kind === eventCode.kvmppc_run_vcpu_enter ? events.decode(i) : undefined;
    if (event?.kind === 'kvmppc_run_vcpu_enter') {
      const machine = machines.get(event.tgid) ?? { vcpus: new Set<number>(), tasks: new Set<string>() };
      machines.set(event.tgid, machine);
      machine.vcpus.add(event.vcpu);
      machine.tasks.add(taskText(events, i));
    }
  }
  return { kinds, cpus, machines, marks: kinds.get(eventCode.print) ?? 0 };
}

function pictureOf(trace: TraceFile, kinds: readonly FileKind[], tally: Tally, coverage: Coverage): FilePicture {
  const { events, problems } = trace;
  const worst =
    problems.find(({ severity }) => severity === 'error') ?? problems.find(({ severity }) => severity === 'warning');
  return {
    title: trace.file,
    facts: factsOf(trace, tally),
    rowName: l10n.t('event'),
    columns: [
      { title: '#', width: Math.max(5, String(events.count).length + 1), align: 'right' },
      { title: l10n.t('Time'), width: 17, align: 'right' },
      { title: l10n.t('Delta'), width: 14, align: 'right' },
      { title: l10n.t('CPU'), width: 4, align: 'right' },
      { title: l10n.t('Task'), width: 16 },
      { title: l10n.t('Event'), width: 22 },
      { title: l10n.t('Fields'), width: 40 },
    ],
    rows: events.count,
    kinds,
    goToHint: l10n.t('Time, number or mark'),
    sections: sectionsOf(trace, kinds, tally, coverage),
    ...(worst ? { problem: formatProblem(worst) } : {}),
    isTrace: true,
  };
}

function factsOf({ events, about, cancelled }: TraceFile, { cpus }: Tally): string[] {
  const { container, kernel, clock, hostPageSize } = about;
  const last = events.count - 1;
  const span = last < 0 ? 0n : events.timeOf(last) - events.timeOf(0);
  return [
    ...(container ? [l10n.t('trace.dat version {0}', String(container.version))] : []),
    cancelled ? l10n.t('the first {0} events', count(events.count)) : l10n.t('{0} events', count(events.count)),
    events.unit === 'ns' ? l10n.t('{0} s', (Number(span) / 1e9).toFixed(3)) : l10n.t('{0} ticks', count(Number(span))),
    cpus.size === 1 ? l10n.t('1 CPU') : l10n.t('{0} CPUs', count(cpus.size)),
    ...(kernel ? [`Linux ${kernel}`] : []),
    ...(clock ? [l10n.t('clock {0}', clock)] : []),
    ...(hostPageSize ? [l10n.t('pages of {0}', size(hostPageSize))] : []),
  ];
}

function sectionsOf(trace: TraceFile, kinds: readonly FileKind[], tally: Tally, coverage: Coverage): FileSection[] {
  const { events, overwritten, problems } = trace;
  const share = (part: number) => `${((100 * part) / Math.max(1, events.count)).toFixed(1)} %`;
  return [
    {
      title: l10n.t('Events by kind'),
      columns: [l10n.t('Event'), l10n.t('Number'), l10n.t('Share')],
      rows: kinds.slice(0, mostListed).map((kind) => [kind.name, count(kind.count), share(kind.count)]),
    },
    machinesSection(tally),
    {
      title: l10n.t('Lost events'),
      ...(events.lost.length === 0 && overwritten === 0 ? { note: l10n.t('Nothing was lost.') } : {}),
      ...(overwritten > 0
        ? { note: l10n.t('The ring buffer overwrote {0} events before this trace begins.', count(overwritten)) }
        : {}),
      columns: [l10n.t('Before event'), l10n.t('Time'), l10n.t('CPU'), l10n.t('Lost')],
      rows: events.lost
        .slice(0, mostListed)
        .map(({ before, cpu, count: lost }) => [
          count(before + 1),
          before < events.count ? formatTraceTime(events.timeOf(before), events.unit) : l10n.t('the end'),
          cpu === undefined ? l10n.t('not told') : String(cpu),
          lost === undefined ? l10n.t('not told') : count(lost),
        ]),
    },
    {
      title: l10n.t('Problems'),
      ...(problems.length === 0 ? { note: l10n.t('None.') } : {}),
      columns: [l10n.t('Severity'), l10n.t('Message')],
      rows: problems.slice(0, mostListed).map((problem) => [problem.severity, formatProblem(problem)]),
    },
    {
      title: l10n.t('CPUs'),
      columns: [l10n.t('CPU'), l10n.t('Events'), l10n.t('Share')],
      rows: [...tally.cpus]
        .sort(([a], [b]) => a - b)
        .slice(0, mostListed)
        .map(([cpu, events]) => [String(cpu), count(events), share(events)]),
    },
    fileSection(trace),
    ...coverageSections(coverage),
  ];
}

/** What the trace by itself leaves open, and how to record it the next time. */
function coverageSections({ questions, commands }: Coverage): FileSection[] {
  const open = questions.filter(({ missing }) => missing.length > 0);
  return [
    {
      title: l10n.t('Coverage'),
      note:
        open.length === 0
          ? l10n.t('This trace leaves nothing open that a recording could tell.')
          : l10n.t('What this trace by itself does not tell, for want of what it does not have.'),
      columns: [l10n.t('Question'), l10n.t('Not recorded')],
      rows: open.map(({ question, missing }) => [question, missing.join(', ')]),
    },
    {
      title: l10n.t('To record it the next time'),
      ...(commands.length === 0 ? { note: l10n.t('Nothing more is needed.') } : {}),
      columns: [l10n.t('Command')],
      rows: commands.map((command) => [command]),
    },
  ];
}

function machinesSection({ machines }: Tally): FileSection {
  return {
    title: l10n.t('Virtual machines'),
    ...(machines.size === 0
      ? { note: l10n.t('Not told: no kvmppc_run_vcpu_enter event names the process of a vCPU.') }
      : {}),
    columns: [l10n.t('Process of the VMM'), l10n.t('vCPUs'), l10n.t('Tasks')],
    rows: [...machines]
      .slice(0, mostListed)
      .map(([tgid, { vcpus, tasks }]) => [
        String(tgid),
        [...vcpus].sort((a, b) => a - b).join(', '),
        [...tasks].slice(0, 20).join(', '),
      ]),
  };
}

function fileSection({ about, events }: TraceFile): FileSection {
  const { container } = about;
  const first = events.count === 0 ? '' : formatTraceTime(events.timeOf(0), events.unit);
  const last = events.count === 0 ? '' : formatTraceTime(events.timeOf(events.count - 1), events.unit);
  const rows: [string, string][] = [
    [l10n.t('First event'), first],
    [l10n.t('Last event'), last],
    [l10n.t('Kernel'), about.kernel ?? ''],
    [l10n.t('Clock'), about.clock ?? ''],
    [l10n.t('Page size of the host'), about.hostPageSize === undefined ? '' : size(about.hostPageSize)],
  ];
  if (container !== undefined) {
    const order = container.littleEndian ? l10n.t('little endian') : l10n.t('big endian');
    rows.push(
      [l10n.t('Format'), l10n.t('trace.dat version {0}, {1}', String(container.version), order)],
      [l10n.t('Compression'), container.compression],
      [l10n.t('Written by'), container.writer === '' ? '' : `trace-cmd ${container.writer}`],
      [l10n.t('Buffers'), container.buffers.map((name) => name || l10n.t('(top)')).join(', ')],
    );
  }
  return {
    title: l10n.t('File'),
    columns: [l10n.t('What'), l10n.t('Value')],
    rows: rows.map(([what, value]) => [what, value || l10n.t('not told')]),
  };
}
