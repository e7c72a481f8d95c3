// Parses one line of ftrace text at byte level, in all forms that the kernel (Documentation/trace/ftrace.rst), trace-cmd
// report and perf script print:
//
//            hptgt-307     [000] .n...     6.488580: kvm_set_spte_hva: mmu notifier …      trace, trace_pipe
//            hptgt-307     [000]     6.488580: kvm_set_spte_hva:     mmu notifier …        trace-cmd report
//    hptgt-307     0.N...     6.488580: kvm_set_spte_hva: …                                the same with -l
//            hptgt-307     (    307) [000] .....     6.488580: …                           option record-tgid
//            hptgt   307/307   [000]     6.488580: kvm:kvm_set_spte_hva: …                 perf script
//   <idle>-0       0d..1    12us+: …                                                       latency format
//
// This is the hot path of the text reader: fields are left in the parser object, names are interned without making strings.

import { isDigit, textOf } from './byteCursor';
import { ByteInterner, hashBytes } from './byteInterner';
import { byteIn } from './byteWords';
import { EventNames } from './eventNames';
import type { NewEvent, TraceEvents } from './events';
import { LineHeads } from './lineHeads';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const COLON = 58;
const PAREN = 40;
const BRACKET = 91;

/** Two events take so many bytes of text at least. */
const shortestPair = 70;

const powersOfTen = Array.from({ length: 10 }, (_, digits) => 10 ** digits);

/** How the time stamps of a trace are written. */
export type StampForm = 'seconds' | 'ticks' | 'latency-us';

export class FtraceLineParser implements NewEvent {
  time = 0;
  cpu = 0;
  task = 0;
  kind = 0;
  flags = 0;
  offset = 0;
  length = 0;
  textAt = 0;
  line = 0;
  /** True if the last line may hold the beginning of another one behind its own: its text has a CPU's number in brackets. */
  crowded = false;
  /** Form of the time stamp of the last line. */
  stamp: StampForm = 'seconds';
  /** Smallest step of the last line's time stamp, in ns (or ticks). */
  step = 1000;

  #baseSeconds: number | undefined;
  readonly #events: TraceEvents;
  readonly #names: EventNames;
  readonly #tasks = new ByteInterner();
  readonly #flagSets = new ByteInterner();
  readonly #heads = new LineHeads();
  #viewed: Uint8Array | undefined;
  /** Shows the bytes of `#viewed`. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  // Set by #stampAt.
  #seconds = 0;
  #fraction = 0;

  constructor(events: TraceEvents) {
    this.#events = events;
    this.#names = new EventNames(events);
  }

  /** Parses the line in b[start, end). True if it is an event; the fields are those of the event then. */
  parse(b: Uint8Array, start: number, end: number): boolean {
    const view = this.#viewOf(b);
    let p = this.#prefixAt(b, start, end);
    const head = p < 0 ? -1 : this.#flagsAt(b, p, end);
    p = head < 0 ? this.#latencyPrefixAt(b, start, end) : head;
    if (p < 0) {
      return false;
    }
    p = this.#stampAt(b, p, end);
    if (p < 0) {
      return false;
    }
    p = this.#nameAt(b, view, p, end);
    if (p < 0) {
      return false;
    }
    if (head >= 0) {
      this.#heads.keep(view, start, head, this.task, this.cpu, this.flags);
    }
    this.kind = this.#names.kind;
    this.#setTime();
    this.textAt = p - start;
    this.length = end - start;
    this.crowded = mayHoldAnother(view, p, start, end);
    return true;
  }

  /**
   * Parses the line at `start` of a text in b[0, end), if it begins like one before, is of an event seen before, and holds nothing out
   * of the ordinary; this is several times as fast as `parse`. The fields are those of the event then.
   * @returns the position of its line feed; -1, with the fields undefined, if `parse` must look at it
   */
  parseAlike(b: Uint8Array, start: number, end: number): number {
    const view = this.#viewOf(b);
    const heads = this.#heads;
    const head = start + heads.length;
    // No line that is an event ends this close to the end of the text.
    if (heads.length === 0 || head + 4 > end) {
      return -1;
    }
    const slot = heads.find(view, start);
    if (slot < 0) {
      return -1;
    }
    // A stamp in microseconds passes what stands behind it, but no other form passes a line feed.
    let p = this.#stampAt(b, head, end);
    const lineEnd = p < 0 || this.stamp === 'latency-us' ? -1 : byteIn(view, LINE_FEED, p, end);
    if (lineEnd < 0) {
      return -1;
    }
    while (p < lineEnd && b[p] === SPACE) {
      p++;
    }
    p = this.#names.readKnown(b, view, p, lineEnd);
    if (p < 0) {
      return -1;
    }
    this.task = heads.task[slot] as number;
    this.cpu = heads.cpu[slot] as number;
    this.flags = heads.flags[slot] as number;
    this.kind = this.#names.kind;
    this.#setTime();
    this.textAt = p - start;
    this.length = lineEnd - start - (b[lineEnd - 1] === CARRIAGE_RETURN ? 1 : 0);
    this.crowded = mayHoldAnother(view, p, start, lineEnd);
    return lineEnd;
  }

