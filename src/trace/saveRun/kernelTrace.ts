// The trace that a real host would have printed of a scenario's run: the model's events in the kernel's own words, by the tasks that
// would have raised them. One VMM process: its main thread does what the host and the VMM do and writes a mark before and after
// each statement, each vCPU has a thread. An invalidation that a statement leaves open is a thread of its own, inside madvise.

import type { Event, EventOf } from '../../model/events';
import type { VmConfig } from '../../model/vm';
import type { Run } from '../../timeline/run';
import { type RunVisitor, walkRun } from '../../timeline/walk';
import type { DecodedEvent } from '../decoded';
import { type Task, TraceText } from './traceText';
import { VcpuThread } from './vcpuThread';

/** Process id of the VMM. */
export const VMM_TGID = 1000;
const vmm: Task = { comm: 'hptscope', pid: VMM_TGID, cpu: 0 };
const heap = 0x10230000n;
const MADV_DONTNEED = 4n;

/** The mark that the VMM writes when statement number `source` is over. */
export function endMark(source: number): string {
  return `hptscope step ${source + 1} end`;
}

export interface KernelTraceOptions {
  /**
   * A statement is over: what it did to the machine is placed at `endMark(source)`.
   * @param moment its last moment
   * @param level 0: no kernel path is under way
   */
  readonly over: (source: number, moment: number, level: number) => void;
  /** Every event, before it is traced: what no trace event tells can be noted. `level` as in RunVisitor. */
  readonly seen: (event: Event, actor: number, level: number) => void;
}

/** Walks a run and answers the text of its trace. */
export function kernelTrace(run: Run, options: KernelTraceOptions): string {
  const tracer = new KernelTracer(run, options);
  tracer.begin();
  walkRun(run, tracer);
  tracer.end();
  return tracer.trace.text();
}

class KernelTracer implements RunVisitor {
  readonly trace = new TraceText();
  readonly #run: Run;
  readonly #config: VmConfig;
  readonly #options: KernelTraceOptions;
  readonly #threads = new Map<number, VcpuThread>();
  /** statements that are not over, by level */
  readonly #open: number[] = [];
  readonly #invalidations: Invalidations;

  constructor(run: Run, options: KernelTraceOptions) {
    this.#run = run;
    this.#config = run.vm.config;
    this.#options = options;
    this.#invalidations = new Invalidations(run);
  }

  /** linux-3.4 has none of these trace events. */
  get #traced(): boolean {
    return this.#config.kernel.name !== 'linux-3.4';
  }

  /** The VMM starts: a page of its heap, from before it forked, is copied. No memslot is there yet. */
  begin(): void {
    if (this.#traced) {
      const page = BigInt(this.#run.vm.page);
      this.trace.add(vmm, 'kvm_unmap_hva_range', { kind: 'kvm_unmap_hva_range', start: heap, end: heap + page });
      this.trace.add(vmm, 'kvm_set_spte_hva', { kind: 'kvm_set_spte_hva', hva: heap });
    }
  }

  begins(source: number, level: number, moment: number): void {
    this.#over(level, moment);
    this.#open[level] = source;
    const { line, text, actor } = this.#run.statements.at(source) ?? { line: 0, text: '' };
    const who = actor === undefined ? '' : ` ${actor}:`;
    this.#mark(`hptscope step ${source + 1} begin line ${line + 1}:${who} ${text}`);
  }

  resumes(level: number, moment: number): void {
    this.#over(level + 1, moment);
  }

  end(): void {
    this.#over(0, this.#run.length);
  }

  /** The statement on a level is over; the next moment is given. */
  #over(level: number, next: number): void {
    const source = this.#open[level];
    this.#open.length = Math.min(level, this.#open.length);
    if (source === undefined) {
      return;
    }
    for (const thread of this.#threads.values()) {
      if (thread.level === level) {
        thread.stop();
      }
    }
    this.#mark(endMark(source));
    this.trace.pause();
    this.#options.over(source, next - 1, level);
  }

  #mark(text: string): void {
    this.trace.add(vmm, 'tracing_mark_write', { kind: 'print', text });
  }

  event(event: Event, actor: number, level: number): void {
    this.#options.seen(event, actor, level);
    if (!this.#traced) {
      return;
    }
    const thread = actor < 0 ? undefined : this.#threadOf(actor, level);
    thread?.tell(event);
    this.#notifier(event, thread?.task ?? vmm);
  }

  /**
   * The thread of a vCPU. A statement that races one of the same vCPU is done by a vCPU beyond those of the machine: the model lets it
   * act as another one.
   */
  #threadOf(actor: number, level: number): VcpuThread {
    for (let vcpu = actor; ; vcpu += this.#config.vcpus) {
      const thread = this.#threads.get(vcpu) ?? this.#newThread(vcpu);
      if (!thread.busy || thread.level === level) {
        thread.level = level;
        return thread;
      }
    }
  }

  #newThread(vcpu: number): VcpuThread {
    const task: Task = { comm: `CPU ${vcpu}/KVM`, pid: VMM_TGID + 1 + vcpu, cpu: 1 + vcpu };
    const thread = new VcpuThread(vcpu, task, VMM_TGID, this.trace, this.#config);
    this.#threads.set(vcpu, thread);
    return thread;
  }

  /** hva of a page whose copy is being made: its host PTE is set anew within the invalidation. */
  #copying: bigint | undefined;

  #notifier(event: Event, task: Task): void {
    const add = (as: Task, is: DecodedEvent): void => this.trace.add(as, is.kind, is);
    switch (event.kind) {
      case 'host.page':
        this.#copying = event.change === 'cow' ? event.hva : undefined;
        return;
      case 'notifier.start': {
        const inside = this.#invalidations.begins(event);
        if (inside !== undefined) {
          const args = [
            { name: 'start', value: event.start },
            { name: 'len_in', value: event.end - event.start },
            { name: 'behavior', value: MADV_DONTNEED },
          ];
          this.trace.add(inside, 'sys_enter_madvise', { kind: 'sys_enter', name: 'madvise', args });
        }
        add(inside ?? task, { kind: 'kvm_unmap_hva_range', start: event.start, end: event.end });
        if (this.#copying !== undefined) {
          add(task, { kind: 'kvm_set_spte_hva', hva: this.#copying });
          this.#copying = undefined;
        }
        return;
      }
      case 'notifier.end': {
        const inside = this.#invalidations.ends(event);
        if (inside !== undefined) {
          this.trace.add(inside, 'sys_exit_madvise', { kind: 'sys_exit', name: 'madvise', ret: 0n });
        }
        return;
      }
      case 'notifier.set_spte':
        add(task, { kind: 'kvm_set_spte_hva', hva: event.hva });
        return;
      case 'notifier.age':
        if (event.span === 'test-age') {
          add(task, { kind: 'kvm_test_age_hva', hva: event.start });
        } else {
          add(task, { kind: 'kvm_age_hva', start: event.start, end: event.end });
        }
        return;
      default:
        return;
    }
  }
}

