// "Go to" an HPTE: by its index, its PTEG, its AVPN, the address that it translates, the guest page or the host frame that it maps
// ("who maps this frame?"). The table is that of the current moment.

import * as l10n from '@vscode/l10n';
import { SLB_1T_HI, SLB_L, V_ABSENT, V_VALID } from '../../model/bits';
import { oldDword0 } from '../../model/entry';
import { explainSearch, sizeName } from '../../model/explain';
import { actualShift } from '../../model/hpte';
import type { Memslot } from '../../model/ranges';
import type { Vm } from '../../model/vm';
import { entryState, guestFrame, hostFrameOf } from '../../timeline/entries';
import { backgroundStates, certaintyOf, FREE, isLearnt, isSettled, possibleStates } from '../../timeline/known';
import { readRing } from '../../timeline/ring';
import { segmentOf } from '../things';
import { hex, type Reading, type Standpoint, type Work } from './standpoint';
import type { SegmentTyped } from './typed';

/** No more entries than this are named in one answer. */
const MOST = 1000;
/** Entries of a table that are looked at before others may go on. */
const BREATH = 1 << 15;

type Answer = Pick<Reading, 'sentence' | 'target'>;

const nothing = (sentence: string): Answer => ({ sentence });

/** Small numbers are table indexes and frames; what is larger than any is told as "there is none". */
function small(value: bigint): number {
  return value < 1n << 53n ? Number(value) : Number.MAX_SAFE_INTEGER;
}

/** Whether nothing is known of the table of a trace. */
function unknown({ run }: Standpoint): boolean {
  const { state } = run.vm;
  if (isSettled(backgroundStates(state))) return false;
  let learnt = false;
  state.known?.forEach((index) => {
    learnt ||= isLearnt(state, index) && isSettled(possibleStates(state, index));
  });
  return !learnt;
}

const nothingKnown = (): Answer =>
  nothing(l10n.t('Nothing is known of the table at this moment: its entries are unknown.'));

/** Says that more may be there than is known; empty where all slots are known. */
function asFarAsKnown({ run }: Standpoint): string {
  return isSettled(backgroundStates(run.vm.state)) ? '' : ` ${l10n.t('(as far as is known)')}`;
}

/** "a, 0x1aa8" or "0x1aa8". */
export function nameOf({ labels }: Standpoint, index: number): string {
  for (const [label, at] of labels) if (at === index) return `${label} (${hex(index)})`;
  return hex(index);
}

/** One HPTE in a few words: "valid, gfn 0x10, pfn 0x10000", and how that is known in a trace. */
export function entryText(at: Standpoint, index: number): string {
  const { vm } = at.run;
  const { hpt } = vm.state;
  const known = at.run.knownOf(index);
  const state = entryState(vm.state, index);
  if (state === 'unknown') return l10n.t('unknown: {0}', known?.cause.state ?? '');
  const how = known === null ? '' : ` (${known.certainty.state})`;
  if (state === 'free') return l10n.t('free') + how;
  const pfn = hostFrameOf(vm, hpt, index);
  const words = { valid: l10n.t('valid'), absent: l10n.t('absent'), mmio: 'MMIO' };
  const page = known?.certainty.guest === 'unknown' ? '' : `, gfn ${hex(guestFrame(vm, hpt, index))}`;
  const host = pfn === undefined ? '' : `, pfn ${hex(pfn)}`;
  return `${words[state]}${page}${host}${how}`;
}

/** One entry told by itself, several by their names. */
function found(at: Standpoint, entries: readonly number[]): Answer {
  const [first] = entries;
  if (first === undefined) return nothing(l10n.t('No HPTE.'));
  const sentence =
    entries.length === 1
      ? l10n.t('HPTE {0}: {1}', nameOf(at, first), entryText(at, first))
      : `${l10n.t('{0} HPTEs: {1}', entries.length, listed(at, entries))}${asFarAsKnown(at)}`;
  return { sentence, target: { entries } };
}

function listed(at: Standpoint, entries: readonly number[]): string {
  const names = entries.slice(0, 6).map((index) => nameOf(at, index));
  return entries.length > names.length ? `${names.join(', ')}, …` : names.join(', ');
}

export function findIndex(at: Standpoint, value: bigint): Answer {
  const { entries } = at.run.vm.state.hpt;
  const index = small(value);
  if (index >= entries)
    return nothing(l10n.t('There is no HPTE {0}: the last one is {1}.', hex(value), hex(entries - 1)));
  return { sentence: `${nameOf(at, index)}: ${entryText(at, index)}`, target: { entries: [index] } };
}

