// Finds HPTEs by what a person types: an HPTE or PTEG index, an ea, gpa, gfn, hva, host frame or label, at the current moment.

import { V_ABSENT, V_VALID } from '../../model/bits';
import { findLockHpte } from '../../model/fault';
import { findSlb } from '../../model/mmu';
import { hiOf, loOf } from '../../model/words';
import type { FindAnswer } from '../../protocol';
import { slotsPerPteg } from '../../protocol';
import { readRing } from '../../timeline/ring';
import { count, hex, l10n } from '../texts';
import { hostFrameOf } from './hpte';
import type { RunView } from './runView';

const kinds = ['hpte', 'index', 'pteg', 'ea', 'gpa', 'gfn', 'hva', 'pfn'] as const;
type Kind = (typeof kinds)[number];

/** What may be typed, for prompts. */
export function findHint(): string {
  return l10n.t('a label, an HPTE index, or: ea, gpa, gfn, hva, pfn, pteg and a number');
}

export function findEntries(view: RunView, text: string): FindAnswer {
  const written = text.trim();
  const label = [...view.labels].find(([, name]) => name === written);
  if (label !== undefined) {
    return { indexes: [label[0]], sentence: l10n.t('{0} is HPTE {1}.', written, hex(label[0])) };
  }
  const [, kind, digits = ''] = /^(?:([a-z]+)[\s:=]+)?(0x[0-9a-f]{1,16}|\d{1,20})$/i.exec(written) ?? [];
  const known = kinds.find((each) => each === (kind ?? 'hpte').toLowerCase());
  if (digits === '' || known === undefined) {
    return none(l10n.t('Nothing is called {0}. Write {1}.', written.slice(0, 40), findHint()));
  }
  return find(view, known, BigInt(digits), digits);
}

const none = (sentence: string): FindAnswer => ({ indexes: [], sentence });

function find(view: RunView, kind: Kind, value: bigint, written: string): FindAnswer {
  const { vm } = view;
  const { hpt } = vm.state;
  const small = value < 2n ** 53n ? Number(value) : Number.POSITIVE_INFINITY;
  switch (kind) {
    case 'hpte':
    case 'index':
      return small < hpt.entries
        ? { indexes: [small], sentence: l10n.t('HPTE {0}', hex(small)) }
        : none(l10n.t('There is no HPTE {0}: the last one is {1}.', written, hex(hpt.entries - 1)));
    case 'pteg':
      return small < hpt.entries / slotsPerPteg
        ? { indexes: [small * slotsPerPteg], sentence: l10n.t('PTEG {0}', hex(small)) }
        : none(l10n.t('There is no PTEG {0}: the last one is {1}.', written, hex(hpt.entries / slotsPerPteg - 1)));
    case 'ea':
      return findEa(view, value);
    case 'gpa':
      return findPage(view, Math.floor(small / vm.page), `gpa ${written}`);
    case 'gfn':
      return findPage(view, small, `gfn ${written}`);
    case 'hva': {
      const slot = vm.state.slots.find((each) => small >= each.hva && small < each.hva + each.npages * vm.page);
      return slot === undefined
        ? none(l10n.t('No memslot holds hva {0}.', written))
        : findPage(view, slot.baseGfn + Math.floor((small - slot.hva) / vm.page), `hva ${written}`);
    }
    case 'pfn':
      return findFrame(view, small, written);
  }
}

/** Through the SLB of each vCPU, as the kernel searches: valid and absent entries. */
function findEa({ vm }: RunView, ea: bigint): FindAnswer {
  let segment = false;
  const { log } = vm.state;
  vm.state.log = null; // searching for a person is no moment
  try {
    for (const [vcpu, store] of vm.state.vcpus.entries()) {
      const entry = findSlb(store, hiOf(ea), loOf(ea));
      if (entry < 0) {
        continue;
      }
      segment = true;
      const at = 2 * entry + 1;
      const index = findLockHpte(vm, hiOf(ea), loOf(ea), store.hi(at), store.lo(at), V_VALID | V_ABSENT);
      if (index >= 0) {
        const sentence = l10n.t('vCPU {0} reaches ea {1} through HPTE {2}.', vcpu, hex(ea), hex(index));
        return { indexes: [index], sentence };
      }
    }
  } finally {
    vm.state.log = log;
  }
  return none(
    segment ? l10n.t('No HPTE maps ea {0}.', hex(ea)) : l10n.t('No SLB entry of any vCPU holds ea {0}.', hex(ea)),
  );
}

function findPage(view: RunView, gfn: number, written: string): FindAnswer {
  const { vm } = view;
  const slot = vm.state.slotOfGfn(gfn);
  if (slot === null) {
    return none(l10n.t('No memslot holds {0}.', written));
  }
  const ring = readRing(vm, slot, gfn - slot.baseGfn).indexes;
  const indexes = [...new Set([...ring, ...view.table.entriesOf(gfn)])];
  return indexes.length === 0 ? none(l10n.t('No HPTE maps {0}.', written)) : mapped(indexes, written);
}

/** Who maps a host frame: every valid entry is looked at. */
function findFrame(view: RunView, pfn: number, written: string): FindAnswer {
  const indexes: number[] = [];
  view.vm.state.hpt.forEach((index) => {
    if (indexes.length < 1000 && hostFrameOf(view.vm, index) === pfn) {
      indexes.push(index);
    }
  });
  return indexes.length === 0
    ? none(l10n.t('No valid HPTE maps pfn {0}.', written))
    : mapped(indexes, `pfn ${written}`);
}

function mapped(indexes: readonly number[], written: string): FindAnswer {
  const sentence =
    indexes.length === 1
      ? l10n.t('1 HPTE maps {0}.', written)
      : l10n.t('{0} HPTEs map {1}.', count(indexes.length), written);
  return { indexes, sentence };
}
