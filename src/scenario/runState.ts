// What a run knows beside the machine: what labels name, which vCPU goes on, which addresses were used.

import { R_RPN_HI, R_RPN_LO } from '../model/bits';
import type { Machine } from '../model/machine';
import type { Memslot } from '../model/ranges';
import type { Registers } from '../model/store';
import { toBig } from '../model/words';
import type { Numeral, PtegReference, Statement, Value, Word } from './ast';
import { isNumeral } from './ast';
import { evaluate, fieldOf, numberOf, wordOf } from './evaluate';
import { offsetMask, primaryPteg, type SegmentWord, secondaryPteg, segmentOf } from './hpteWords';

/** What a label names once its statement has run. */
export type Binding =
  | {
      readonly kind: 'hpte';
      /** Index in the current table; undefined when the HPTE was never made or did not survive a resize. */
      index: number | undefined;
      readonly ea: bigint | undefined;
      readonly gpa: bigint | undefined;
      /** dword 0 and 1 as the guest gave them */
      readonly v: bigint;
      readonly r: bigint;
      readonly segment: SegmentWord | undefined;
      readonly line: number;
      readonly ended: string;
    }
  | { readonly kind: 'access'; readonly ea: bigint }
  | { readonly kind: 'stream'; readonly fd: number }
  | { readonly kind: 'data'; readonly bytes: Uint8Array };

export type HpteBinding = Extract<Binding, { kind: 'hpte' }>;

/** A statement that cannot be done as things stand; the run says so at its line and goes on. */
export class CannotDo extends Error {}

export class RunState {
  readonly bindings = new Map<string, Binding>();
  /** Pages (ea >> 12) that an H_ENTER of this run has mapped; `in pteg(x)` takes others. */
  readonly usedPages = new Set<bigint>();
  vcpu = 0;
  readonly vcpuMsr = new Map<number, bigint>();
  readonly runningVcpus = new Set<number>();

  constructor(readonly machine: Machine) {}

  store(vcpu: number): Registers {
    const store = this.machine.state.vcpus[vcpu];
    if (store === undefined) throw new CannotDo(`there is no vCPU ${vcpu}`);
    return store;
  }

  hpte(name: string): HpteBinding {
    const binding = this.bindings.get(name);
    if (binding?.kind === 'hpte') return binding;
    throw new CannotDo(`the label ${name} names nothing: its line has not run`);
  }

  /** Index of a label's HPTE, or of the one given by number. */
  indexOf(item: Word | Numeral): number | undefined {
    if (isNumeral(item)) return Number(item.value);
    const binding = this.bindings.get(item.text);
    return binding?.kind === 'hpte' ? binding.index : undefined;
  }

  neededIndex(name: string): bigint {
    const { index, line, ended } = this.hpte(name);
    if (index === undefined) throw new CannotDo(`${name} is no HPTE: line ${line + 1} ended with ${ended}`);
    return BigInt(index);
  }

  slotOf(gpa: bigint): Memslot {
    const slot = this.machine.state.slotOfGfn(Math.floor(Number(gpa) / this.machine.vm.page));
    if (slot === null) throw new CannotDo(`no memslot holds guest physical address 0x${gpa.toString(16)}`);
    return slot;
  }

  /** Host virtual address of a guest physical one. */
  hvaOf(gpa: bigint): number {
    const slot = this.slotOf(gpa);
    return slot.hva + Number(gpa) - slot.baseGfn * this.machine.vm.page;
  }

  /** Guest physical address of the page that a label's HPTE maps. */
  gpaOf(name: string): bigint {
    const { gpa, r } = this.hpte(name);
    return gpa ?? r & toBig(R_RPN_HI, R_RPN_LO);
  }

  eaOf(name: string): bigint {
    const binding = this.bindings.get(name);
    if (binding?.kind === 'access') return binding.ea;
    const { ea } = this.hpte(name);
    if (ea === undefined) throw new CannotDo(`it is not known for which address ${name} stands`);
    return ea;
  }