export function findPteg(at: Standpoint, value: bigint): Answer {
  const { hpt } = at.run.vm.state;
  const ptegs = hpt.entries / 8;
  const pteg = small(value);
  if (pteg >= ptegs) return nothing(l10n.t('There is no PTEG {0}: the last one is {1}.', hex(value), hex(ptegs - 1)));
  const slots = Array.from({ length: 8 }, (_, slot) => pteg * 8 + slot);
  if (unknown(at)) return { sentence: nothingKnown().sentence, target: { entries: slots } };
  const used = slots.filter((index) => entryState(at.run.vm.state, index) !== 'free').length;
  return { sentence: `${l10n.t('{0} of its 8 slots in use', used)}${asFarAsKnown(at)}`, target: { entries: slots } };
}

/** Whether an entry in use stands there whose words are known. */
function isEntry({ state }: Vm, index: number): boolean {
  return (possibleStates(state, index) & FREE) === 0 && certaintyOf(state, index, 'guest') !== 'unknown';
}

/** Looks through the entries in use. */
function* entriesWhere(vm: Vm, accepts: (index: number) => boolean): Work<number[]> {
  const { hpt } = vm.state;
  const indexes: number[] = [];
  for (let index = 0; index < hpt.entries && indexes.length < MOST; index++) {
    if ((index & (BREATH - 1)) === BREATH - 1) yield;
    if ((hpt.vLo(index) & (V_VALID | V_ABSENT)) !== 0 && isEntry(vm, index) && accepts(index)) indexes.push(index);
  }
  return indexes;
}

/** By the AVPN, as its own number, as it stands in dword 0, or as a whole dword 0. */
export function* findAvpn(at: Standpoint, value: bigint): Work<Answer> {
  if (unknown(at)) return nothingKnown();
  const { vm } = at.run;
  const mask = 0x3fffffffffffff80n;
  const wanted = [(value << 7n) & mask, ...((value & mask) === 0n ? [] : [value & mask])];
  const entries = yield* entriesWhere(vm, (index) => wanted.includes(oldDword0(vm, vm.state.hpt, index) & mask));
  return entries.length === 0
    ? nothing(`${l10n.t('No HPTE has the AVPN {0}.', hex(value))}${asFarAsKnown(at)}`)
    : found(at, entries);
}

/** Who maps a host frame: valid entries whose pages hold it. */
export function* findFrame(at: Standpoint, value: bigint): Work<Answer> {
  if (unknown(at)) return nothingKnown();
  const { vm } = at.run;
  const pfn = small(value);
  const entries = yield* entriesWhere(vm, (index) => {
    const first = hostFrameOf(vm, vm.state.hpt, index);
    return first !== undefined && pfn >= first && pfn < first + pagesOf(vm, index);
  });
  return entries.length === 0
    ? nothing(`${l10n.t('No valid HPTE maps the host frame {0}.', hex(value))}${asFarAsKnown(at)}`)
    : found(at, entries);
}

/** Host pages that an entry spans. */
function pagesOf(vm: Vm, index: number): number {
  const { hpt } = vm.state;
  return Math.max(1, 2 ** (actualShift(vm, hpt.vLo(index), hpt.guestLo(index)) - vm.pageShift));
}

export function findHva(at: Standpoint, value: bigint): Work<Answer> {
  const { vm } = at.run;
  const hva = small(value);
  const slot = vm.state.slots.find((each) => hva >= each.hva && hva < each.hva + each.npages * vm.page);
  if (slot === undefined) return told(nothing(noSlot(at, `hva ${hex(value)}`)));
  return findPage(at, BigInt(slot.baseGfn + Math.floor((hva - slot.hva) / vm.page)), `hva ${hex(value)}`);
}

export function findAddress(at: Standpoint, gpa: bigint): Work<Answer> {
  return findPage(at, gpa >> BigInt(at.run.vm.pageShift), `gpa ${hex(gpa)}`);
}

// biome-ignore lint/correctness/useYield: an answer that is there at once, where one that takes long is expected
function* told(answer: Answer): Work<Answer> {
  return answer;
}

function noSlot({ run }: Standpoint, written: string): string {
  const { slots } = run.vm.state;
  if (slots.length === 0 && run.kind !== 'scenario')
    return l10n.t('The trace does not tell the memslots: no hptscope.json names them.');
  return l10n.t('No memslot holds {0} at this moment.', written);
}