  /** The kind of lines that name no event, if there were any. */
  get unnamed(): number | undefined {
    return this.#names.unnamed;
  }

  #viewOf(b: Uint8Array): DataView {
    if (this.#viewed !== b) {
      this.#viewed = b;
      this.#view = new DataView(b.buffer, b.byteOffset, b.byteLength);
    }
    return this.#view;
  }

  /** `comm-pid [cpu] ` (and its variants): sets task and cpu, returns the position behind it or -1. */
  #prefixAt(b: Uint8Array, start: number, end: number): number {
    let comm = start;
    while (comm < end && b[comm] === SPACE) {
      comm++;
    }
    const limit = Math.min(end, comm + 72);
    for (let q = comm + 2; q < limit; q++) {
      if (b[q] !== BRACKET || b[q - 1] !== SPACE) {
        continue;
      }
      let p = q + 1;
      let cpu = 0;
      while (p < end && isDigit(b[p] as number)) {
        cpu = cpu * 10 + (b[p++] as number) - 48;
      }
      if (p === q + 1 || b[p] !== 93 /* ] */ || p + 1 >= end || b[p + 1] !== SPACE) {
        continue;
      }
      const task = this.#taskAt(b, comm, q - 1);
      if (task < 0) {
        continue;
      }
      this.task = task;
      this.cpu = Math.min(cpu, 0xffff);
      p += 2;
      return p;
    }
    return -1;
  }

  /** The task of `comm-pid`, `comm-pid (tgid)`, `comm pid` or `comm pid/tid` in b[comm, to); -1 if it is none of these. */
  #taskAt(b: Uint8Array, comm: number, to: number): number {
    while (to > comm && b[to - 1] === SPACE) {
      to--;
    }
    const hash = hashBytes(b, comm, to);
    const known = this.#tasks.find(b, comm, to, hash);
    if (known >= 0) {
      return known;
    }
    // trace-cmd report puts `instance:` before the tasks of buffers other than the top one.
    const text = textOf(b, comm, to).replace(/^[^\s:]+: {2,}(?=\S)/, '');
    const ftrace = /^(.*)-(\d{1,9})(?:\s+\(\s*(\d{1,9}|-+)\))?$/s.exec(text);
    const perf = ftrace ?? /^(.*?)\s+(?:(\d{1,9})\/)?(\d{1,9})$/s.exec(text);
    if (perf === null) {
      return -1;
    }
    const pid = Number(ftrace === null ? perf[3] : perf[2]);
    const tgid = Number((ftrace === null ? perf[2] : perf[3]) ?? -1);
    const task = this.#events.taskCode((perf[1] ?? '').trim(), pid, Number.isNaN(tgid) ? -1 : tgid);
    this.#tasks.insert(b, comm, to, hash, task);
    return task;
  }

  /** Latency format: `comm-pid cpu flags`, with no brackets. Sets task, cpu and flags; returns the position behind or -1. */
  #latencyPrefixAt(b: Uint8Array, start: number, end: number): number {
    let comm = start;
    while (comm < end && b[comm] === SPACE) {
      comm++;
    }
    const head = textOf(b, comm, Math.min(end, comm + 96));
    const match = /^.*?-\d{1,9}\s+(?:\(\s*[-\d]+\)\s+)?(?=\d{1,4}[^\s\d.]?[^\s:]{3,7}\s+\d)/s.exec(head);
    const rest = match === null ? null : /^(\d{1,4}?)([.A-Za-z#][.A-Za-z0-9#]{3,6}) /.exec(head.slice(match[0].length));
    if (match === null || rest === null) {
      return -1;
    }
    const ascii = new TextEncoder().encode(match[0]).length + rest[0].length;
    const task = this.#taskAt(b, comm, comm + new TextEncoder().encode(match[0]).length);
    if (task < 0) {
      return -1;
    }
    this.task = task;
    this.cpu = Number(rest[1]);
    this.flags = this.#events.flagCode(rest[2] ?? '');
    return comm + ascii;
  }

  /** Optional latency flags (`.n...`) with a blank behind. Sets flags; returns the position behind. */
  #flagsAt(b: Uint8Array, p: number, end: number): number {
    while (p < end && b[p] === SPACE) {
      p++;
    }
    if (p >= end || isDigit(b[p] as number)) {
      this.flags = 0;
      return p;
    }
    const from = p;
    while (p < end && b[p] !== SPACE) {
      p++;
    }
    const hash = hashBytes(b, from, p);
    let flags = this.#flagSets.find(b, from, p, hash);
    if (flags < 0) {
      flags = p - from > 16 ? 0 : this.#events.flagCode(textOf(b, from, p));
      this.#flagSets.insert(b, from, p, hash, flags);
    }
    this.flags = flags;
    return Math.min(end, p + 1);
  }

  /** The time stamp with its colon. Sets stamp, step and the parts of the time; returns the position behind, or -1. */
  #stampAt(b: Uint8Array, p: number, end: number): number {
    while (p < end && b[p] === SPACE) {
      p++;
    }
    const from = p;
    let whole = 0;
    while (p < end) {
      const digit = (b[p] as number) - 48;
      if (digit < 0 || digit > 9) {
        break;
      }
      whole = whole * 10 + digit;
      p++;
    }
    if (p === from || p >= end) {
      return -1;
    }
    if (b[p] === 46 /* . */ && p - from <= 12) {
      return this.#fractionAt(b, p + 1, end, whole);
    }
    if (b[p] === COLON && p - from <= 20) {
      this.#ticks(b, from, p);
      return p + 1;
    }
    if (b[p] === 117 /* u */ && b[p + 1] === 115 /* s */ && p - from <= 12) {
      this.stamp = 'latency-us';
      this.step = 1000;
      this.#seconds = Math.floor(whole / 1e6);
      this.#fraction = (whole % 1e6) * 1000;
      p += 2;
      while (p < end && b[p] !== COLON && p - from < 24) {
        p++;
      }
      return b[p] === COLON ? p + 1 : -1;
    }
    return -1;
  }

  #fractionAt(b: Uint8Array, p: number, end: number, seconds: number): number {
    const from = p;
    let fraction = 0;
    while (p < end) {
      const digit = (b[p] as number) - 48;
      if (digit < 0 || digit > 9) {
        break;
      }
      fraction = fraction * 10 + digit;
      p++;
    }
    const digits = p - from;
    if (digits === 0 || digits > 9 || b[p] !== COLON) {
      return -1;
    }
    this.stamp = 'seconds';
    this.step = powersOfTen[9 - digits] as number;
    this.#seconds = seconds;
    this.#fraction = fraction * this.step;
    return p + 1;
  }

  /** A time stamp that is a plain count, of up to 64 bits: kept as billions and the rest, so that both are exact. */
  #ticks(b: Uint8Array, from: number, to: number): void {
    this.stamp = 'ticks';
    this.step = 1;
    const split = Math.max(from, to - 9);
    this.#seconds = Number(textOf(b, from, split));
    this.#fraction = Number(textOf(b, split, to));
  }

  #setTime(): void {
    if (this.#baseSeconds === undefined) {
      this.#baseSeconds = this.#seconds;
      this.#events.base = BigInt(this.#seconds) * 1_000_000_000n;
      this.#events.unit = this.stamp === 'ticks' ? 'ticks' : 'ns';
    }
    this.time = (this.#seconds - this.#baseSeconds) * 1e9 + this.#fraction;
  }

  /** The event's name. Returns the position of the event's own text, or -1. */
  #nameAt(b: Uint8Array, view: DataView, p: number, end: number): number {
    for (;;) {
      while (p < end && b[p] === SPACE) {
        p++;
      }
      // trace-cmd report --ts-diff puts "(+123)" here, perf script a sample period.
      const c = b[p];
      if (c === PAREN) {
        while (p < end && b[p] !== SPACE) {
          p++;
        }
      } else if (c !== undefined && isDigit(c)) {
        const next = skipNumber(b, p, end);
        if (next < 0) {
          break;
        }
        p = next;
      } else {
        break;
      }
    }
    if (p >= end) {
      return -1;
    }
    return this.#names.read(b, view, p, end);
  }
}

/** True if a line whose event's text starts at `p` is long enough for two, and has `[` and a digit in that text. */
function mayHoldAnother(view: DataView, p: number, start: number, end: number): boolean {
  if (end - start < shortestPair) {
    return false;
  }
  let bracket = byteIn(view, BRACKET, p, end - 1);
  while (bracket >= 0 && !isDigit(view.getUint8(bracket + 1))) {
    bracket = byteIn(view, BRACKET, bracket + 1, end - 1);
  }
  return bracket >= 0;
}

/** The position behind a number and a blank, or -1 if what stands there is no such number (`0xf0f0: …`, `1st: …`). */
function skipNumber(b: Uint8Array, p: number, end: number): number {
  while (p < end && isDigit(b[p] as number)) {
    p++;
  }
  return p < end && b[p] === SPACE ? p : -1;
}
