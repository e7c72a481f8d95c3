// Which virtual machine of a trace is replayed, where the trace shows those of several VMMs.

import type { ReplayInput } from './input';
import { machinesOf } from './machines';

/** The virtual machine of a VMM's process. */
export interface MachineChoice {
  readonly tgid: number;
  /** the tasks that run its vCPUs, as `comm-pid` */
  readonly tasks: readonly string[];
  /** events of its vCPUs */
  readonly events: number;
  /** whether it is the one that is replayed */
  readonly chosen: boolean;
}

/** What will be replayed. */
export interface Chosen {
  readonly input: ReplayInput;
  /** the machines of all VMMs that the trace names, most events first */
  readonly machines: readonly MachineChoice[];
  /** whether a person or the recording named the machine */
  readonly named: boolean;
}

/**
 * Chooses a machine: the one that is wanted, else the one that the recording names, else the one with the most events.
 * @param wanted process of its VMM
 * @returns a sentence for people when the trace shows no such machine
 */
export function chooseMachine(input: ReplayInput, wanted: number | undefined): Chosen | string {
  const tgid = wanted ?? input.tgid;
  const machines = choicesOf(input, tgid);
  if (wanted !== undefined && !machines.some((one) => one.tgid === wanted)) {
    const there = machines.length === 0 ? 'it names no VMM' : `there are ${machines.map(machineText).join(', ')}`;
    return `no vCPU of process ${wanted} runs in this trace; ${there}`;
  }
  return { input: { ...input, tgid }, machines, named: tgid !== undefined };
}

function choicesOf({ events }: ReplayInput, tgid: number | undefined): MachineChoice[] {
  const choices = new Map<number, MachineChoice>();
  for (const one of machinesOf(events, tgid).all) {
    if (one.tgid === undefined) {
      continue;
    }
    const known = choices.get(one.tgid);
    choices.set(one.tgid, {
      tgid: one.tgid,
      tasks: [...(known?.tasks ?? []), ...one.tasks],
      events: (known?.events ?? 0) + one.events,
      chosen: one.chosen || known?.chosen === true,
    });
  }
  return [...choices.values()].sort((a, b) => b.events - a.events);
}

/** A machine in words: `307 (hptgt-307)`. */
export function machineText({ tgid, tasks }: MachineChoice): string {
  const [first = '', ...more] = tasks;
  return `${tgid} (${first}${more.length === 0 ? '' : ` and ${more.length} more`})`;
}

/** How the note begins that says which machine is shown. */
export const severalMachines = 'The trace shows several virtual machines.';

/** What is to be said of a trace of several machines; nothing of another one. */
export function machineNotes({ machines }: Chosen): string[] {
  const shown = machines.find(({ chosen }) => chosen);
  const others = machines.filter(({ chosen }) => !chosen);
  if (shown === undefined || others.length === 0) {
    return [];
  }
  return [
    `${severalMachines} This is the one of process ${machineText(shown)}; there are also ` +
      `${others.map(machineText).join(', ')}: "vm" in launch.json and --vm on the command line choose.`,
  ];
}
