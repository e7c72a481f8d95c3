// The worker's side of following a trace: reads what comes without waiting for anybody, and hands a piece over whenever one is asked for.

import { detectInput } from '../trace/detect';
import { FollowedTrace } from '../trace/follow/followedTrace';
import type { TracePiece } from '../trace/follow/piece';
import type { FromWorker } from './workerMessages';

/** A file that is read as it grows. */
export interface OpenedTail {
  /** Takes what is there, some bytes at most; answers whether there may be more at once. Throws an Error fit for people. */
  drain(most: number): boolean;
  close(): void;
}
export type OpenTail = (path: string, take: (bytes: Uint8Array) => void, say: (text: string) => void) => OpenedTail;

/** Bytes that are read and parsed at a time: some 20 milliseconds. */
const TURN = 1 << 22;
/** Milliseconds between two looks when nothing came. */
const LOOK = 20;
/** Milliseconds without a byte after which the last event counts as whole. */
const SETTLED = 150;
/** Memory that a followed trace may take here, in bytes; the side that looks at it takes about as much again. */
const MOST_MEMORY = 2 ** 30;
/** Bytes of the beginning that tell what a file is. */
const HEAD = 16;

export class FollowSide {
  private readonly trace: FollowedTrace;
  private readonly tail: OpenedTail;
  private reading = true;
  private wanted = false;
  private settled = false;
  private came = performance.now();
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Opens the file and begins. Throws an Error fit for people. */
  constructor(
    private readonly path: string,
    open: OpenTail,
    private readonly post: (message: FromWorker, transfer: readonly ArrayBuffer[]) => void,
    private readonly most = MOST_MEMORY,
  ) {
    this.trace = new FollowedTrace(path.split(/[/\\]/).pop() ?? path);
    this.tail = open(
      path,
      (bytes) => this.take(bytes),
      (text) => this.trace.say(text),
    );
    this.turn();
  }

  /** The next piece is wanted. */
  more(): void {
    this.wanted = true;
    this.offer();
  }

  /** Reads no more; what was read is still handed over. */
  stop(): void {
    this.endReading();
    this.settled = true;
    this.offer();
  }

  private take(bytes: Uint8Array): void {
    if (this.trace.bytes === 0) this.check(bytes);
    this.came = performance.now();
    this.settled = false;
    this.trace.push(bytes);
  }

  /** Tells at once when the beginning is that of something else. */
  private check(bytes: Uint8Array): void {
    const { kind } = detectInput(this.path, bytes.subarray(0, HEAD));
    if (kind === 'trace-dat' || kind === 'gzip' || kind === 'xz' || kind === 'zstd')
      throw new Error(
        `${this.path} cannot be followed: it is binary (${kind}). What is followed is ftrace text, as /sys/kernel/tracing/trace_pipe gives it.`,
      );
  }

  private turn(): void {
    if (!this.reading) return;
    let more = false;
    try {
      more = this.tail.drain(TURN);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.trace.memory > this.most) {
      const mebibytes = Math.round(this.trace.bytes / 2 ** 20);
      this.trace.say(
        `${mebibytes} MiB have come, which is as much as is kept: following has stopped. Follow again to go on.`,
      );
      this.stop();
      return;
    }
    this.settled = performance.now() - this.came > SETTLED;
    this.offer();
    this.timer = setTimeout(() => this.turn(), more ? 0 : LOOK);
  }

  private offer(): void {
    if (!this.wanted || this.over) return;
    const piece = this.trace.piece(this.settled);
    if (piece !== null) {
      this.wanted = false;
      this.post({ kind: 'piece', piece }, buffersOf(piece));
    } else if (!this.reading) {
      this.over = true;
      this.post({ kind: 'followed' }, []);
    }
  }

  private endReading(): void {
    if (!this.reading) return;
    this.reading = false;
    clearTimeout(this.timer);
    this.tail.close();
  }

  private fail(error: unknown): void {
    this.endReading();
    this.over = true;
    this.post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }, []);
  }
}

/** The buffers of a piece, which belong to nobody else. */
function buffersOf({ columns, text, journal }: TracePiece): ArrayBuffer[] {
  const views = [...Object.values(columns), ...text.map(({ bytes }) => bytes), journal.words];
  return [...new Set(views.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
