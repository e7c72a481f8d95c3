// Tells the machines of a trace apart: which tasks run vCPUs of which VMM. kvmppc_run_vcpu_enter names the VMM's process; a
// trace.dat may know the process of a task, and the task of a VMM's only vCPU is the VMM itself.

import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';

const vcpuKinds: ReadonlySet<number> = new Set([
  eventCode.kvm_guest_enter,
  eventCode.kvm_guest_exit,
  eventCode.kvm_hcall_enter,
  eventCode.kvm_hcall_exit,
  eventCode.kvm_page_fault_enter,
  eventCode.kvm_page_fault_exit,
  eventCode.kvmppc_run_vcpu_enter,
  eventCode.kvmppc_run_vcpu_exit,
  eventCode.kvm_userspace_exit,
]);

/** Whether an event kind is raised by a vCPU's task. */
export function isVcpuKind(kind: number): boolean {
  return vcpuKinds.has(kind);
}

export interface Machines {
  /** process ids of the VMMs seen, most events first; empty where the trace names none */
  readonly tgids: readonly number[];
  /** the one that was chosen */
  readonly tgid: number | undefined;
  /** whether a task's vCPU events belong to the chosen machine */
  runs(task: number): boolean;
  /** whether a task's invalidations may concern the chosen machine: those of another VMM do not */
  mayInvalidate(task: number): boolean;
}

/** Finds the machines of a trace and chooses one: the given process, else the one with the most events. */
export function machinesOf(events: TraceEvents, wanted: number | undefined): Machines {
  const tgidOf = events.tasks.map(({ tgid }) => tgid);
  const counts = new Array<number>(events.tasks.length).fill(0);
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i] as number;
    if (!vcpuKinds.has(kind)) {
      continue;
    }
    const task = events.task[i] as number;
    counts[task] = (counts[task] ?? 0) + 1;
    if (kind === eventCode.kvmppc_run_vcpu_enter && (tgidOf[task] ?? -1) < 0) {
      const event = events.decode(i);
      if (event.kind === 'kvmppc_run_vcpu_enter') {
        tgidOf[task] = event.tgid;
      }
    }
  }
  const perTgid = new Map<number, number>();
  tgidOf.forEach((tgid, task) => {
    const count = counts[task] ?? 0;
    if (tgid >= 0 && count > 0) {
      perTgid.set(tgid, (perTgid.get(tgid) ?? 0) + count);
    }
  });
  const tgids = [...perTgid].sort((a, b) => b[1] - a[1]).map(([tgid]) => tgid);
  const tgid = wanted ?? tgids[0];
  const same = (task: number): boolean => {
    const of = tgidOf[task] ?? -1;
    return tgid === undefined || of < 0 || of === tgid;
  };
  return {
    tgids,
    tgid,
    runs: (task) => (tgids.length > 1 ? tgidOf[task] === tgid : same(task)),
    mayInvalidate: (task) => {
      const of = tgidOf[task] ?? -1;
      return of < 0 || of === tgid || !tgids.includes(of);
    },
  };
}