  /** The host page of a host statement: its operand, `gpa` or `hva`. */
  hostPage(statement: Statement, pass: bigint): number {
    const hva = numberOf(statement, 'hva', pass);
    if (hva !== undefined) return Number(hva);
    const label = wordOf(statement, 'page');
    return this.hvaOf(label === undefined ? (numberOf(statement, 'gpa', pass) ?? 0n) : this.gpaOf(label));
  }

  // --- PTEGs

  /** The PTEG that `pteg(x)` or `secondary(x)` names. */
  ptegOf(which: string, of: Word | Numeral): number {
    const { hpt } = this.machine.state;
    let primary: number;
    if (isNumeral(of)) primary = Number(of.value % BigInt(hpt.entries / 8));
    else {
      const binding = this.hpte(of.text);
      if (binding.ea !== undefined && binding.segment !== undefined)
        primary = primaryPteg(hpt, binding.segment, binding.ea);
      else primary = Math.floor(Number(this.neededIndex(of.text)) / 8);
    }
    return which === 'secondary' ? secondaryPteg(hpt, primary) : primary;
  }

  /** An address that no H_ENTER of this run has mapped and whose primary PTEG is the given one. */
  unusedAddress(reference: PtegReference, vcpu: number): bigint {
    const { hpt } = this.machine.state;
    const pteg = this.ptegOf(reference.which.text, reference.of);
    const base = this.#segmentStart(reference.of, vcpu);
    const segment = segmentOf(this.store(vcpu), base);
    if (segment === undefined) throw new CannotDo(`no segment: an \`slb\` line gives one to vCPU ${vcpu}`);
    const mask = BigInt(hpt.entries / 8 - 1);
    const first = BigInt(primaryPteg(hpt, segment, base)) ^ BigInt(pteg);
    const shift = BigInt(segment.baseShift);
    for (let page = first & mask; page << shift <= offsetMask(segment); page += mask + 1n) {
      const ea = base + (page << shift);
      if (!this.usedPages.has(ea >> 12n)) return ea;
    }
    throw new CannotDo(`no unused address of the segment at 0x${base.toString(16)} hashes to PTEG ${pteg}`);
  }

  #segmentStart(of: Word | Numeral, vcpu: number): bigint {
    const binding = isNumeral(of) ? undefined : this.hpte(of.text);
    if (binding?.ea !== undefined && binding.segment !== undefined) return binding.ea & ~offsetMask(binding.segment);
    const cpu = this.store(vcpu);
    for (let entry = 0; entry < 64; entry++) {
      if ((cpu.lo(2 * entry) & 0x08000000) !== 0) return toBig(cpu.hi(2 * entry), cpu.lo(2 * entry) & 0xf0000000);
    }
    throw new CannotDo('no segment: an `slb` line gives one');
  }

  /** The value of an address field: a sum, or `in pteg(x)`. */
  address(value: Value, pass: bigint, vcpu: number): bigint {
    return value.kind === 'in-pteg' ? this.unusedAddress(value.pteg, vcpu) : (evaluate(value, pass) ?? 0n);
  }

  /** vCPU of a statement: `on vcpu N`, else the one given. */
  vcpuOf(statement: Statement, otherwise: number, pass: bigint): number {
    return fieldOf(statement, 'on') === undefined ? otherwise : Number(numberOf(statement, 'on', pass) ?? 0n);
  }

  /** After a resize the HPTEs that survived stand elsewhere: finds them again by their address and dword 0. */
  rebind(): void {
    const { hpt } = this.machine.state;
    for (const binding of this.bindings.values()) {
      if (binding.kind !== 'hpte' || binding.index === undefined) continue;
      binding.index = undefined;
      if (binding.ea === undefined || binding.segment === undefined) continue;
      const primary = primaryPteg(hpt, binding.segment, binding.ea);
      for (const pteg of [primary, secondaryPteg(hpt, primary)]) {
        for (let index = pteg * 8; index < pteg * 8 + 8 && binding.index === undefined; index++) {
          const { v, state } = this.machine.hpte(index);
          // POWER9 keeps no more of the AVPN than this.
          if (state !== 'free' && ((v ^ binding.v) & 0xf_ffff_ffff_ff80n) === 0n) binding.index = index;
        }
      }
    }
  }
}
