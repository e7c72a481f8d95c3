// The machine's parts as things with fields: HPTEs, PTEGs, guest pages with their rmap word and ring, memslots, host pages, vCPUs,
// the notifier's counters, and a search explained. Variables and expressions both show these. Everything is read from the
// state as it is at the run's current moment.

import { SLB_ESID_VALID } from '../model/bits';
import { type Candidate, explainSearch, sizeName } from '../model/explain';
import { hpteView } from '../model/machine';
import { findSlb } from '../model/mmu';
import type { Memslot } from '../model/ranges';
import { MMIO_ENTRIES, Scalar, SLB_ENTRIES, Vcpu } from '../model/state';
import type { Store } from '../model/store';
import type { Vm } from '../model/vm';
import { hiOf, loOf, toBig } from '../model/words';
import { FREE, isSettled, type Known, knownOf } from '../timeline/known';
import { idInTable } from './dataPoints';
import { dword0, dword1, hostPte, msrWord, rmapWord, segmentWord, statusWord } from './decode';
import { certaintyThing, knownWords, statesText } from './knownWords';
import { hex, list, type Thing, thing } from './values';

const word = (store: Store, index: number): bigint => toBig(store.hi(index), store.lo(index));

/** An HPTE of the current table; undefined beyond its end. */
export function hpteThing(vm: Vm, index: bigint): Thing | undefined {
  if (index < 0n || index >= BigInt(vm.state.hpt.entries)) return undefined;
  const number = Number(index);
  const view = hpteView(vm, number);
  const known = knownOf(vm.state, number);
  const { pageShift } = view;
  const state = known === null || isSettled(known.states) ? view.state : undefined;
  const isPage = state !== 'free' && (known === null || known.certainty.guest !== 'unknown') && !mayBeFree(known);
  const page = isPage ? ` gfn ${hex(view.gfn)}` : '';
  const doubt = known === null || state !== undefined ? '' : `: ${known.cause.state ?? ''} (${statesText(known)})`;
  const words =
    known === null
      ? { v: dword0(view.v), r: dword1(view.r, false), guest: dword1(view.guestRpte, true) }
      : knownWords(vm, number, known);
  return thing(
    'hpte',
    `HPTE ${hex(index)} ${state ?? 'unknown'}${page}${doubt}${known?.certainty.state === 'assumed' ? ' (assumed)' : ''}`,
    {
      state: () => state,
      ...(known === null ? {} : { known: () => known.certainty.state, certainty: () => certaintyThing(known) }),
      index: () => index,
      pteg: () => index / 8n,
      slot: () => Number(index % 8n),
      v: () => words.v,
      r: () => words.r,
      guest: () => words.guest,
      pageSize: () => (known !== null && !isPage ? undefined : pageShift === 0 ? 'invalid' : sizeName(pageShift)),
      gfn: () => (isPage || (known === null && view.guestRpte !== 0n) ? BigInt(view.gfn) : undefined),
      // a trace does not tell the order of a ring
      forw: () => (known === null ? BigInt(view.forw) : undefined),
      back: () => (known === null ? BigInt(view.back) : undefined),
    },
    { number: index, data: idInTable(vm, 'hpte', index), expression: `hpte[${hex(index)}]` },
  );
}

function mayBeFree(known: Known | null): boolean {
  return known !== null && (known.states & FREE) !== 0;
}

/** The eight slots of a PTEG. */
export function ptegThing(vm: Vm, pteg: bigint): Thing | undefined {
  if (pteg < 0n || pteg >= BigInt(vm.state.hpt.entries / 8)) return undefined;
  const slots = Array.from({ length: 8 }, (_, slot) => hpteThing(vm, pteg * 8n + BigInt(slot))).filter(
    (slot) => slot !== undefined,
  );
  const used = slots.filter((slot) => slot.get('state') !== 'free').length;
  return {
    ...list('pteg', `PTEG ${hex(pteg)}, ${used} of 8 in use`, slots, (i) => `slot ${i}`),
    number: pteg,
    data: idInTable(vm, 'pteg', pteg),
    expression: `pteg[${hex(pteg)}]`,
  };
}

