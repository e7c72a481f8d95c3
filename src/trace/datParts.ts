// The parts of a trace.dat that versions 6 and 7 have in common, wherever they stand: page layout, event formats, task names and
// options. Documents: trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).

import type { BinaryReader } from './binaryReader';
import { type EventFormat, parseEventFormat, parseFields } from './eventFormat';
import type { ProblemList } from './problem';

/** How the header of a ring-buffer page is laid out (header_page). */
export interface PageLayout {
  readonly commitOffset: number;
  readonly commitSize: number;
  readonly dataOffset: number;
}

/** Most CPUs and formats believed. */
export const mostCpus = 4096;
const mostEvents = 65536;

/** Ids of the options. */
export const OPTION = {
  done: 0,
  date: 1,
  cpuStat: 2,
  buffer: 3,
  traceClock: 4,
  uname: 5,
  offset: 7,
  cpuCount: 8,
  version: 9,
  timeShift: 12,
  tsc2nsec: 14,
  headerInfo: 16,
  ftraceEvents: 17,
  eventFormats: 18,
  kallsyms: 19,
  cmdlines: 21,
  bufferText: 22,
} as const;

/** Collects what the parts say. */
export class DatParts {
  /** By event id (common_type). */
  readonly formats = new Map<number, EventFormat>();
  /** Task names by pid (saved_cmdlines). */
  readonly comms = new Map<number, string>();
  page: PageLayout = { commitOffset: 8, commitSize: 8, dataOffset: 16 };
  /** Trace clock of the top buffer (version 6). */
  clock = '';
  /** Nanoseconds to add to every time stamp. */
  timeOffset = 0n;
  /** How to make nanoseconds of the time stamps: `ts * mult >> shift` (trace-cmd does not apply the offset stored with them). */
  tsc: { readonly mult: bigint; readonly shift: bigint } | undefined;
  /** Events that the kernel counts as overwritten (CPU statistics). */
  overwritten = 0;
  cpuCount = 0;
  /** `uname -a` of the host, as far as trace-cmd keeps it: system, node, release, machine. */
  uname = '';
  /** Version of the trace-cmd that wrote the file. */
  writer = '';
  /** The text of /proc/kallsyms; only kept when the file has formats of kprobes, whose places it names. */
  kallsyms: Uint8Array = new Uint8Array(0);

  constructor(readonly problems: ProblemList) {}

  headerInfo(r: BinaryReader): void {
    if (r.string('header_page') !== 'header_page') {
      r.fail('expected header_page');
    }
    const page = new TextDecoder().decode(r.take(r.size('the size of header_page'), 'header_page'));
    if (r.string('header_event') !== 'header_event') {
      r.fail('expected header_event');
    }
    r.take(r.size('the size of header_event'), 'header_event');
    const fields = parseFields(page.replace(/^\tfield/gm, 'field'));
    const commit = fields.get('commit');
    const data = fields.get('data');
    if (commit === undefined || data === undefined || (commit.size !== 4 && commit.size !== 8) || data.offset < 12) {
      this.problems.add('warning', 'header_page does not tell the layout of a page; that of a 64-bit kernel is taken');
      return;
    }
    this.page = { commitOffset: commit.offset, commitSize: commit.size, dataOffset: data.offset };
  }

  ftraceFormats(r: BinaryReader): void {
    const count = r.u32('the number of ftrace events');
    for (let i = 0; i < Math.min(count, mostEvents); i++) {
      this.#format(r, 'ftrace');
    }
  }

  systemFormats(r: BinaryReader): void {
    const systems = r.u32('the number of event systems');
    for (let s = 0; s < Math.min(systems, mostEvents); s++) {
      const system = r.string('the name of an event system');
      const count = r.u32('the number of events');
      for (let i = 0; i < Math.min(count, mostEvents); i++) {
        this.#format(r, system);
      }
    }
  }

  #format(r: BinaryReader, system: string): void {
    const text = new TextDecoder().decode(r.take(r.size('the size of an event format'), 'an event format'));
    const format = parseEventFormat(text, system);
    if (format === undefined) {
      this.problems.add('warning', `an event format of system ${JSON.stringify(system)} names no event`);
    } else {
      this.formats.set(format.id, format);
    }
  }

  /** True if an event of the file is a kprobe or kretprobe. */
  get hasProbes(): boolean {
    return [...this.formats.values()].some(({ fields }) => fields.has('__probe_ip') || fields.has('__probe_func'));
  }

  kallsymsText(r: BinaryReader): void {
    const text = r.take(r.u32('the size of kallsyms'), 'kallsyms');
    if (this.hasProbes) {
      this.kallsyms = text;
    }
  }

  cmdlines(r: BinaryReader): void {
    const text = new TextDecoder().decode(r.take(r.size('the size of the task names'), 'task names'));
    for (const line of text.split('\n')) {
      const match = /^(\d{1,9}) (.*)$/.exec(line);
      if (match !== null) {
        this.comms.set(Number(match[1]), match[2] ?? '');
      }
    }
  }

  commonOption(id: number, option: BinaryReader): void {
    const text = (): string =>
      new TextDecoder()
        .decode(option.bytes)
        .replace(/\0[\s\S]*$/, '')
        .trim();
    switch (id) {
      case OPTION.date:
        this.timeOffset += integerOf(text()) * 1000n;
        break;
      case OPTION.offset:
        this.timeOffset += integerOf(text());
        break;
      case OPTION.traceClock:
        this.clock = /\[(\S+)\]/.exec(text())?.[1] ?? '';
        break;
      case OPTION.uname:
        this.uname = text();
        break;
      case OPTION.version:
        this.writer = text();
        break;
      case OPTION.timeShift:
        this.problems.add(
          'info',
          'the time corrections of a session of host and guest that the file holds are not applied',
        );
        break;
      case OPTION.cpuCount:
        this.cpuCount = Math.min(option.u32('the number of CPUs'), mostCpus);
        break;
      case OPTION.cpuStat:
        this.overwritten += Number(/^overrun: (\d{1,12})$/m.exec(text())?.[1] ?? 0);
        break;
      case OPTION.tsc2nsec: {
        const mult = BigInt(option.u32('a time multiplier'));
        const shift = BigInt(Math.min(option.u32('a time shift'), 63));
        this.tsc = { mult, shift };
        break;
      }
      default:
    }
  }
}

/** A decimal or 0x… number with sign; 0 where the text is none. */
function integerOf(text: string): bigint {
  const match = /^(-?)((?:0x[0-9a-f]{1,16})|\d{1,19})/i.exec(text);
  if (match === null) {
    return 0n;
  }
  const value = BigInt(match[2] ?? '0');
  return match[1] === '-' ? -value : value;
}
