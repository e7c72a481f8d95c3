// Streaming reader of ftrace text: /sys/kernel/tracing/trace, trace_pipe, `trace-cmd report` and `perf script` output.
// Bytes are pushed as they come; events appear in the columns at once, so that a live trace can be followed.
// Formats: Documentation/trace/ftrace.rst, trace-cmd-report(1), perf-script(1). Line syntax: ftraceLine.ts.

import { textOf } from './byteCursor';
import { eventCode, isHptProbe } from './eventKinds';
import { TraceEvents } from './events';
import { FtraceLineParser } from './ftraceLine';
import { dressLength, EscapeFilter } from './lineDress';
import { type InputProblem, ProblemList, type ReadControl } from './problem';
import { adviceOn, holdsAnotherLine, holdsEvent, isHarmless, type LossMark, lossMark, perfLoss } from './strayLines';
import { blockSize, TextBlocks } from './textBlocks';
import { TextLines } from './textLines';

const HASH = 35;

/** Longest line believed, in bytes; the kernel's own lines end far below. */
const longestLine = 1 << 16;

/** Pieces of the input from this size on are kept as they are; smaller ones are copied into larger blocks. */
const keptFrom = 1 << 15;

/** Lines of the header of `perf script --header`. */
const perfPattern = /^# (os release|cpudesc) : (\S.{0,99}?)\s*$/;
const fillPattern = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/;

/** What a trace reader gives: the events, what the file says about itself, and what is wrong with it. */
export interface TraceFile {
  readonly file: string;
  readonly form: TraceForm;
  readonly events: TraceEvents;
  readonly problems: readonly InputProblem[];
  /** Events that the kernel's ring buffer overwrote before the trace starts, where the file tells. */
  readonly overwritten: number;
  /** True when the read was cancelled: the events are those read so far. */
  readonly cancelled: boolean;
  readonly about: TraceAbout;
}

/** What a trace file tells of how it was recorded, beside its events. What it does not tell is left out. */
export interface TraceAbout {
  /** Release of the host's kernel, such as `6.1.0-50-powerpc64le`. */
  readonly kernel?: string;
  /** The host's processor, as perf names it. */
  readonly cpu?: string;
  /** Page size of the host in bytes. */
  readonly hostPageSize?: number;
  /** Trace clock, such as `mono`. */
  readonly clock?: string;
  /** The container of a trace.dat: its version, byte order, compression, the trace-cmd that wrote it, its buffers by name. */
  readonly container?: {
    readonly version: number;
    readonly littleEndian: boolean;
    readonly compression: string;
    readonly writer: string;
    readonly buffers: readonly string[];
  };
}

export type TraceForm = 'ftrace-text' | 'trace-dat';

/** Push reader: `push` the bytes as they come, then `end`. */
export class FtraceTextReader {
  readonly events = new TraceEvents();
  readonly problems: ProblemList;
  readonly #blocks = new TextBlocks();
  readonly #parser = new FtraceLineParser(this.events);
  readonly #escapes = new EscapeFilter();
  /** Start of the first line in the current block that is not parsed yet. */
  #lineStart = 0;
  /** Lines before that one. */
  #linesDone = 0;
  /** True inside a line longer than `longestLine`, which is skipped. */
  #skipping = false;
  #overwritten = 0;
  /** Losses of which only the end is known. */
  readonly #lostAnywhere: LossMark[] = [];
  /** The beginning of the first line that could not be read. */
  #firstUnread = '';
  #graph = false;
  #about: TraceAbout = {};
  #backwards = 0;
  /** Bytes taken so far. */
  bytes = 0;