/** No ring is followed further than this many entries. */
const LONGEST_RING = 4096;

/** HPTE indexes of a page's ring, head first, and what is wrong with the ring, if anything. */
export function ringOf(
  vm: Vm,
  slot: Memslot,
  page: number,
): { readonly indexes: readonly number[]; readonly broken: string } {
  if ((slot.rmap.hi(page) & 1) === 0) return { indexes: [], broken: '' };
  const { hpt } = vm.state;
  const head = slot.rmap.lo(page) >>> 0;
  const indexes: number[] = [];
  const seen = new Set<number>();
  for (let index = head; indexes.length < LONGEST_RING; ) {
    if (index >= hpt.entries) return { indexes, broken: `${hex(index)} is no index of this table` };
    indexes.push(index);
    seen.add(index);
    const next = hpt.forw(index);
    if (next < hpt.entries && hpt.back(next) !== index)
      return { indexes, broken: `back of ${hex(next)} is ${hex(hpt.back(next))}, not ${hex(index)}` };
    if (next === head) return { indexes, broken: '' };
    if (seen.has(next)) return { indexes, broken: `it comes back to ${hex(next)} and never to its head` };
    index = next;
  }
  return { indexes, broken: `more than ${LONGEST_RING} entries` };
}

/** A memslot. */
export function slotThing(vm: Vm, slot: Memslot): Thing {
  const end = slot.baseGfn + slot.npages;
  const logging = vm.state.logDirty(slot);
  return thing(
    'slot',
    `memslot ${slot.id}: gfn ${hex(slot.baseGfn)} to ${hex(end - 1)} at hva ${hex(slot.hva)}`,
    {
      id: () => slot.id,
      baseGfn: () => BigInt(slot.baseGfn),
      pages: () => slot.npages,
      hva: () => BigInt(slot.hva),
      logDirty: () => logging,
    },
    { number: BigInt(slot.id), expression: `slot(${slot.id})` },
  );
}

/** A guest page: its memslot, rmap word and ring. */
export function guestPageThing(vm: Vm, gfn: bigint, inSlot?: Memslot): Thing | undefined {
  const slot = inSlot ?? vm.state.slotOfGfn(Number(gfn));
  if (slot === null || slot === undefined) return undefined;
  const page = Number(gfn) - slot.baseGfn;
  if (page < 0 || page >= slot.npages) return undefined;
  const rmap = rmapWord(vm, word(slot.rmap, page));
  const { indexes, broken } = ringOf(vm, slot, page);
  const members = indexes.map((index) => hpteThing(vm, BigInt(index))).filter((hpte) => hpte !== undefined);
  const shown = indexes.slice(0, 8).map(hex).join(' ');
  const more = indexes.length > 8 ? ` and ${indexes.length - 8} more` : '';
  const ringText = indexes.length === 0 ? 'empty' : `${shown}${more}${broken === '' ? '' : `, broken: ${broken}`}`;
  const dirtyWord = word(slot.dirty, Math.floor(page / 64));
  return thing(
    'page',
    `gfn ${hex(gfn)}: ${rmap.text}`,
    {
      gfn: () => gfn,
      gpa: () => gfn << BigInt(vm.pageShift),
      memslot: () => slotThing(vm, slot),
      rmap: () => ({ ...rmap, data: `rmap:${slot.id}:${hex(page)}`, expression: `rmap(${slot.id}, gfn ${hex(gfn)})` }),
      ring: () => list('ring', ringText, members),
      dirty: () => ((dirtyWord >> BigInt(page % 64)) & 1n) === 1n,
      host: () => hostPageThing(vm, slot.hva + page * vm.page),
    },
    { number: gfn, data: `page:${hex(gfn)}`, expression: `page(gfn ${hex(gfn)})` },
  );
}

