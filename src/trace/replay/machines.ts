// Tells the machines of a trace apart. kvmppc_run_vcpu_enter names the VMM's process of a vCPU; a trace.dat may know the process of a
// task, and the task of a VMM's only vCPU is the VMM itself. A process may have several machines: each has its own partition (LPID),
// which the kernel flushes when the machine is made, when it runs with a new table and when it goes (powerpc:tlbie); a flush
// between a task's kvmppc_run_vcpu_enter and the next kvm_guest_enter is that of the machine whose vCPU the task runs.
// A task is taken to run vCPUs of one machine only, as VMMs do.

import { eventCode, knownEvents } from '../eventKinds';
import type { TraceEvents } from '../events';

const vcpuKinds = new Uint8Array(knownEvents.length);
for (const kind of [
  eventCode.kvm_guest_enter,
  eventCode.kvm_guest_exit,
  eventCode.kvm_hcall_enter,
  eventCode.kvm_hcall_exit,
  eventCode.kvm_page_fault_enter,
  eventCode.kvm_page_fault_exit,
  eventCode.kvmppc_run_vcpu_enter,
  eventCode.kvmppc_run_vcpu_exit,
  eventCode.kvm_userspace_exit,
]) {
  vcpuKinds[kind] = 1;
}

/** Whether an event kind is raised by a vCPU's task. */
export function isVcpuKind(kind: number): boolean {
  return vcpuKinds[kind] === 1;
}

/** A virtual machine that a trace shows. */
export interface TracedMachine {
  /** process of its VMM; undefined where the trace does not name it */
  readonly tgid: number | undefined;
  /** partition, where it is known which one is the machine's */
  readonly lpid: number | undefined;
  /** the tasks that run its vCPUs, as `comm-pid`, most events first */
  readonly tasks: readonly string[];
  /** events of its vCPUs */
  readonly events: number;
  readonly chosen: boolean;
}

export interface Machines {
  /** all machines whose vCPUs run, most events first */
  readonly all: readonly TracedMachine[];
  /** process ids of the VMMs seen, most events first; empty where the trace names none */
  readonly tgids: readonly number[];
  /** the one that was chosen */
  readonly tgid: number | undefined;
  /** from this event on the process may run vCPUs of several machines of which it is not known whose they are; else infinite */
  readonly mixedFrom: number;
  /** whether a task's vCPU events belong to the chosen machine */
  runs(task: number): boolean;
  /** whether a task's invalidations may concern the chosen machine: those of another VMM do not */
  mayInvalidate(task: number): boolean;
  /** flushes of the machine's partition, which come with every new table; of all the process's where its own is not known */
  readonly flushes: readonly number[];
  /** whether the VMM has another machine at an event, so that a dump may be that machine's */
  hasOther(event: number): boolean;
}

/** What one look at the events gathers. */
interface Survey {
  /** process by task; -1 unknown */
  readonly tgidOf: number[];
  /** vCPU events by task */
  readonly counts: number[];
  /** partitions flushed by a task while one of its vCPUs was about to run */
  readonly ranAs: Map<number, Set<number>>;
  /** flushes by partition, and the tasks that did them */
  readonly flushes: Map<number, { readonly tasks: Set<number>; readonly events: number[] }>;
}

/** Surveys of whole traces: each pass of replay, and the choice of a machine before them, asks for the same one. */
const surveys = new WeakMap<TraceEvents, { readonly count: number; readonly survey: Survey }>();

function surveyOf(events: TraceEvents): Survey {
  const known = surveys.get(events);
  if (known?.count === events.count) {
    return known.survey;
  }
  const survey = newSurvey(events);
  surveys.set(events, { count: events.count, survey });
  return survey;
}

function newSurvey(events: TraceEvents): Survey {
  const counts = new Array<number>(events.tasks.length).fill(0);
  const survey: Survey = {
    tgidOf: events.tasks.map(({ tgid }) => tgid),
    counts,
    ranAs: new Map(),
    flushes: new Map(),
  };
  const aboutToRun = new Set<number>();
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i] as number;
    const task = events.task[i] as number;
    if (kind === eventCode.tlbie) {
      flushed(survey, events, i, aboutToRun.has(task));
    }
    if (!isVcpuKind(kind)) {
      continue;
    }
    counts[task] = (counts[task] as number) + 1;
    if (kind !== eventCode.kvmppc_run_vcpu_enter) {
      aboutToRun.delete(task);
      continue;
    }
    aboutToRun.add(task);
    if ((survey.tgidOf[task] ?? -1) < 0) {
      const event = events.decode(i);
      if (event.kind === 'kvmppc_run_vcpu_enter') {
        survey.tgidOf[task] = event.tgid;
      }
    }
  }
  return survey;
}

function flushed({ flushes, ranAs }: Survey, events: TraceEvents, i: number, aboutToRun: boolean): void {
  const event = events.decode(i);
  if (event.kind !== 'tlbie' || event.lpid === 0n) {
    return;
  }
  const lpid = Number(event.lpid);
  const task = events.task[i] as number;
  const flush = flushes.get(lpid) ?? { tasks: new Set<number>(), events: [] };
  flush.tasks.add(task);
  flush.events.push(i);
  flushes.set(lpid, flush);
  if (aboutToRun) {
    ranAs.set(task, (ranAs.get(task) ?? new Set()).add(lpid));
  }
}

