/**
 * The index of a run: where in its journal each moment, frame, write and event stands, in columns. It is made in one go, in slices that
 * leave others their turn, or bit by bit while a journal grows.
 */
import { EVENT_WORDS } from '../model/events';
import {
  type Log,
  REC_ENTER,
  REC_EVENT,
  REC_LEAVE,
  REC_MARK,
  REC_RESUME,
  REC_STEP,
  REC_WRITE,
  readLog,
} from '../model/log';
import { Column } from './column';

/** In `frameOf` and `frameParent`: none. */
export const NO_FRAME = 0xffffffff;
/** In `step`: the moment is a statement. */
export const NO_STEP = 0xffffffff;

/** Words of the journal that are indexed at a time in slices: a few milliseconds. */
const SLICE = 1 << 18;

export class RunIndex {
  // by moment
  readonly address = new Column();
  readonly step = new Column();
  readonly frameOf = new Column();
  readonly sourceOf = new Column();
  readonly firstEvent = new Column();

  // by frame
  readonly framePath = new Column();
  readonly frameParent = new Column();
  readonly frameEntry = new Column();
  readonly frameAddress = new Column();

  // by write
  readonly writeAddress = new Column();

  // by event
  readonly eventKind = new Column();
  readonly eventMoment = new Column();
  readonly eventAddress = new Column();

  /** Address behind the last record taken. */
  end = 0;

  /** frames under way, outermost first */
  private stack: number[] = [];
  private source = 0;
  /** statements within whose kernel paths another actor's statement runs */
  private readonly interrupted: { readonly source: number; readonly stack: number[] }[] = [];

  /** @param log its records are whole up to its end */
  constructor(readonly log: Log) {}

  /** The index of a whole journal. */
  static of(log: Log): RunIndex {
    const index = new RunIndex(log);
    index.take(log.end);
    return index;
  }

  /** The same, a few milliseconds at a time: `pause` is awaited in between. */
  static async inSlices(log: Log, pause: () => Promise<void>): Promise<RunIndex> {
    const index = new RunIndex(log);
    while (index.end < log.end) {
      index.take(Math.min(log.end, index.end + SLICE));
      await pause();
    }
    return index;
  }

  /** Takes the records that begin before an address and have not been taken yet. */
  take(to: number): void {
    this.end = readLog(this.log, this.end, to, EVENT_WORDS, (type, value, _chunk, _at, address) =>
      this.record(type, value, address),
    );
  }

  private record(type: number, value: number, address: number): void {
    switch (type) {
      case REC_MARK:
        if (this.stack.length > 0) {
          this.interrupted.push({ source: this.source, stack: this.stack });
          this.stack = [];
        }
        this.source = value;
        this.begin(NO_STEP, address);
        return;
      case REC_RESUME: {
        const outer = this.interrupted.pop();
        this.source = outer?.source ?? this.source;
        this.stack = outer?.stack ?? [];
        return;
      }
      case REC_STEP:
        this.begin(value, address);
        return;
      case REC_ENTER:
        this.framePath.push(value);
        this.frameParent.push(this.stack.at(-1) ?? NO_FRAME);
        this.frameEntry.push(this.address.length);
        this.frameAddress.push(address);
        this.stack.push(this.framePath.length - 1);
        return;
      case REC_LEAVE:
        this.stack.pop();
        return;
      case REC_WRITE:
        this.writeAddress.push(address);
        return;
      case REC_EVENT:
        this.eventKind.push(value);
        this.eventMoment.push(Math.max(0, this.address.length - 1));
        this.eventAddress.push(address);
        return;
    }
  }

  private begin(step: number, address: number): void {
    this.address.push(address);
    this.step.push(step);
    this.frameOf.push(this.stack.at(-1) ?? NO_FRAME);
    this.sourceOf.push(this.source);
    this.firstEvent.push(this.eventKind.length);
  }
}