/** What the host maps at an address of the VMM; undefined where it has no mapping. */
export function hostPageThing(vm: Vm, hva: number): Thing | undefined {
  const vma = vm.state.vmas.find((v) => hva >= v.hva && hva < v.hva + v.npages * vm.page);
  if (vma === undefined) return undefined;
  const block = Math.floor((hva - vma.hva) / (vm.page * 2 ** vma.order));
  const pte = hostPte(word(vma.ptes, block));
  const pfn = pte.get('pfn');
  const size = sizeName(vm.pageShift + vma.order);
  return thing('host', `hva ${hex(hva)}: ${pte.text}`, {
    hva: () => BigInt(hva),
    pte: () => pte,
    pfn: () => (pte.get('present') === true ? pfn : undefined),
    size: () => size,
    vma: () =>
      `${hex(vma.hva)}, ${vma.npages} pages${vma.writable ? '' : ', read-only'}${vma.cow ? ', copy-on-write' : ''}${vma.pfnmap ? ', I/O memory' : ''}`,
  });
}

/** Registers of a vCPU, its SLB, and what the real-mode part of a fault remembered. */
export function vcpuThing(vm: Vm, vcpu: number): Thing | undefined {
  const store = vm.state.vcpus[vcpu];
  if (store === undefined) return undefined;
  const used: number[] = [];
  for (let i = 0; i < SLB_ENTRIES; i++) if ((store.lo(2 * i) & SLB_ESID_VALID) !== 0) used.push(i);
  const slb = used.map((i) => {
    const esid = word(store, 2 * i);
    const segment = segmentWord(word(store, 2 * i + 1));
    return thing('slb', `ea ${hex(esid & 0xfffffffff0000000n)}  ${segment.text}`, {
      esid: () => esid,
      vsid: () => segment,
    });
  });
  const mmio = Array.from({ length: MMIO_ENTRIES }, (_, i) => Vcpu.mmio + i * 8).filter(
    (at) => word(store, at + 2) !== 0n,
  );
  const cache = mmio.map((at) =>
    thing('mmio', `ea ${hex(word(store, at))} HPTE ${hex(word(store, at + 5))}`, {
      ea: () => word(store, at),
      slb_v: () => word(store, at + 1),
      v: () => dword0(word(store, at + 2)),
      r: () => dword1(word(store, at + 3), false),
      guest: () => dword1(word(store, at + 4), true),
      index: () => word(store, at + 5),
      mmioUpdate: () => word(store, at + 6),
    }),
  );
  const fault = thing(
    'remembered',
    `ea ${hex(word(store, Vcpu.pgfaultAddr))} HPTE ${hex(word(store, Vcpu.pgfaultIndex))}`,
    {
      ea: () => word(store, Vcpu.pgfaultAddr),
      index: () => word(store, Vcpu.pgfaultIndex),
      v: () => dword0(word(store, Vcpu.pgfaultV)),
      r: () => dword1(word(store, Vcpu.pgfaultR), false),
      guest: () => dword1(word(store, Vcpu.pgfaultGuest), true),
    },
  );
  return thing(
    'vcpu',
    `vCPU ${vcpu}`,
    {
      msr: () => msrWord(word(store, Vcpu.msr)),
      amr: () => word(store, Vcpu.amr),
      slb: () => list('slb', `${slb.length} of ${SLB_ENTRIES} entries valid`, slb, (i) => `[${used[i]}]`),
      fault: () => fault,
      mmioCache: () => list('mmio', `${cache.length} of ${MMIO_ENTRIES} entries`, cache),
    },
    { number: BigInt(vcpu), expression: `vcpu(${vcpu})` },
  );
}