  constructor(readonly file: string) {
    this.problems = new ProblemList(file);
    this.events.sources.push(new TextLines(file, this.#blocks));
  }

  /** Takes the next bytes of the file. Large pieces are kept, not copied: the caller must not change them afterwards. */
  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    const chunk = this.#escapes.strip(bytes);
    const from = chunk.length < keptFrom || chunk.length > blockSize ? 0 : this.#copyUnfinished(chunk);
    if (from === 0) {
      this.#copy(chunk);
    } else if (from < chunk.length) {
      this.#blocks.adopt(chunk.subarray(from));
      this.#lineStart = 0;
      this.#parseLines();
      this.#startBlock();
    }
  }

  /**
   * Copies those lines of a piece that belong to what came before it: the rest of the unfinished line, and what continues the
   * last event. Returns the position behind them; 0, with nothing done, if the piece holds no line end.
   */
  #copyUnfinished(chunk: Uint8Array): number {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const ownEvent = from > 0 && this.#parser.parse(chunk, from, end);
      if (ownEvent || (from > 0 && !this.#continues(this.events.count - 1, this.#linesDone))) {
        return from;
      }
      this.#copy(chunk.subarray(from, end + 1));
      from = end + 1;
    }
    if (from > 0) {
      this.#copy(chunk.subarray(from));
      return chunk.length;
    }
    return 0;
  }

