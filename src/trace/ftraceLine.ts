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
import { ByteInterner, hashByte, hashBytes, hashStart } from './byteInterner';
import type { NewEvent, TraceEvents } from './events';

const SPACE = 32;
const COLON = 58;
const PAREN = 40;

/** What an event name in the text means: where the event's own text starts behind it. */
const syscallEntry = 1 << 20;
const functionEntry = 1 << 21;
const markerInText = 1 << 22;
const kindMask = 0xffff;

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
  /** Form of the time stamp of the last line. */
  stamp: StampForm = 'seconds';
  /** Smallest step of the last line's time stamp, in ns (or ticks). */
  step = 1000;

  #baseSeconds: number | undefined;
  readonly #events: TraceEvents;
  readonly #names = new ByteInterner();
  readonly #tasks = new ByteInterner();
  readonly #flagSets = new ByteInterner();
  /** The last line's bytes up to behind `[cpu] `, with what they meant: most lines start like the one before. */
  readonly #prefix = new Uint8Array(96);
  #prefixLength = 0;
  // Set by #stampAt and #nameAt.
  #seconds = 0;
  #fraction = 0;

  constructor(events: TraceEvents) {
    this.#events = events;
  }

  /** Parses the line in b[start, end). True if it is an event; the fields are those of the event then. */
  parse(b: Uint8Array, start: number, end: number): boolean {
    let p = this.#samePrefix(b, start, end) ? start + this.#prefixLength : this.#prefixAt(b, start, end);
    if (p < 0) {
      p = this.#latencyPrefixAt(b, start, end);
      if (p < 0) {
        return false;
      }
    } else {
      p = this.#flagsAt(b, p, end);
    }
    p = this.#stampAt(b, p, end);
    if (p < 0) {
      return false;
    }
    const kind = this.kind;
    p = this.#nameAt(b, p, end);
    if (p < 0) {
      this.kind = kind;
      return false;
    }
    this.#setTime();
    this.textAt = p - start;
    this.length = end - start;
    return true;
  }

  #samePrefix(b: Uint8Array, start: number, end: number): boolean {
    const length = this.#prefixLength;
    if (length === 0 || start + length > end) {
      return false;
    }
    const prefix = this.#prefix;
    // The end differs most often (pid, cpu), so compare from there.
    for (let i = length - 1; i >= 0; i--) {
      if (b[start + i] !== prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** `comm-pid [cpu] ` (and its variants): sets task and cpu, returns the position behind it or -1. */
  #prefixAt(b: Uint8Array, start: number, end: number): number {
    let comm = start;
    while (comm < end && b[comm] === SPACE) {
      comm++;
    }
    const limit = Math.min(end, comm + 72);
    for (let q = comm + 2; q < limit; q++) {
      if (b[q] !== 91 /* [ */ || b[q - 1] !== SPACE) {
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
      this.#prefixLength = p - start <= this.#prefix.length ? p - start : 0;
      if (this.#prefixLength > 0) {
        this.#prefix.set(b.subarray(start, p));
      }
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
    this.#prefixLength = 0;
    this.task = task;
    this.cpu = Number(rest[1]);
    this.flags = this.#events.flagCode(rest[2] ?? '');
    return comm + ascii;
  }

  /** Optional latency flags (`.n...`). Sets flags; returns the position of the time stamp. */
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
    return p;
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

  /** The event's name. Sets kind; returns the position of the event's own text, or -1. */
  #nameAt(b: Uint8Array, p: number, end: number): number {
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
    return this.#namedText(b, p, end);
  }

  #namedText(b: Uint8Array, from: number, end: number): number {
    let p = from;
    let start = from;
    let hash = hashStart;
    let c = 0;
    for (; p < end; p++) {
      c = b[p] as number;
      if (c === SPACE || c === PAREN) {
        break;
      }
      if (c === COLON) {
        if (p + 1 >= end || b[p + 1] === SPACE) {
          break;
        }
        // perf: `system:event:`
        start = p + 1;
        hash = hashStart;
        continue;
      }
      hash = hashByte(hash, c);
    }
    if (p >= end) {
      // A name alone, as perf prints an event without fields; the function tracer needs no colon either.
      c = SPACE;
    }
    const key = hashByte(hash, c);
    let entry = this.#names.find(b, start, Math.min(p + 1, end), key);
    if (entry < 0) {
      entry = this.#newName(b, start, p, end, c);
      if (entry < 0) {
        return -1;
      }
      if (c !== SPACE) {
        this.#names.insert(b, start, p + 1, key, entry);
      }
    }
    this.kind = entry & kindMask;
    return this.#textBehind(b, start, p, end, entry);
  }

  /** The interned meaning of a name that ends at `p` with the character `c`. */
  #newName(b: Uint8Array, start: number, p: number, end: number, c: number): number {
    if (p - start > 128) {
      return -1;
    }
    const name = textOf(b, start, p);
    if (c === COLON) {
      return this.#events.kindCode(name) | (name === 'print' ? markerInText : 0);
    }
    if (c === PAREN && name.startsWith('sys_')) {
      return this.#events.kindCode(`sys_enter_${name.slice(4)}`) | syscallEntry;
    }
    const rest = textOf(b, p, Math.min(end, p + 8));
    if (name.startsWith('sys_') && rest.startsWith(' -> ')) {
      return this.#events.kindCode(`sys_exit_${name.slice(4)}`) | syscallEntry;
    }
    // The function tracer (`func <-caller`), or an event that prints no name: kept as text.
    return this.#events.kindCode(rest.includes('<-') ? 'function' : 'unnamed') | functionEntry;
  }

  /** Where the event's own text starts, behind a name that ends at `p`. */
  #textBehind(b: Uint8Array, start: number, p: number, end: number, entry: number): number {
    if ((entry & functionEntry) !== 0) {
      return start;
    }
    if ((entry & syscallEntry) !== 0) {
      return b[p] === PAREN ? p + 1 : p + 4;
    }
    p++;
    if (this.kind === 0 && (entry & markerInText) === 0) {
      // tracing_mark_write: exactly one blank, the rest is the writer's.
      return Math.min(end, p + 1);
    }
    while (p < end && b[p] === SPACE) {
      p++;
    }
    if ((entry & markerInText) !== 0) {
      // trace-cmd: `print: symbol: text`
      for (let q = p; q + 1 < end && b[q] !== SPACE; q++) {
        if (b[q] === COLON && b[q + 1] === SPACE) {
          return q + 2;
        }
      }
    }
    return p;
  }
}

/** The position behind a number and a blank, or -1 if what stands there is no such number (`0xf0f0: …`, `1st: …`). */
function skipNumber(b: Uint8Array, p: number, end: number): number {
  while (p < end && isDigit(b[p] as number)) {
    p++;
  }
  return p < end && b[p] === SPACE ? p : -1;
}
