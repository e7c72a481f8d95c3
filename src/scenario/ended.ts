// How a statement ended, and what does statements.

import type { Statement } from './ast';
import { ERRORS } from './expectations';
import type { RunState } from './runState';

/** How a statement ended, in the words of the expectations. */
export interface Ended {
  /** `ok`, an outcome of an access (`dsi`, `mmio`, …), a return code (`H_PTEG_FULL`), or `error`. */
  readonly outcome: string;
  /** Return value: of the hypercall, of the system call (negative error number), of the notifier. */
  readonly ret?: bigint;
  /** Output registers from R4 on. */
  readonly regs?: readonly bigint[];
  /** Real address of an access, or guest physical address of an emulated one. */
  readonly address?: bigint;
  /** DSISR or SRR1 bits of an interrupt. */
  readonly status?: bigint;
  /** Dirty guest frames. */
  readonly pages?: readonly bigint[];
  /** Indexes of the HPTEs that an htab-read gave. */
  readonly entries?: readonly number[];
  /** Bytes read or written. */
  readonly bytes?: bigint;
  /** Something to show: the table as text. */
  readonly text?: string;
  /** Why the statement could not be done at all. */
  readonly problem?: string;
}

/** What a statement is done with: its vCPU unless it says, and the pass of the repeat around it. */
export interface How {
  readonly vcpu: number;
  readonly pass: bigint;
}

export type Executor = (run: RunState, statement: Statement, how: How) => Ended;

/** A kernel return value: negative ones are errors. */
export function returned(ret: number): Ended {
  return { outcome: ret < 0 ? 'error' : 'ok', ret: BigInt(ret) };
}

/** `EFAULT` for -14; the number itself when it has no name here. */
export function errorName(ret: bigint): string {
  for (const [name, value] of ERRORS) if (-ret === value) return name;
  return `${ret}`;
}
