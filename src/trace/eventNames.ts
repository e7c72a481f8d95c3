// Event names in lines of text (`kvm_hcall_enter: `, `kvm_hv:kvm_hcall_enter: `, `sys_madvise(`), interned, and where the event's
// own text starts behind them.

import { textOf } from './byteCursor';
import { ByteInterner, hashStart } from './byteInterner';
import { areLetters, hashStep } from './byteWords';
import type { TraceEvents } from './events';

const SPACE = 32;
const PAREN = 40;
const COLON = 58;

/** What an event name in the text means: where the event's own text starts behind it. */
const syscallEntry = 1 << 20;
const functionEntry = 1 << 21;
const markerInText = 1 << 22;
const kindMask = 0xffff;

export class EventNames {
  /** Code of the name found last. */
  kind = 0;
  /** Code of what names no event, if there was any. */
  unnamed: number | undefined;
  readonly #events: TraceEvents;
  readonly #names = new ByteInterner();
  // Of the name that #scan passed: where it starts and ends, the character behind it, and the hash over both.
  #start = 0;
  #end = 0;
  #behind = 0;
  #hash = 0;

  constructor(events: TraceEvents) {
    this.#events = events;
  }

  /** Reads the name at `p`. Sets kind; returns the position of the event's own text, or -1 if there is no name. */
  read(b: Uint8Array, view: DataView, p: number, end: number): number {
    const known = this.readKnown(b, view, p, end);
    if (known >= 0) {
      return known;
    }
    const entry = this.#newName(b, this.#start, this.#end, end, this.#behind);
    if (entry < 0) {
      return -1;
    }
    if (this.#behind !== SPACE) {
      this.#names.insert(b, this.#start, this.#end + 1, this.#hash, entry);
    }
    this.kind = entry & kindMask;
    return this.#textBehind(b, end, entry);
  }

  /** The same for a name that came before, with `:` or `(` behind it; -1 for any other. */
  readKnown(b: Uint8Array, view: DataView, p: number, end: number): number {
    this.#scan(b, view, p, end);
    if (this.#behind === SPACE) {
      return -1;
    }
    const entry = this.#names.find(b, this.#start, this.#end + 1, this.#hash);
    if (entry < 0) {
      return -1;
    }
    this.kind = entry & kindMask;
    return this.#textBehind(b, end, entry);
  }

  /** Passes the name at `p`. */
  #scan(b: Uint8Array, view: DataView, p: number, end: number): void {
    let start = p;
    let hash = hashStart;
    let c = SPACE;
    for (;;) {
      while (p + 4 <= end) {
        const word = view.getInt32(p, true);
        if (!areLetters(word)) {
          break;
        }
        hash = hashStep(hash, word);
        p += 4;
      }
      if (p >= end) {
        // A name alone, as perf prints an event without fields; the function tracer needs no colon either.
        c = SPACE;
        break;
      }
      c = b[p] as number;
      if (c === COLON && p + 1 < end && b[p + 1] !== SPACE) {
        // perf: `system:event:`
        start = p + 1;
        hash = hashStart;
      } else if (c === COLON || c === SPACE || c === PAREN) {
        break;
      } else {
        hash = hashStep(hash, c);
      }
      p++;
    }
    this.#start = start;
    this.#end = p;
    this.#behind = c;
    this.#hash = hashStep(hash, c);
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
    if (rest.includes('<-')) {
      return this.#events.kindCode('function') | functionEntry;
    }
    this.unnamed ??= this.#events.kindCode('unnamed');
    return this.unnamed | functionEntry;
  }

  /** Where the event's own text starts, behind the name that #scan passed. */
  #textBehind(b: Uint8Array, end: number, entry: number): number {
    let p = this.#end;
    if ((entry & functionEntry) !== 0) {
      return this.#start;
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
    return (entry & markerInText) === 0 ? p : markerTextAt(b, p, end);
  }
}

const rawMarker = /^ip=\S+ buf=/;

/** Where the text of a marker starts, as trace-cmd prints it: `symbol: text`, with -R `ip=symbol buf=text`. */
function markerTextAt(b: Uint8Array, p: number, end: number): number {
  for (let q = p; q + 1 < end && b[q] !== SPACE; q++) {
    if (b[q] === COLON && b[q + 1] === SPACE) {
      return q + 2;
    }
  }
  return p + (rawMarker.exec(textOf(b, p, Math.min(end, p + 300)))?.[0].length ?? 0);
}
