// What a scenario needs before its operations: the machine, the memslots and segments that matter, what the host has behind the guest
// pages, and the entries as they stand when the stretch begins. What the host has is not in a trace: the likely answers are tried.

import type { CpuName } from '../../model/kernel';
import { sizeText } from '../../scenario/cursor';
import { HCALL } from '../replay/hcalls';
import type { ReplaySlot } from '../replay/host';
import { baseShiftOf } from '../replay/words';
import { type DraftLine, line } from './draft';
import type { History } from './history';
import type { AccessOperation, Operation } from './operations';
import { hex, type Labels } from './statements';
import type { Beginning } from './stretch';
import { pagesOf, type Subject } from './subject';

/** What the host may have behind a guest page when the stretch begins. */
export interface HostPages {
  /** ordinary memory, copy on write, not writable, no mapping at all, or pages as large as the guest's */
  readonly mapping: 'plain' | 'cow' | 'read-only' | 'hole' | 'huge';
  /** not there, read from, or written to */
  readonly page: 'missing' | 'read' | 'written';
}

/** The likely ones first. */
export const HOST_PAGES: readonly HostPages[] = [
  { mapping: 'plain', page: 'missing' },
  { mapping: 'plain', page: 'written' },
  { mapping: 'cow', page: 'missing' },
  { mapping: 'cow', page: 'read' },
  { mapping: 'cow', page: 'written' },
  { mapping: 'huge', page: 'missing' },
  { mapping: 'huge', page: 'written' },
  { mapping: 'read-only', page: 'missing' },
  { mapping: 'read-only', page: 'read' },
  { mapping: 'hole', page: 'missing' },
];

export interface Setting {
  readonly cpu: CpuName;
  /** bytes of a host page */
  readonly pageBytes: bigint;
  readonly history: History;
  readonly slots: readonly ReplaySlot[] | null;
}

const smallestOrder = 18;

export function machineLine({ cpu, pageBytes, history }: Setting): DraftLine {
  const order = Math.max(smallestOrder, Math.log2(history.ptegs) + 7);
  const comment = history.sizeKnown ? undefined : 'the size of the table is not told: the smallest that fits';
  return line(`machine ${cpu.toLowerCase()} linux-6.1 order ${order} page ${sizeText(pageBytes)}`, comment);
}

/** The memslots that hold pages of the entries. Where none are told, one is made up. */
export function memslotLines(
  setting: Setting,
  subjects: readonly Subject[],
  operations: readonly Operation[],
): DraftLine[] {
  const pages = subjects.flatMap((subject) => pagesOf(subject) ?? []);
  if (setting.slots === null) {
    return madeUpSlot(pages, operations, setting.pageBytes);
  }
  return setting.slots
    .filter(({ gpa, size }) => pages.some(({ from, to }) => from < gpa + size && to > gpa))
    .map(({ slot, gpa, size, hva, logDirty }, i) => ({
      ...line(
        `memslot ${slot < 512 ? slot : i} gpa ${hex(gpa)} size ${sizeText(size)} hva ${hex(hva)}${logDirty ? ' log-dirty' : ''}`,
      ),
      droppable: true,
    }));
}

const madeUpHva = 0x7f0000000000n;

function madeUpSlot(
  pages: readonly { readonly from: bigint; readonly to: bigint }[],
  operations: readonly Operation[],
  pageBytes: bigint,
): DraftLine[] {
  const faults = operations.flatMap((operation) => (operation.kind === 'access' ? operation.rounds : []));
  if (faults.some(({ fault }) => fault.baseGfn === 0xffffffffffffffffn)) {
    return [];
  }
  const [first] = pages;
  if (first === undefined) {
    return [];
  }
  const from = first.from & ~(pageBytes - 1n);
  const to = (first.to + pageBytes - 1n) & ~(pageBytes - 1n);
  return [
    line(
      `memslot 0 gpa ${hex(from)} size ${sizeText(to - from)} hva ${hex(madeUpHva)}`,
      'memslots are not told: made up',
    ),
  ];
}

/** Where a guest page lies in the host's memory. */
function hvaOf(setting: Setting, gpa: bigint): bigint | undefined {
  if (setting.slots === null) {
    return madeUpHva;
  }
  const slot = setting.slots.find((one) => gpa >= one.gpa && gpa < one.gpa + one.size);
  return slot === undefined ? undefined : slot.hva + (gpa - slot.gpa);
}

interface HostRange {
  readonly gpa: bigint;
  readonly hva: bigint;
  readonly size: bigint;
}

/** Host memory behind the pages of the entries, each once. */
function hostRanges(setting: Setting, subjects: readonly Subject[]): HostRange[] {
  const ranges = new Map<bigint, HostRange>();
  for (const subject of subjects) {
    const pages = pagesOf(subject);
    const from = pages === undefined ? undefined : pages.from & ~(setting.pageBytes - 1n);
    const hva = from === undefined ? undefined : hvaOf(setting, from);
    if (pages !== undefined && from !== undefined && hva !== undefined && !ranges.has(from)) {
      const size = pages.to - from > setting.pageBytes ? pages.to - from : setting.pageBytes;
      ranges.set(from, { gpa: from, hva, size });
    }
  }
  return [...ranges.values()];
}