/** Finds the machines of a trace and chooses one: the given process, else the one with the most events. */
export function machinesOf(events: TraceEvents, wanted: number | undefined): Machines {
  const survey = surveyOf(events);
  const { tgidOf, counts, ranAs } = survey;
  const tgids = byCount(counts, (task) => ((tgidOf[task] ?? -1) < 0 ? undefined : tgidOf[task]));
  const tgid = wanted ?? tgids[0];
  const ofProcess = (task: number): boolean => {
    const of = tgidOf[task] ?? -1;
    return tgids.length > 1 ? of === tgid : tgid === undefined || of < 0 || of === tgid;
  };
  const lpidOf = (task: number): number | undefined => {
    const lpids = ranAs.get(task);
    return lpids?.size === 1 ? [...lpids][0] : undefined;
  };
  const running = counts.flatMap((count, task) => (count > 0 && ofProcess(task) ? [task] : []));
  const lpids = byCount(counts, (task) => (ofProcess(task) ? lpidOf(task) : undefined));
  const [lpid] = lpids;
  const flushes = [...survey.flushes].filter(([, { tasks }]) => [...tasks].some(ofProcess));
  const others = flushes.filter(([id]) => id !== lpid);
  const someUnknown = running.some((task) => lpidOf(task) === undefined);
  const mixed =
    running.some((task) => (ranAs.get(task)?.size ?? 0) > 1) ||
    (lpids.length > 1 && someUnknown) ||
    (lpid === undefined ? others.length > 1 : others.length > 0 && running.length > 1 && someUnknown);
  const runs = Uint8Array.from(events.tasks, (_, task) =>
    ofProcess(task) && (lpids.length < 2 || lpidOf(task) === lpid) ? 1 : 0,
  );
  return {
    all: listed(events, survey, lpidOf, (task) => ofProcess(task) && (lpidOf(task) ?? lpid) === lpid),
    tgids,
    tgid,
    mixedFrom: mixed
      ? (flushes.map((one) => one[1].events[0] ?? 0).sort((x, y) => x - y)[1] ?? 0)
      : Number.POSITIVE_INFINITY,
    flushes: (lpid === undefined ? flushes : flushes.filter(([id]) => id === lpid)).flatMap((one) => one[1].events),
    runs: (task) => runs[task] === 1,
    mayInvalidate: (task) => {
      const of = tgidOf[task] ?? -1;
      return of < 0 || of === tgid || !tgids.includes(of);
    },
    hasOther: (event) => lpid !== undefined && others.some((one) => isWithin(one[1].events, event)),
  };
}

const isWithin = (flushes: readonly number[], event: number): boolean =>
  event > (flushes[0] ?? Number.POSITIVE_INFINITY) && event <= (flushes.at(-1) ?? -1);

/** The values that tasks with vCPU events have, most events first. */
function byCount(counts: readonly number[], ownerOf: (task: number) => number | undefined): number[] {
  const sums = new Map<number, number>();
  counts.forEach((count, task) => {
    const value = count > 0 ? ownerOf(task) : undefined;
    if (value !== undefined) {
      sums.set(value, (sums.get(value) ?? 0) + count);
    }
  });
  return [...sums].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

/** The machines whose vCPUs run; tasks of one process and partition are one machine. */
function listed(
  events: TraceEvents,
  { tgidOf, counts }: Survey,
  lpidOf: (task: number) => number | undefined,
  isChosen: (task: number) => boolean,
): TracedMachine[] {
  const lpidsOfProcess = new Map<number, Set<number>>();
  counts.forEach((count, task) => {
    const lpid = lpidOf(task);
    if (count > 0 && lpid !== undefined) {
      const tgid = tgidOf[task] ?? -1;
      lpidsOfProcess.set(tgid, (lpidsOfProcess.get(tgid) ?? new Set()).add(lpid));
    }
  });
  const machines = new Map<string, { tgid: number; lpid: number | undefined; tasks: number[] }>();
  counts.forEach((count, task) => {
    if (count === 0) {
      return;
    }
    const tgid = tgidOf[task] ?? -1;
    const lpids = lpidsOfProcess.get(tgid);
    const lpid = lpidOf(task) ?? (lpids?.size === 1 ? [...lpids][0] : undefined);
    const key = `${tgid} ${lpid}`;
    const machine = machines.get(key) ?? { tgid, lpid, tasks: [] };
    machine.tasks.push(task);
    machines.set(key, machine);
  });
  const countOf = (task: number): number => counts[task] ?? 0;
  return [...machines.values()]
    .map(({ tgid, lpid, tasks }) => {
      tasks.sort((a, b) => countOf(b) - countOf(a));
      const names = tasks.map((task) => `${events.tasks[task]?.comm ?? ''}-${events.tasks[task]?.pid ?? 0}`);
      const sum = tasks.reduce((all, task) => all + countOf(task), 0);
      return { tgid: tgid < 0 ? undefined : tgid, lpid, tasks: names, events: sum, chosen: tasks.some(isChosen) };
    })
    .sort((a, b) => b.events - a.events);
}
