/**
 * Moves a state along the writes of its journal: undo and redo from where it stands, or from a keyframe when one is nearer.
 *
 * Keyframes are copies of the state that share the chunks in which they do not differ. They are taken on the first long way through
 * the run; when they outgrow the memory set aside for them, every second one is given up and the next ones lie twice as far apart.
 */
import { LOG_CHUNK, LOG_CHUNK_SHIFT, type Log } from '../model/log';
import type { Snapshot, State } from '../model/state';
import type { Column } from './column';

/** Memory for keyframes, in bytes. */
const KEYFRAME_BYTES = 64 * 2 ** 20;
/** Writes between keyframes at least: fewer are undone faster than a keyframe is restored. */
const SPACING = 32768;
/** What restoring a keyframe costs, in writes, for each byte of the state. */
const WRITES_PER_BYTE = 1 / 256;

interface Keyframe {
  readonly writes: number;
  readonly snapshot: Snapshot;
}

export class Mover {
  private at: number;
  private keyframes: readonly Keyframe[] | null = null;
  private restoreCost = 0;

  /**
   * @param state the state after all writes
   * @param writes address of each write record in the journal
   */
  constructor(
    private readonly state: State,
    private readonly log: Log,
    private readonly writes: Column,
  ) {
    this.at = writes.length;
  }

  /** Brings the state to where the first `target` writes have been made. */
  moveTo(target: number): void {
    if (Math.abs(target - this.at) > SPACING) {
      this.keyframes ??= this.takeKeyframes();
      this.startFromKeyframe(target);
    }
    this.step(target);
  }

  private takeKeyframes(): Keyframe[] {
    const { bytes } = this.state;
    if (bytes < 0) return [];
    this.restoreCost = bytes * WRITES_PER_BYTE;
    this.step(0);
    let spacing = SPACING;
    let keyframes: Keyframe[] = [];
    for (let next = 0; ; next += spacing) {
      this.step(Math.min(next, this.writes.length));
      keyframes.push({ writes: this.at, snapshot: this.state.snapshot() });
      while (keyframes.length > 2 && bytesOf(keyframes) > KEYFRAME_BYTES) {
        keyframes = keyframes.filter((_, i) => i % 2 === 0);
        spacing *= 2;
        next = (keyframes.at(-1) as Keyframe).writes;
      }
      if (next + spacing > this.writes.length) return keyframes;
    }
  }

  private startFromKeyframe(target: number): void {
    let nearest: Keyframe | null = null;
    let cost = Math.abs(target - this.at);
    for (const keyframe of this.keyframes ?? []) {
      const distance = Math.abs(target - keyframe.writes) + this.restoreCost;
      if (distance >= cost) continue;
      nearest = keyframe;
      cost = distance;
    }
    if (nearest === null) return;
    this.state.restore(nearest.snapshot);
    this.at = nearest.writes;
  }

  /** Redo or undo, one write after the other. */
  private step(target: number): void {
    const { state, writes } = this;
    const { chunks } = this.log;
    while (this.at !== target) {
      const forward = this.at < target;
      const address = writes.at(forward ? this.at : this.at - 1);
      const chunk = chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array;
      const p = address & (LOG_CHUNK - 1);
      const value = forward ? p + 5 : p + 3;
      state.apply(chunk[p + 1] as number, chunk[p + 2] as number, chunk[value] as number, chunk[value + 1] as number);
      this.at += forward ? 1 : -1;
    }
  }
}

/** Bytes of the chunks in keyframes, shared ones once. */
function bytesOf(keyframes: readonly Keyframe[]): number {
  const chunks = new Set<Int32Array>();
  for (const { snapshot } of keyframes)
    for (const copies of snapshot.chunks.values())
      for (const chunk of copies) if (chunk !== undefined) chunks.add(chunk);
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}