/** The machine itself. @param name what the run is called */
export function vmThing(vm: Vm, name: string): Thing {
  const { cpu, vcpus } = vm.config;
  const { order } = vm.state.hpt;
  return thing('vm', name, {
    kernel: () => vm.kernel.name,
    cpu: () => cpu,
    order: () => order,
    pageSize: () => sizeName(vm.pageShift),
    vcpus: () => vcpus,
  });
}

/** The notifier's counters and what else is one word for the whole machine. */
export function notifierThing(vm: Vm): Thing {
  const { state } = vm;
  const seq = word(state.scalars, Scalar.seq);
  const count = state.scalarNum(Scalar.count);
  return thing('notifier', `sequence ${hex(seq)}, ${count} invalidation(s) running`, {
    seq: () => seq,
    count: () => count,
    mmioUpdate: () => word(state.scalars, Scalar.mmioUpdate),
    mmuReady: () => state.scalarNum(Scalar.mmuReady) !== 0,
    usingMmuNotifiers: () => vm.notifiers,
  });
}

/** The segment word that translates an address on a vCPU: its SLB entry's, the VRMA's in real mode; undefined without one. */
export function segmentOf(vm: Vm, vcpu: number, ea: bigint): bigint | undefined {
  const store = vm.state.vcpus[vcpu];
  if (store === undefined) return undefined;
  if ((store.lo(Vcpu.msr) & 0x10) === 0) return word(vm.state.scalars, Scalar.vrmaSlbV);
  const entry = findSlb(store, hiOf(ea), loOf(ea));
  return entry < 0 ? undefined : word(store, 2 * entry + 1);
}

/** The search for an address, slot by slot. Without a segment word the vCPU's SLB gives it. */
export function searchThing(vm: Vm, vcpu: number, ea: bigint, segment?: bigint, status?: bigint): Thing {
  const slbV = segment ?? segmentOf(vm, vcpu, ea);
  const asked = { ea: () => ea, ...(status === undefined ? {} : { dsisr: () => statusWord(status) }) };
  if (slbV === undefined) {
    return thing('search', `ea ${hex(ea)}: no segment matches`, { ...asked, segment: () => 'no SLB entry matches' });
  }
  const search = explainSearch(vm, ea, slbV);
  const { primary, secondary, hardware, kernel, candidates } = search;
  const found =
    hardware >= 0 ? `HPTE ${hex(hardware)}` : kernel >= 0 ? `HPTE ${hex(kernel)}, absent` : 'no HPTE in either PTEG';
  const index = hardware >= 0 ? hardware : kernel;
  const nameOf = (i: number) => `${i < 8 ? 'primary' : 'secondary'} ${i % 8}`;
  return thing(
    'search',
    `ea ${hex(ea)}: ${found}`,
    {
      ...asked,
      segment: () => segmentWord(slbV),
      vpn: () => search.vpn,
      hash: () => search.hash,
      pteg: () => BigInt(primary),
      secondary: () => BigInt(secondary),
      avpn: () => search.avpn,
      found: () => (index < 0 ? found : hpteThing(vm, BigInt(index))),
      candidates: () =>
        list(
          'candidates',
          `16 slots, ${candidates.filter(({ matches }) => matches).length} match`,
          candidates.map((candidate) => candidateThing(vm, candidate)),
          nameOf,
        ),
    },
    { number: BigInt(primary), expression: `hash(${hex(ea)})` },
  );
}

function candidateThing(vm: Vm, candidate: Candidate): Thing {
  const { index, state, v, r, matches, reason } = candidate;
  return thing(
    'candidate',
    `HPTE ${hex(index)}: ${reason}`,
    {
      index: () => BigInt(index),
      state: () => state,
      matches: () => matches,
      why: () => reason,
      v: () => dword0(v),
      r: () => dword1(r, false),
    },
    { number: BigInt(index), data: idInTable(vm, 'hpte', BigInt(index)), expression: `hpte[${hex(index)}]` },
  );
}