/** The host's mappings, or undefined when they cannot be such. */
export function mappingLines(
  setting: Setting,
  subjects: readonly Subject[],
  { mapping }: HostPages,
): DraftLine[] | undefined {
  if (mapping === 'plain') {
    return [];
  }
  const lines: DraftLine[] = [];
  for (const { hva, size } of hostRanges(setting, subjects)) {
    const where = `vma hva ${hex(hva)} size ${sizeText(size)}`;
    if (mapping === 'huge') {
      if (size <= setting.pageBytes || hva % size !== 0n) {
        return undefined;
      }
      lines.push(line(`${where} huge ${sizeText(size)}`, 'the host has pages of this size'));
    } else if (mapping === 'hole') {
      lines.push(line(where), line(`vma remove hva ${hex(hva)}`, 'nothing is mapped there'));
    } else {
      lines.push(line(`${where} ${mapping}`));
    }
  }
  return lines.length === 0 ? undefined : lines;
}

/** The entries as they stand, and the host's pages: absent ones are entered before the page is there, valid ones after. */
export function beginningLines(
  setting: Setting,
  beginnings: readonly Beginning[],
  labels: Labels,
  { page }: HostPages,
): DraftLine[] | undefined {
  const touched =
    page === 'missing'
      ? []
      : hostRanges(
          setting,
          beginnings.map(({ subject }) => subject),
        ).map(({ gpa }) => ({
          ...line(`touch gpa ${hex(gpa)}${page === 'written' ? ' write' : ''}`, 'the host has the page'),
          droppable: true,
        }));
  if (page === 'missing' && beginnings.some(({ state }) => state === 'valid')) {
    return undefined;
  }
  const enter = (state: Beginning['state']): DraftLine[] =>
    beginnings.filter((one) => one.state === state).map((one) => enterLine(one, labels));
  return [...enter('absent'), ...touched, ...enter('valid'), ...enter('open')];
}

function enterLine({ subject, state, r, unknown }: Beginning, labels: Labels): DraftLine {
  const { index, v } = subject;
  const where = index === undefined ? `index ${hex(BigInt(subject.pteg ?? 0) * 8n)}` : `exact index ${hex(index)}`;
  const label = labels.of(subject);
  return {
    text: `${label}: h_enter ${where} v ${hex(v | 1n)} r ${hex(r)}`,
    expect: ['H_SUCCESS', ...(state === 'open' ? [] : [`${label} ${state}`])],
    comment: ['as it stood', ...(unknown === undefined ? [] : [unknown])].join('; '),
    droppable: false,
  };
}

/** SLB entries for the accesses. */
export function segmentLines(operations: readonly Operation[]): DraftLine[] {
  const segments = new Map<bigint, string>();
  for (const operation of operations) {
    if (operation.kind === 'access') {
      const [base, text] = segmentOf(operation);
      segments.set(base, text);
    }
  }
  return [...segments.values()].map((text, entry) => ({ ...line(`slb ${entry} ${text}`), droppable: true }));
}

function segmentOf({ rounds, ea }: AccessOperation): readonly [bigint, string] {
  const fault = rounds[0]?.fault;
  const v = fault?.hpteV ?? 0n;
  const guest = fault?.gpteR ?? 0n;
  const large = v >> 62n === 1n;
  const high = (v & 0x3fffffffffffff80n) << 16n;
  const vsid = high >> (large ? 40n : 28n);
  const base = ea & ~(large ? 0xffffffffffn : 0xfffffffn);
  const shift = baseShiftOf(v, guest);
  const page = shift === 12 || shift === 0 ? '' : ` page ${sizeText(1n << BigInt(shift))}`;
  return [base, `ea ${hex(base)} vsid ${hex(vsid)} segment ${large ? '1T' : '256M'}${page}`];
}

const H_PTEG_FULL = -6n;
const H_EXACT = 1n << 39n;

/** What fills the PTEG (or with H_EXACT the slot) of an H_ENTER that found it full. */
export function fillingLines(operation: Operation): DraftLine[] {
  if (operation.kind !== 'hcall' || operation.call.nr !== HCALL.enter || operation.exit?.hcallRc !== H_PTEG_FULL) {
    return [];
  }
  const [flags, index, v, r] = operation.call.args;
  const exact = (flags & H_EXACT) !== 0n;
  const entry = `h_enter ${exact ? 'exact ' : ''}index ${hex(index)} v ${hex(v)} r ${hex(r)}`;
  return [line(exact ? entry : `repeat 8 ${entry}`, 'it was full; with what does not matter')];
}
