/**
 * A machine as plain data and typed arrays, so that it can be handed to another thread: what stands behind the owners of its state,
 * and the chunks of words that were ever written.
 */

import { Hpt } from './hpt';
import { KERNELS, type KernelName } from './kernel';
import type { Mutation } from './mutations';
import type { Plane } from './place';
import { type Mapping, Memslot, Vma } from './ranges';
import type { Owned, State } from './state';
import { Store } from './store';
import { Vm, type VmConfig } from './vm';
import type { World } from './world';

/** What stands behind an owner number; the words of tables and stores apart. */
type PackedOwner =
  | { readonly kind: 'hpt'; readonly order: number }
  | { readonly kind: 'store'; readonly plane: Plane }
  | {
      readonly kind: 'memslot';
      readonly id: number;
      readonly baseGfn: number;
      readonly npages: number;
      readonly hva: number;
      /** owners of its stores; phys 0: none */
      readonly rmap: number;
      readonly dirty: number;
      readonly phys: number;
    }
  | ({ readonly kind: 'vma'; readonly ptes: number } & Mapping);

/** The chunks of one table or store: index of the first entry of each, and their words one after the other. */
interface PackedWords {
  readonly owner: number;
  readonly firsts: Float64Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
}

export interface PackedVm {
  readonly config: Omit<VmConfig, 'kernel'>;
  readonly kernel: KernelName;
  readonly mutations: readonly Mutation[];
  readonly owners: readonly (PackedOwner | null)[];
  readonly words: readonly PackedWords[];
}

/** Copies a machine. @returns it, and the buffers that may be transferred rather than copied */
export function packVm(vm: Vm): { readonly packed: PackedVm; readonly buffers: ArrayBuffer[] } {
  const { kernel, ...config } = vm.config;
  const { owned } = vm.state;
  const words: PackedWords[] = [];
  owned.forEach((owner, number) => {
    if (owner instanceof Hpt || owner instanceof Store) words.push(packWords(owner, number));
  });
  return {
    packed: { config, kernel: kernel.name, mutations: vm.mutations, owners: owned.map(packOwner), words },
    buffers: words.flatMap((one) => [one.firsts.buffer, one.words.buffer]),
  };
}

function packOwner(owner: Owned): PackedOwner | null {
  if (owner === null) return null;
  if (owner instanceof Hpt) return { kind: 'hpt', order: owner.order };
  if (owner instanceof Store) return { kind: 'store', plane: owner.plane };
  if (owner instanceof Memslot) {
    const { id, baseGfn, npages, hva, rmap, dirty, phys } = owner;
    return { kind: 'memslot', id, baseGfn, npages, hva, rmap: rmap.owner, dirty: dirty.owner, phys: phys?.owner ?? 0 };
  }
  const { hva, npages, writable, cow, order, pfnmap, pfn, cache, ptes } = owner;
  return { kind: 'vma', hva, npages, writable, cow, order, pfnmap, pfn, cache, ptes: ptes.owner };
}

/** Makes the next owner; those that it names were made before it. */
function unpackOwner(state: State, packed: PackedOwner, pageShift: number): void {
  switch (packed.kind) {
    case 'hpt':
      state.newHpt(packed.order);
      return;
    case 'store':
      state.own((owner) => new Store(packed.plane, owner));
      return;
    case 'memslot': {
      const { id, baseGfn, npages, hva } = packed;
      const rmap = storeOf(state, packed.rmap);
      const dirty = storeOf(state, packed.dirty);
      const phys = packed.phys === 0 ? null : storeOf(state, packed.phys);
      const end = hva + npages * 2 ** pageShift;
      state.own((owner) => new Memslot(owner, id, baseGfn, npages, hva, end, rmap, dirty, phys));
      return;
    }
    case 'vma': {
      const ptes = storeOf(state, packed.ptes);
      state.own((owner) => new Vma(owner, ptes, packed, pageShift));
      return;
    }
  }
}

function storeOf(state: State, owner: number): Store {
  const store = state.ownerOf(owner);
  if (store instanceof Store) return store;
  throw new Error(`packed machine: owner ${owner} is no store of words`);
}

function packWords(from: Hpt | Store, owner: number): PackedWords {
  const firsts: number[] = [];
  const chunks: Int32Array[] = [];
  from.forEachChunk((chunk, first) => {
    firsts.push(first);
    chunks.push(chunk);
  });
  const words = new Int32Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    words.set(chunk, at);
    at += chunk.length;
  }
  return { owner, firsts: Float64Array.from(firsts), words };
}

/** The machine that `packVm` was given; nothing is journaled. */
export function unpackVm(packed: PackedVm, makeWorld: (vm: Vm) => World): Vm {
  const vm = new Vm({ ...packed.config, kernel: KERNELS[packed.kernel] }, makeWorld);
  const { state } = vm;
  packed.owners.forEach((owner, number) => {
    // the first ones came with the machine
    if (owner !== null && number >= state.owned.length) unpackOwner(state, owner, vm.pageShift);
  });
  for (const { owner, firsts, words } of packed.words) {
    const to = state.owned[owner];
    if (!(to instanceof Hpt || to instanceof Store)) throw new Error(`packed machine: owner ${owner} holds no words`);
    const length = words.length / firsts.length;
    firsts.forEach((first, i) => {
      to.adopt(words.subarray(i * length, (i + 1) * length), first);
    });
  }
  state.derive();
  for (const name of packed.mutations) vm.setMutation(name, true);
  return vm;
}
