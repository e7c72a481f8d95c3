// What a number in a scenario means: an address with its segment, guest frame and memslot, a raw dword of an HPTE field by field.

import { R_C, R_G, R_I, R_M, R_N, R_R, R_W, V_ABSENT, V_BOLTED, V_LARGE, V_SECONDARY, V_VALID } from '../../model/bits';
import { storageKey } from '../../model/hpte';
import { hiOf, loOf } from '../../model/words';
import type { Field, Statement } from '../ast';
import type { CheckedScenario } from '../checker';
import { sizeText } from '../cursor';
import { evaluate, numberOf, usesPass } from '../evaluate';
import type { FieldDefinition } from '../grammar';
import { allStatements } from './places';

const hex = (value: bigint) => `0x${value.toString(16)}`;

/** PP0 and PP, and what the supervisor and the problem state may do with key 0 and 1 (Power ISA, page protection). */
const PP_MEANING: readonly string[] = [
  'key 0: read and write, key 1: none',
  'key 0: read and write, key 1: read',
  'read and write',
  'read only',
  'reserved',
  'reserved',
  'key 0: read only, key 1: none',
  'reserved',
];

/** Sentences about the value of a field; none when there is nothing to say beyond what is written. */
export function decodeField(
  checked: CheckedScenario,
  statement: Statement,
  field: Field,
  definition: FieldDefinition | undefined,
): string[] {
  if (field.value === undefined || usesPass(field.value)) return [];
  const value = evaluate(field.value);
  if (value === undefined || value < 0n) return [];
  const { shape } = definition ?? {};
  if (shape?.kind === 'address') {
    if (shape.space === 'ea') return decodeEa(checked, statement, value);
    return shape.space === 'gpa' ? decodeGpa(checked, value) : decodeHva(checked, value);
  }
  if (shape?.kind === 'size') return [`${hex(value)} bytes, ${value / checked.machine.page} host pages`];
  switch (field.name) {
    case 'v':
      return decodeDword0(value);
    case 'r':
      return decodeDword1(value);
    case 'pp':
      return [PP_MEANING[Number(value)] ?? ''];
    case 'order':
      return value >= 12n && value <= 46n
        ? [`${sizeText(1n << value)} of HPTEs: ${1n << (value - 4n)} entries in ${1n << (value - 7n)} PTEGs`]
        : [];
    default:
      return shape?.kind === 'number' && value > 9n ? [`${hex(value)}, decimal ${value}`] : [];
  }
}

/** The segment of an address, as the `slb` lines above give it. */
function decodeEa(checked: CheckedScenario, at: Statement, ea: bigint): string[] {
  let found: string[] = [`no \`slb\` line above has a segment for it`];
  for (const slb of allStatements(checked.tree.statements)) {
    if (slb.range.line > at.range.line) break;
    if (slb.name !== 'slb') continue;
    const start = numberOf(slb, 'ea');
    const vsid = numberOf(slb, 'vsid');
    const size = numberOf(slb, 'segment') ?? 1n << 28n;
    if (start === undefined || vsid === undefined || ea / size !== start / size) continue;
    const page = numberOf(slb, 'page') ?? 4096n;
    const offset = ea % size;
    found = [
      `segment ${hex((ea / size) * size)} of ${sizeText(size)} (line ${slb.range.line + 1}), VSID ${hex(vsid)}`,
      `page ${hex(offset / page)} of the segment, base page size ${sizeText(page)}, byte ${hex(ea % page)}`,
    ];
  }
  return found;
}

interface Slot {
  readonly id: bigint;
  readonly gpa: bigint;
  readonly hva: bigint;
  readonly size: bigint;
  readonly line: number;
}

function slotsOf({ tree }: CheckedScenario): Slot[] {
  const slots: Slot[] = [];
  for (const statement of allStatements(tree.statements)) {
    if (statement.name !== 'memslot') continue;
    const [id, gpa, hva, size] = ['slot', 'gpa', 'hva', 'size'].map((name) => numberOf(statement, name));
    if (id !== undefined && gpa !== undefined && hva !== undefined && size !== undefined)
      slots.push({ id, gpa, hva, size, line: statement.range.line + 1 });
  }
  return slots;
}

function decodeGpa(checked: CheckedScenario, gpa: bigint): string[] {
  const slot = slotsOf(checked).find((one) => gpa >= one.gpa && gpa < one.gpa + one.size);
  const gfn = `gfn ${hex(gpa / checked.machine.page)}`;
  return slot === undefined
    ? [`${gfn}; no memslot holds it: an HPTE for it is MMIO`]
    : [`${gfn} in memslot ${slot.id} (line ${slot.line})`, `hva ${hex(slot.hva + gpa - slot.gpa)}`];
}

function decodeHva(checked: CheckedScenario, hva: bigint): string[] {
  const slot = slotsOf(checked).find((one) => hva >= one.hva && hva < one.hva + one.size);
  return slot === undefined ? [] : [`gpa ${hex(slot.gpa + hva - slot.hva)} in memslot ${slot.id} (line ${slot.line})`];
}

/** Dword 0 in the form that guests write (the POWER9 form keeps the segment size in dword 1). */
function decodeDword0(v: bigint): string[] {
  const low = loOf(v);
  const bits = [
    [V_VALID, 'VALID'],
    [V_SECONDARY, 'SECONDARY'],
    [V_LARGE, 'LARGE'],
    [V_BOLTED, 'BOLTED'],
    [V_ABSENT, 'ABSENT'],
  ] as const;
  const set = bits.filter(([bit]) => (low & bit) !== 0).map(([, name]) => name);
  return [
    `AVPN ${hex((v & 0x3fff_ffff_ffff_ff80n) >> 7n)}, ${v >> 62n === 1n ? '1T' : '256M'} segment`,
    set.length === 0 ? 'no bit set' : set.join(' '),
  ];
}

function decodeDword1(r: bigint): string[] {
  const low = loOf(r);
  const letters = [
    [R_W, 'W'],
    [R_I, 'I'],
    [R_M, 'M'],
    [R_G, 'G'],
  ] as const;
  const wimg = letters.flatMap(([bit, letter]) => ((low & bit) !== 0 ? [letter] : [])).join('');
  const pp = (low & 3) | (r >> 63n === 1n ? 4 : 0);
  const flags = [
    ...((low & R_R) !== 0 ? ['R'] : []),
    ...((low & R_C) !== 0 ? ['C'] : []),
    ...((low & R_N) !== 0 ? ['no execute'] : []),
  ];
  return [
    `RPN ${hex((r & 0x0fff_ffff_ffff_f000n) >> 12n)}, pp ${pp} (${PP_MEANING[pp] ?? ''})`,
    `WIMG ${wimg === '' ? 'none' : wimg}, key ${storageKey(hiOf(r), low)}${flags.length > 0 ? `, ${flags.join(' ')}` : ''}`,
  ];
}