/** The HPTEs of a guest page: its ring, head first, then those that map it off the ring. */
export function* findPage(at: Standpoint, gfn: bigint, written = `gfn ${hex(gfn)}`): Work<Answer> {
  const { vm } = at.run;
  const slot = vm.state.slotOfGfn(small(gfn));
  if (slot === null && at.run.kind === 'scenario') return nothing(noSlot(at, written));
  if (unknown(at)) return nothingKnown();
  const page = small(gfn);
  const ring = slot === null || at.run.kind !== 'scenario' ? [] : readRing(vm, slot, page - slot.baseGfn).indexes;
  const entries = [...new Set([...ring, ...(yield* entriesOfPage(at, page))])];
  if (entries.length > 0) return found(at, entries);
  const where = slot === null ? '' : ` ${whereIs(slot, page, vm)}`;
  return nothing(`${l10n.t('No HPTE maps {0}.', written)}${where}${asFarAsKnown(at)}`);
}

/** "Memslot 0 has it at hva 0x…" */
function whereIs(slot: Memslot, gfn: number, vm: Vm): string {
  return l10n.t('Memslot {0} has it at hva {1}.', slot.id, hex(slot.hva + (gfn - slot.baseGfn) * vm.page));
}

/** Entries whose pages hold a guest page: a large page's first frame lies below it. */
function* entriesOfPage(at: Standpoint, gfn: number): Work<number[]> {
  const { vm } = at.run;
  const { hpt } = vm.state;
  const holds = (index: number) => {
    const first = guestFrame(vm, hpt, index);
    return gfn >= first && gfn < first + pagesOf(vm, index);
  };
  if (at.entriesOf === undefined) {
    return yield* entriesWhere(vm, (index) => entryState(vm.state, index) !== 'mmio' && holds(index));
  }
  const firsts = [12, 16, 24, 34].map((shift) => {
    const pages = Math.max(1, 2 ** (shift - vm.pageShift));
    return gfn - (gfn % pages);
  });
  return [...new Set(firsts)].flatMap((first) => at.entriesOf?.(first) ?? []).filter(holds);
}

/** The HPTE that translates an address, as the kernel searches: valid and absent ones. */
export function findEa(at: Standpoint, ea: bigint, segment?: SegmentTyped): Answer {
  if (unknown(at)) return nothingKnown();
  return segment === undefined ? throughSlbs(at, ea) : inSegment(at, ea, segment);
}

/** Through the SLB of each vCPU. */
function throughSlbs(at: Standpoint, ea: bigint): Answer {
  const { vm, kind } = at.run;
  if (kind !== 'scenario') {
    return nothing(l10n.t('A trace tells no SLB: add the VSID, as in "ea {0} vsid 0x…".', hex(ea)));
  }
  let missed = '';
  for (const vcpu of vm.state.vcpus.keys()) {
    const slbV = segmentOf(vm, vcpu, ea);
    if (slbV === undefined) continue;
    const { kernel, primary, secondary } = explainSearch(vm, ea, slbV);
    if (kernel >= 0) {
      const sentence = l10n.t('vCPU {0} reaches HPTE {1}: {2}', vcpu, nameOf(at, kernel), entryText(at, kernel));
      return { sentence, target: { entries: [kernel] } };
    }
    missed ||= l10n.t(
      'No HPTE maps ea {0}: nothing matches in PTEG {1} and {2}.',
      hex(ea),
      hex(primary),
      hex(secondary),
    );
  }
  return nothing(
    missed || l10n.t('No SLB entry of any vCPU holds ea {0}: add the VSID, as in "ea {0} vsid 0x…".', hex(ea)),
  );
}

/** In a segment of which the VSID is known; size and base page size are tried where they were not typed. */
function inSegment(at: Standpoint, ea: bigint, { vsid, size, pageShift }: SegmentTyped): Answer {
  const { vm } = at.run;
  const sizes = size === undefined ? (['256M', '1T'] as const) : [size];
  const shifts = pageShift === undefined ? [12, 16, 24] : [pageShift];
  for (const segment of sizes) {
    for (const shift of shifts) {
      const { kernel } = explainSearch(vm, ea, segmentWord(vsid, segment, shift));
      if (kernel < 0) continue;
      const how = l10n.t('In a {0} segment of {1} pages: HPTE {2}', segment, sizeName(shift), nameOf(at, kernel));
      return { sentence: `${how}: ${entryText(at, kernel)}`, target: { entries: [kernel] } };
    }
  }
  return nothing(`${l10n.t('No HPTE maps ea {0} of VSID {1}.', hex(ea), hex(vsid))}${asFarAsKnown(at)}`);
}

/** VSID word of a segment: B, VSID, L and LP. */
function segmentWord(vsid: bigint, size: '256M' | '1T', pageShift: number): bigint {
  const lp = { 16: 0x10n, 34: 0x20n }[pageShift] ?? 0n;
  const large = pageShift === 12 ? 0n : BigInt(SLB_L) | lp;
  return size === '1T' ? (BigInt(SLB_1T_HI) << 32n) | (vsid << 24n) | large : (vsid << 12n) | large;
}
