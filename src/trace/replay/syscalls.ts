// The system call that each task is in, where the trace records system calls: it says what kind of invalidation the task's can be.
// Of most calls the end is not recorded: a call counts until the task's next event outside the notifier.

import type { SyscallEnter } from '../decoded';
import type { TraceEvents } from '../events';

const PROT_READ = 1n;
/** Kernel threads take pages away or replace them, but never close one. */
const kernelThreads = /^(ksmd|khugepaged|kcompactd\d*|kswapd\d*|kworker\/.*)$/;

export class Syscalls {
  readonly #events: TraceEvents;
  /** event of the call that a task is in */
  readonly #current = new Map<number, number>();
  /** 1 for the kinds of events that begin a call */
  readonly #enters: Uint8Array;
  readonly #recordsMprotect: boolean;

  constructor(events: TraceEvents) {
    this.#events = events;
    this.#enters = Uint8Array.from(events.kindNames, (name) => (name.startsWith('sys_enter_') ? 1 : 0));
    this.#recordsMprotect = events.kindNames.includes('sys_enter_mprotect');
  }

  /** A task does something outside the notifier. */
  goesOn(i: number, kind: number, task: number): void {
    if (this.#enters[kind] === 1) {
      this.#current.set(task, i);
    } else if (this.#current.size > 0) {
      this.#current.delete(task);
    }
  }

  /** Of no task it is known what it is in. */
  clear(): void {
    this.#current.clear();
  }

  /**
   * Whether an invalidation by this task can leave pages present and closed to all access. Beside mprotect NUMA balancing does so,
   * to windows of a mapping; what meets one page, or all of a memslot, is a fault or a fork. (A memslot of less than a window,
   * 256 MiB, on a host with several nodes is not told apart from that.)
   */
  mayClosePages(task: number, extent: 'page' | 'memslot' | 'part'): boolean {
    const call = this.#current.get(task);
    if (call === undefined) {
      const known = extent !== 'part' && this.#recordsMprotect;
      return !known && !kernelThreads.test(this.#events.tasks[task]?.comm ?? '');
    }
    const event = this.#events.decode(call);
    return event.kind !== 'sys_enter' || mayClose(event);
  }

  /** Whether an invalidation by this task can mean that other memory is mapped there from now on. */
  mayReplaceMapping(task: number): boolean {
    const call = this.#current.get(task);
    if (call === undefined) {
      return !kernelThreads.test(this.#events.tasks[task]?.comm ?? '');
    }
    const event = this.#events.decode(call);
    return event.kind !== 'sys_enter' || !(madvise.has(event.name) || event.name === 'mprotect');
  }
}

const madvise = new Set(['madvise', 'process_madvise']);

/** mprotect without read access closes pages; what other calls do is known of a few. */
function mayClose({ name, args }: SyscallEnter): boolean {
  if (madvise.has(name) || name === 'munmap' || name === 'mremap') {
    return false;
  }
  const prot = name === 'mprotect' ? args.find((arg) => arg.name === 'prot')?.value : undefined;
  return prot === undefined || (prot & PROT_READ) === 0n;
}