  /** Takes bytes into the memory blocks and parses the lines that they end. */
  #copy(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const taken = this.#blocks.append(chunk, from);
      from += taken;
      this.#parseLines();
      if (taken === 0 || from < chunk.length) {
        this.#startBlock();
      }
    }
  }

  /** Ends the file: an unfinished last line is told and left out, because a number in it may be cut short. */
  end(cancelled = false): TraceFile {
    const rest = this.#blocks.used - this.#lineStart;
    if (rest > 0 && !cancelled && textOf(this.#blocks.block, this.#lineStart, this.#blocks.used).trim() !== '') {
      const line = this.#linesDone + 1;
      this.problems.add(
        'warning',
        `the file ends in the middle of this line (it has no line end): loaded up to line ${line - 1}. ` +
          'If the line is whole, add a line end.',
        { line, column: rest + 1 },
      );
    }
    this.#blocks.cutAt(this.#lineStart);
    for (const { cpu, count } of this.#lostAnywhere) {
      this.events.lost.push({ before: this.events.count, cpu, count, fromStart: true });
    }
    if (!cancelled) {
      this.#judge();
    }
    const { file, events } = this;
    const problems = this.problems.list();
    const [overwritten, about] = [this.#overwritten, this.#about];
    events.overwritten = overwritten;
    return { file, form: 'ftrace-text', events, problems, overwritten, cancelled, about };
  }

  #parseLines(): void {
    const used = this.#blocks.used;
    // A view that ends where the bytes end: the search for a line end must not run through the rest of the block.
    const block = this.#blocks.block.subarray(0, used);
    let start = this.#lineStart;
    while (start < used) {
      const alike = this.#skipping ? -1 : this.#parser.parseAlike(block, start, used);
      if (alike >= 0 && alike - start <= longestLine) {
        this.#linesDone++;
        this.#addEvent(start);
        start = alike + 1;
        continue;
      }
      let end = block.indexOf(10, start);
      if (end < 0) {
        if (used - start > longestLine) {
          this.#skipLong();
          start = used;
          this.#blocks.cutAt(this.#lineStart);
          return;
        }
        break;
      }
      const next = end + 1;
      this.#linesDone++;
      if (this.#skipping) {
        this.#skipping = false;
      } else if (end - start > longestLine) {
        this.#longLine();
      } else {
        if (end > start && block[end - 1] === 13) {
          end--;
        }
        this.#parseLine(block, start, end);
      }
      start = next;
    }
    this.#lineStart = start;
  }

  #parseLine(block: Uint8Array, start: number, end: number): void {
    const first = this.#linesDone === 1 ? start + byteOrderMark(block, start) : start;
    const from = first + dressLength(block, first, end);
    if (block[from] === HASH || end === from || !this.#parser.parse(block, from, end)) {
      this.#otherLine(block, from, end);
    } else {
      this.#addEvent(from);
    }
  }

  /** Adds the event that the parser holds, whose line starts at a position of the current block. */
  #addEvent(start: number): void {
    const parser = this.#parser;
    const events = this.events;
    const odd = parser.crowded || parser.kind === this.#parser.unnamed;
    if (odd && this.#isNoEvent(textOf(this.#blocks.block, start + parser.textAt, start + parser.length))) {
      return;
    }
    parser.line = this.#linesDone;
    parser.offset = this.#blocks.addressOf(start);
    const count = events.count;
    if (count === 0) {
      events.resolution = parser.step;
    } else if (parser.time < (events.time[count - 1] as number)) {
      this.#timeGoesBack();
    }
    events.add(parser, 0);
  }

  /** What has the head of an event but is none: perf's record of a loss, or two lines that ran into each other. */
  #isNoEvent(text: string): boolean {
    const lost = perfLoss(text);
    if (lost !== undefined) {
      this.events.lost.push({ before: this.events.count, cpu: this.#parser.cpu, count: lost.count });
      return true;
    }
    if (!holdsAnotherLine(text)) {
      return false;
    }
    this.#unread(`two lines ran into each other here; what they told counts as lost: ${quoted(text)}`, text);
    return true;
  }

  /** A line that cannot be read: an event may have stood there. */
  #unread(message: string, text: string): void {
    this.#firstUnread ||= text;
    this.problems.add('error', message, { line: this.#linesDone, column: 1 });
    this.#lostHere();
  }

  /** An event may be missing at this place. */
  #lostHere(): void {
    const before = this.events.count;
    const last = this.events.lost.at(-1);
    if (last?.before !== before || last.cpu !== undefined) {
      this.events.lost.push({ before, cpu: undefined, count: undefined });
    }
  }

  /** A line that is no event: a comment, a lost-events mark, the continuation of the event above, or a mistake. */
  #otherLine(block: Uint8Array, start: number, end: number): void {
    const line = this.#linesDone;
    if (end === start) {
      return;
    }
    const last = this.events.count - 1;
    const text = textOf(block, start, Math.min(end, start + 200));
    const lost = lossMark(text);
    if (lost !== undefined) {
      this.#lost(lost);
      return;
    }
    if (block[start] === HASH && !this.#continues(last, line)) {
      this.#comment(text);
      return;
    }
    if (this.#continues(last, line) && !holdsEvent(text)) {
      const length = this.#blocks.addressOf(end) - (this.events.offset[last] as number);
      this.events.length[last] = length;
      return;
    }
    if (!this.#graph && !isHarmless(text)) {
      this.#unread(`this is not a line of an ftrace text: ${quoted(text)}`, text);
    }
  }

  #lost(mark: LossMark): void {
    const { cpu, count, where } = mark;
    if (where === 'anywhere') {
      this.#lostAnywhere.push(mark);
    } else {
      const before = this.events.count;
      this.events.lost.push({ before, cpu, count, ...(where === 'before' && { fromStart: true as const }) });
    }
  }

  /**
   * True if a line that is no event belongs to the event before: texts that people write to the marker, stack traces and
   * unknown events may have several lines. The events that this tool decodes have one (kvm_ppc_instr an empty second one), and so have
   * system calls.
   */
  #continues(last: number, line: number): boolean {
    if (last < 0) {
      return false;
    }
    const kind = this.events.kind[last] as number;
    const known = kind < eventCode.add_revmap || isHptProbe(kind) || /^sys_/.test(this.events.nameOf(last));
    if (known && kind !== eventCode.print) {
      return false;
    }
    const offset = this.events.offset[last] as number;
    const sameBlock = this.#blocks.blockAt(offset) === this.#blocks.block;
    return sameBlock && line - (this.events.line[last] as number) < 256;
  }

  #comment(text: string): void {
    const fill = fillPattern.exec(text);
    if (fill !== null) {
      this.#overwritten = Math.max(0, Number(fill[2]) - Number(fill[1]));
    }
    const perf = perfPattern.exec(text);
    if (perf !== null) {
      this.#about = { ...this.#about, [perf[1] === 'cpudesc' ? 'cpu' : 'kernel']: perf[2] };
    }
    if (text.startsWith('# tracer: function_graph')) {
      this.#graph = true;
    }
  }

  #timeGoesBack(): void {
    this.#backwards++;
    if (this.#backwards === 1) {
      this.problems.add(
        'warning',
        'the time stamp is earlier than that of the event before; events are kept in the order of the file',
        { line: this.#linesDone },
      );
    }
  }

  #longLine(line = this.#linesDone): void {
    this.problems.add('error', `this line is longer than ${longestLine} bytes and is skipped`, { line });
    this.#lostHere();
  }

  /** Begins to skip a line that has grown too long without an end in sight. */
  #skipLong(): void {
    if (!this.#skipping) {
      this.#skipping = true;
      this.#longLine(this.#linesDone + 1);
    }
  }

  /** Moves the unfinished line to a new block, together with the event before if that may still be continued. */
  #startBlock(): void {
    const last = this.events.count - 1;
    let keepFrom = this.#lineStart;
    if (this.#continues(last, this.#linesDone)) {
      const start = this.#blocks.positionOf(this.events.offset[last] as number);
      if (this.#lineStart - start < longestLine) {
        keepFrom = start;
      }
    }
    this.#blocks.nextBlock(keepFrom);
    if (keepFrom < this.#lineStart) {
      this.events.offset[last] = this.#blocks.addressOf(0);
    }
    this.#lineStart -= keepFrom;
  }

  /** Says what a person should know about the file as a whole. */
  #judge(): void {
    if (this.bytes === 0) {
      this.problems.add(
        'error',
        'the file is empty. A trace is recorded into /sys/kernel/tracing/trace or by trace-cmd.',
      );
    } else if (this.#graph && this.events.count === 0) {
      this.problems.add(
        'error',
        'this is the text of the function_graph tracer, which prints no time, task or CPU of an event. ' +
          'Record with the nop tracer, or take the binary trace.dat of the same run.',
      );
    } else if (this.events.count === 0) {
      const advice = adviceOn(this.#firstUnread);
      this.problems.add(
        'error',
        'no trace event found. Expected lines such as ' +
          `"qemu-145 [000] ..... 86.509734: kvm_hcall_enter: VCPU 0: hcall=H_ENTER …"${advice === undefined ? '' : `; ${advice}`}.`,
      );
    } else if (this.#namesNoEvent()) {
      this.problems.add('error', 'no line names its event: print the names, too (perf script -F +event)');
    }
    if (this.#escapes.found) {
      this.problems.add('info', 'the escape sequences of a terminal (colours) in this text are left out');
    }
    if (this.#overwritten > 0) {
      this.problems.add('warning', `the ring buffer overwrote ${this.#overwritten} events before this trace begins`, {
        line: 1,
      });
    }
    this.#judgeLosses();
  }

  #judgeLosses(): void {
    const marked = this.events.lost.filter(({ cpu, fromStart }) => cpu !== undefined || fromStart === true);
    const [first] = marked;
    if (first !== undefined) {
      const times = marked.length === 1 ? '1 time' : `${marked.length} times`;
      const where = first.cpu === undefined ? 'it is not told where' : `first on CPU ${first.cpu}`;
      this.problems.add('warning', `the trace lost events (${times}, ${where})`);
    }
  }

  #namesNoEvent(): boolean {
    const { kind, count } = this.events;
    const { unnamed } = this.#parser;
    return unnamed !== undefined && kind.subarray(0, count).every((code) => code === unnamed);
  }
}

/** Reads a whole text trace from a stream of bytes. Never throws for what stands in it; see `problems`. */
export async function readFtraceText(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  control: ReadControl = {},
): Promise<TraceFile> {
  const reader = new FtraceTextReader(file);
  for await (const chunk of chunks) {
    if (control.cancelled?.() === true) {
      return reader.end(true);
    }
    reader.push(chunk);
    control.onProgress?.(reader.bytes);
  }
  return reader.end();
}

/** Length of the byte order mark that some editors put at the start of a text. */
function byteOrderMark(b: Uint8Array, start: number): number {
  return b[start] === 0xef && b[start + 1] === 0xbb && b[start + 2] === 0xbf ? 3 : 0;
}

/** A text in quotes, shortened for a message. */
function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short);
}
