// A dump of the table as it is taken over: its words are those of the machine, all of them observed.

import { R_RC } from '../../model/bits';
import type { Certainty, Part } from '../../timeline/known';
import type { HtabDump } from '../htabDump';
import { FIELD, FREE, type Slot, unknownSlot, VALID } from '../replay/knowledge';
import type { Fed } from './feed';
import type { ReplayedMachine } from './replayedMachine';

const observed: Readonly<Record<Part, Certainty>> = {
  state: 'observed',
  dword0: 'observed',
  guest: 'observed',
  guestRc: 'observed',
  frame: 'observed',
  rights: 'observed',
  rc: 'observed',
};
/** Parts of a valid entry that change without events, unless R and C are all set. */
const guestRcLater = { ...observed, guestRc: 'unknown' } as const;
const rcLater = { ...observed, rc: 'unknown' } as const;
const bothLater = { ...rcLater, guestRc: 'unknown' } as const;
const freeSlot: Slot = unknownSlot('no first dump', FREE);

/** The table becomes what a dump shows. `fed` is what replay made of it. */
export function showDump({ words, known, vm }: ReplayedMachine, dump: HtabDump, fed: Fed): void {
  const { puts } = fed;
  words.freeAllBut(puts);
  if (known.backgroundIsFree) {
    for (const index of known.taken()) {
      if (!puts.has(index)) {
        known.put(index, freeSlot, observed, false);
      }
    }
  } else {
    known.reset(freeSlot, true);
  }
  const { entries } = vm.state.hpt;
  for (let i = 0; i < dump.count; i++) {
    const index = dump.index[i] as number;
    const slot = puts.get(index);
    if (slot === undefined || index >= entries) {
      continue;
    }
    words.showRaw(index, {
      vHi: (dump.vHi[i] as number) | 0,
      vLo: (dump.vLo[i] as number) & ~0x40,
      rHi: (dump.rHi[i] as number) | 0,
      rLo: (dump.rLo[i] as number) | 0,
      guestHi: (dump.guestHi[i] as number) | 0,
      guestLo: (dump.guestLo[i] as number) | 0,
    });
    const lasts = slot.states !== VALID || ((dump.guestLo[i] as number) & R_RC) === R_RC;
    const shown = slot.rc === undefined ? (lasts ? rcLater : bothLater) : lasts ? observed : guestRcLater;
    // that a state, a frame, R and C stay as the dump shows them may be an assumption
    const { fields = 0 } = slot.assumed ?? {};
    const certainty: Readonly<Record<Part, Certainty>> =
      fields === 0
        ? shown
        : {
            ...shown,
            ...((fields & FIELD.states) !== 0 && { state: 'assumed' }),
            ...((fields & FIELD.frame) !== 0 && { frame: 'assumed' }),
            ...((fields & FIELD.rc) !== 0 && { rc: 'assumed' }),
          };
    known.put(index, slot, certainty, certainty !== observed);
  }
}
