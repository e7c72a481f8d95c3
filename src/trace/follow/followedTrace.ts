// A live trace on the side that reads it: bytes go in as they come, pieces of what they held come out whenever somebody has time for
// one. Events are told, not replayed: what an operation came to is often known only from what has not come yet.

import { Log } from '../../model/log';
import type { TraceEvents } from '../events';
import { FtraceTextReader } from '../ftraceText';
import { Telling } from '../telling';
import type { TextBlocks } from '../textBlocks';
import { TextLines } from '../textLines';
import type { PieceColumns, PieceText, TracePiece } from './piece';

/** Events in a piece at most: taking it over is the work of some milliseconds. */
const MOST_EVENTS = 16_384;

/** How far pieces have told. */
interface Told {
  events: number;
  tasks: number;
  kinds: number;
  flags: number;
  lost: number;
  problems: number;
  journal: number;
  block: number;
  /** bytes of that block */
  used: number;
}

export class FollowedTrace {
  readonly #reader: FtraceTextReader;
  readonly #log = new Log();
  readonly #telling = new Telling(this.#log);
  readonly #said: string[] = [];
  readonly #told: Told = {
    ...{ events: 0, tasks: 0, kinds: 0, flags: 0, lost: 0, problems: 0 },
    ...{ journal: 0, block: 0, used: 0 },
  };

  constructor(file: string) {
    this.#reader = new FtraceTextReader(file);
    const { kindNames, flagTexts } = this.#reader.events;
    this.#told.kinds = kindNames.length;
    this.#told.flags = flagTexts.length;
  }

  /** Bytes that have come. */
  get bytes(): number {
    return this.#reader.bytes;
  }

  /** Memory that what has come takes here: text, columns and journal. */
  get memory(): number {
    return this.bytes + this.#reader.events.columnBytes + this.#log.bytes;
  }

  get events(): TraceEvents {
    return this.#reader.events;
  }

  /** Takes the next bytes. Large pieces are kept, not copied: they must not be changed afterwards. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  /** Says something about the trace that goes along with the next piece. */
  say(text: string): void {
    this.#said.push(text);
  }

  /**
   * What has come since the piece before; null when that is nothing.
   * @param settled nothing came for a while: the last event, which may still get more lines, is told too
   */
  piece(settled: boolean): TracePiece | null {
    const { events } = this.#reader;
    const from = this.#told.events;
    const ready = settled ? events.count : Math.max(from, events.count - 1);
    const to = Math.min(ready, from + MOST_EVENTS);
    const told = this.#news();
    if (to === from && told.length === 0) {
      return null;
    }
    for (let i = from; i < to; i++) {
      this.#log.mark(i);
      this.#telling.tell(events.decode(i));
    }
    const last = from - 1;
    const piece: TracePiece = {
      ...{ from, count: to - from, unit: events.unit, resolution: events.resolution, base: events.base },
      columns: columnsOf(events, from, to),
      before: last < 0 ? undefined : { offset: events.offset[last] as number, length: events.length[last] as number },
      tasks: events.tasks.slice(this.#told.tasks),
      kindNames: events.kindNames.slice(this.#told.kinds),
      flagTexts: events.flagTexts.slice(this.#told.flags),
      lost: this.#lostUpTo(to),
      text: this.#text(),
      journal: { at: this.#told.journal, words: this.#log.since(this.#told.journal) },
      told,
    };
    this.#told.events = to;
    this.#told.tasks = events.tasks.length;
    this.#told.kinds = events.kindNames.length;
    this.#told.flags = events.flagTexts.length;
    this.#told.lost += piece.lost.length;
    this.#told.journal = this.#log.end;
    return piece;
  }

  #lostUpTo(event: number): TracePiece['lost'] {
    return this.#reader.events.lost.slice(this.#told.lost).filter(({ before }) => before <= event);
  }

  #news(): string[] {
    const problems = this.#reader.problems.list().slice(this.#told.problems);
    this.#told.problems += problems.length;
    const sentences = problems.map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`));
    return [...this.#said.splice(0), ...sentences];
  }

  #text(): PieceText[] {
    const [source] = this.#reader.events.sources;
    return source instanceof TextLines ? this.#newText(source.blocks) : [];
  }

  #newText(blocks: TextBlocks): PieceText[] {
    const text: PieceText[] = [];
    const { all } = blocks;
    for (let block = this.#told.block; block < all.length; block++) {
      const held = all[block] ?? new Uint8Array(0);
      const at = block === this.#told.block ? this.#told.used : 0;
      if (held.length > at) {
        text.push({ block, at, bytes: held.slice(at) });
      }
      this.#told.used = held.length;
    }
    this.#told.block = all.length - 1;
    return text;
  }
}

function columnsOf(events: TraceEvents, from: number, to: number): PieceColumns {
  return {
    time: events.time.slice(from, to),
    cpu: events.cpu.slice(from, to),
    task: events.task.slice(from, to),
    kind: events.kind.slice(from, to),
    flags: events.flags.slice(from, to),
    offset: events.offset.slice(from, to),
    length: events.length.slice(from, to),
    textAt: events.textAt.slice(from, to),
    line: events.line.slice(from, to),
    source: events.source.slice(from, to),
  };
}
