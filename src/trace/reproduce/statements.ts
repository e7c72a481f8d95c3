// Operations of a trace as scenario statements, with what the trace showed of them as expectations.

import { sizeText } from '../../scenario/cursor';
import { HCALL } from '../replay/hcalls';
import { ABSENT, FREE, type Slot, VALID } from '../replay/knowledge';
import { actualShiftOf, gpaOf } from '../replay/words';
import { hcallReturnNames } from '../symbols';
import type { DraftLine } from './draft';
import type { History } from './history';
import type { AccessOperation, HcallOperation, NotifierOperation, Operation, Round } from './operations';
import { isRetried } from './operations';
import { concerns } from './stretch';
import type { Subject } from './subject';

/** How the entries of the scenario are named. */
export interface Labels {
  /** the label that its line has, or `hpte(index)` of a slot that is free when the scenario begins */
  of(subject: Subject): string;
}

export interface Scene {
  readonly subjects: readonly Subject[];
  readonly labels: Labels;
  readonly history: History;
  /** where an event stands: its number and time */
  place(event: number): string;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

const noSlot = 0xffffffffffffffffn;
const EFAULT = -14;
const H_EXACT = 1n << 39n;

/** What stands behind `->` for the state of an entry, when it is known. */
function stateOf(label: string, slot: Slot | undefined): string[] {
  switch (slot?.states) {
    case VALID:
      return [`${label} valid`];
    case ABSENT:
      return [`${label} absent`];
    case FREE:
      return [`${label} free`];
    default:
      return [];
  }
}

/** States after an operation of the entries that it concerns. */
function statesAfter(operation: Operation, { subjects, labels, history }: Scene): string[] {
  return subjects
    .filter((subject) => concerns(operation, subject, history))
    .flatMap((subject) =>
      subject.index === undefined ? [] : stateOf(labels.of(subject), history.slotAfter(subject.index, operation.last)),
    );
}

/** The statement of an operation. `last`: it is the one that the scenario is about. */
export function statementOf(operation: Operation, scene: Scene, last: boolean): DraftLine {
  const { text, expect, unknown } =
    operation.kind === 'hcall'
      ? hcall(operation, scene)
      : operation.kind === 'access'
        ? access(operation, scene)
        : notifier(operation, scene);
  const comment = [scene.place(operation.first), ...unknown].join('; ');
  return { text, expect, comment, droppable: !last };
}

interface Told {
  readonly text: string;
  readonly expect: readonly string[];
  /** what the trace does not tell, for people */
  readonly unknown: readonly string[];
}

function hcall(operation: HcallOperation, scene: Scene): Told {
  const { call, exit } = operation;
  const rc = exit === undefined || (exit.ret & 2n) !== 0n ? [] : [hcallReturnNames.print(exit.hcallRc)];
  const unknown = exit === undefined ? ['what it returned is not in the trace'] : [];
  if (call.nr === HCALL.enter) {
    return enter(operation, scene, rc, unknown);
  }
  const expect = [...rc, ...statesAfter(operation, scene)];
  if (call.nr === HCALL.bulkRemove) {
    const words = [...call.args];
    const listed = words[0] !== undefined && words[0] >> 62n === 1n && words[2] !== undefined && words[2] >> 62n === 1n;
    const text = `h_bulk_remove words ${(listed ? words : words.slice(0, 2)).map(hex).join(' ')}`;
    const hidden = listed ? ['pairs three and four are not in the trace'] : [];
    return { text, expect, unknown: [...unknown, ...hidden] };
  }
  const subject = scene.subjects.find((one) => one.index === Number(call.args[1]));
  const target = subject === undefined || subject.v === 0n ? `index ${hex(call.args[1])}` : scene.labels.of(subject);
  return { text: [callNames.get(call.nr) ?? '', target, ...fieldsOf(operation)].join(' '), expect, unknown };
}

const callNames: ReadonlyMap<bigint, string> = new Map([
  [HCALL.remove, 'h_remove'],
  [HCALL.read, 'h_read'],
  [HCALL.protect, 'h_protect'],
  [HCALL.clearRef, 'h_clear_ref'],
  [HCALL.clearMod, 'h_clear_mod'],
]);

function fieldsOf({ call }: HcallOperation): string[] {
  const [flags, , avpn] = call.args;
  const conditional = call.nr === HCALL.remove || call.nr === HCALL.protect;
  return [
    ...(flags === 0n && call.nr !== HCALL.protect ? [] : [`flags ${hex(flags)}`]),
    ...(conditional && (flags & 0xc0000000n) !== 0n ? [`avpn ${hex(avpn)}`] : []),
  ];
}

function enter(operation: HcallOperation, scene: Scene, rc: readonly string[], unknown: readonly string[]): Told {
  const { call, exit } = operation;
  const [flags, register, v, r] = call.args;
  const subject = scene.subjects.find((one) => concerns(operation, one, scene.history)) ?? scene.subjects[0];
  const made = exit?.hcallRc === 0n && subject !== undefined;
  const index = made ? subject.index : Number(register);
  const exact = (flags & H_EXACT) === 0n && made && index !== undefined;
  const words = [
    made ? `${scene.labels.of(subject)}: h_enter` : 'h_enter',
    ...(flags === 0n ? [] : [`flags ${hex(flags)}`]),
    ...(exact ? ['exact'] : []),
    `index ${hex(index ?? register)}`,
    `v ${hex(v)}`,
    `r ${hex(r)}`,
  ];
  const after = made && index !== undefined ? scene.history.slotAfter(index, operation.last) : undefined;
  const state = made ? stateOf(scene.labels.of(subject), after) : [];
  const open = !made
    ? []
    : index === undefined
      ? ['which slot it took is not told']
      : state.length === 0
        ? [`valid or absent is not told (${after?.cause})`]
        : [];
  return { text: words.join(' '), expect: [...rc, ...state], unknown: [...unknown, ...open] };
}

/** One access, with all the faults that it took; what raced it stands in the statement. */
function access(operation: AccessOperation, scene: Scene): Told {
  const { access: kind, ea, rounds } = operation;
  const races = rounds.flatMap((round) => racesOf(round));
  const faults = new Map<number, number>();
  for (const { fault } of rounds) {
    faults.set(fault.dsisr, (faults.get(fault.dsisr) ?? 0) + 1);
  }
  const entered = [...faults].map(([dsisr, times]) => `fault.enter x${times} dsisr ${hex(dsisr)}`);
  const { expect, unknown } = outcomeOf(operation, scene);
  return {
    text: [`${kind} ea ${hex(ea)}`, ...races].join(' '),
    expect: [...expect, ...entered, ...(unknown.length === 0 ? statesAfter(operation, scene) : [])],
    unknown,
  };
}

function racesOf({ races, exit }: Round): string[] {
  const point = exit === undefined ? 'page_fault.after_gup' : 'page_fault.before_lock';
  return races
    .filter(({ kind }) => kind === 'unmap')
    .map(({ start, end }) => `racing ${point}: ${unmapText(start, end)}`);
}

function outcomeOf({ rounds, left }: AccessOperation, { history }: Scene): Omit<Told, 'text'> {
  const last = rounds.at(-1);
  if (last === undefined) {
    return { expect: [], unknown: [] };
  }
  const { fault, exit } = last;
  if (exit !== undefined && exit.ret < 0n) {
    return { expect: ['error EFAULT'], unknown: [] };
  }
  if (!isRetried(last, history.isa3)) {
    return { expect: ['ok', 'hpte.reinstate x1'], unknown: [] };
  }
  if (fault.baseGfn === noSlot) {
    const gpa = gpaOf(fault.hpteV, fault.gpteR);
    const inPage = (1n << BigInt(actualShiftOf(fault.hpteV, fault.gpteR))) - 1n;
    return { expect: [gpa === undefined ? 'mmio' : `mmio ${hex(gpa | (fault.ea & inPage))}`], unknown: [] };
  }
  if (left === EFAULT) {
    return { expect: ['error EFAULT'], unknown: [] };
  }
  return { expect: [], unknown: ['how it went on is not in the trace'] };
}

function notifier(operation: NotifierOperation, scene: Scene): Told {
  const { kind, start, end } = operation;
  const { subjects, history } = scene;
  if (kind === 'age') {
    const page = subjects.map((subject) => gpaOf(subject.v, subject.guest)).find((gpa) => gpa !== undefined);
    const what = page === undefined ? `hva ${hex(start)}` : `gpa ${hex(page)}`;
    return { text: `age ${what}`, expect: [], unknown: ['whether the page was used is not told'] };
  }
  const hit = subjects.filter((subject) => concerns(operation, subject, history));
  const before = hit.map(({ index }) =>
    index === undefined ? undefined : history.slotAfter(index, operation.first - 1)?.states,
  );
  const gone = before.every((states) => states === VALID || states === ABSENT || states === FREE)
    ? [`hpte.absent x${before.filter((states) => states === VALID).length}`]
    : [];
  return { text: unmapText(start, end), expect: [...statesAfter(operation, scene), ...gone], unknown: [] };
}

function unmapText(start: bigint, end: bigint): string {
  return `unmap hva ${hex(start)} size ${sizeText(end - start)}`;
}