type Start = EventOf<'notifier.start'>;
type End = EventOf<'notifier.end'>;

/** Invalidations that stay open when their statement is over, and the threads inside them. */
class Invalidations {
  /** numbers of the starts (in the order of the run) that their own statement does not end */
  readonly #left = new Set<number>();
  readonly #inside: { readonly start: bigint; readonly end: bigint; readonly task: Task }[] = [];
  /** starts that are being carried out, innermost last */
  readonly #running: Start[] = [];
  #starts = 0;
  #threads = 0;

  constructor(run: Run) {
    let starts = 0;
    let open: { readonly number: number; readonly level: number; readonly start: Start }[] = [];
    const over = (level: number): void => {
      for (const one of open.filter((one) => one.level >= level)) {
        this.#left.add(one.number);
      }
      open = open.filter((one) => one.level < level);
    };
    walkRun(run, {
      begins: (_, level) => over(level),
      resumes: (level) => over(level + 1),
      event: (event, _, level) => {
        if (event.kind === 'notifier.start') {
          open.push({ number: starts++, level, start: event });
        } else if (event.kind === 'notifier.end') {
          const at = lastIndex(open, (one) => one.level === level && same(one.start, event));
          if (at >= 0) {
            open.splice(at, 1);
          }
        }
      },
    });
    over(0);
  }

  /** The thread that is inside an invalidation which begins and stays open, or undefined for one that is over soon. */
  begins(event: Start): Task | undefined {
    if (!this.#left.has(this.#starts++)) {
      this.#running.push(event);
      return undefined;
    }
    const number = this.#threads++;
    const task: Task = { comm: 'madvise', pid: VMM_TGID + 1000 + number, cpu: 0 };
    this.#inside.push({ start: event.start, end: event.end, task });
    return task;
  }

  /** The thread whose invalidation ends, if it is one that stayed open. */
  ends(event: End): Task | undefined {
    const running = lastIndex(this.#running, (one) => same(one, event));
    if (running >= 0) {
      this.#running.splice(running, 1);
      return undefined;
    }
    const at = this.#inside.findIndex((one) => same(one, event));
    const [one] = at < 0 ? [] : this.#inside.splice(at, 1);
    return one?.task;
  }
}

function same(start: { readonly start: bigint; readonly end: bigint }, end: End): boolean {
  return start.start === end.start && start.end === end.end;
}

function lastIndex<T>(list: readonly T[], wanted: (one: T) => boolean): number {
  let i = list.length - 1;
  for (let one = list[i]; one !== undefined && !wanted(one); one = list[i]) {
    i--;
  }
  return i;
}
