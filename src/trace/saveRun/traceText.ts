// The text of the trace that a saved run gets: lines as /sys/kernel/tracing/trace prints them, on a clock that each event moves on.

import type { DecodedEvent } from '../decoded';
import { ftraceHeader, ftraceLine } from '../writeFtrace';

/** Who raised an event: a task on a processor. */
export interface Task {
  readonly comm: string;
  readonly pid: number;
  readonly cpu: number;
  /** Latency flags: `d....` where interrupts are off. */
  readonly flags?: string;
}

/** What an emulated host's clock shows first, and what one event and one pause between statements take, in ns. */
const bootTime = 100_000_000_000n;
const eventTime = 5_000n;
const pauseTime = 200_000n;

export class TraceText {
  #time = bootTime;
  #count = 0;
  #cpus = 1;
  #pieces: string[] = [];

  /** Appends an event. */
  add(task: Task, name: string, event: DecodedEvent): void {
    const { comm, pid, cpu, flags = '.....' } = task;
    this.#pieces.push(ftraceLine({ comm, pid, cpu, flags, time: this.#time, unit: 'ns' }, name, event));
    this.#time += eventTime;
    this.#count++;
    this.#cpus = Math.max(this.#cpus, cpu + 1);
  }

  /** Nothing happens for a while. */
  pause(): void {
    this.#time += pauseTime;
  }

  /** The whole file. */
  text(): string {
    return ftraceHeader(this.#count, this.#cpus) + this.#pieces.join('');
  }
}
