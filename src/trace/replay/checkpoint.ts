// Compares a dump with what replay knows, entry by entry and field by field. An entry counts when the dump lists it, or when replay
// does not know its slot to be free. What replay excludes and the dump shows is wrong, also where it had not settled on one value.

import type { HtabDump } from '../htabDump';
import { ABSENT, ANY, type Cause, FREE, type Knowledge, type Slot, VALID } from './knowledge';
import { dword0FromTable, frameOf, guestOf, identityOf, RC, V_ABSENT, V_VALID } from './words';

export const FIELDS = ['state', 'dword0', 'guest', 'frame', 'rc'] as const;
export type Field = (typeof FIELDS)[number];

/** How often a field agreed with a dump, was not known, or did not agree. */
export interface FieldCount {
  equal: number;
  unknown: number;
  wrong: number;
  /** the unknown ones by cause */
  causes: Partial<Record<Cause, number>>;
}

/** A field in which replay and a dump do not agree. */
export interface WrongField {
  readonly file: string;
  readonly before: number;
  readonly index: number;
  readonly field: Field;
  readonly expected: string;
  readonly seen: string;
}

/** A table as far as it is compared. */
export type ComparedTable = Pick<Knowledge, 'entries' | 'background' | 'known' | 'learnt'>;

export class Comparison {
  readonly #onWrong: ((wrong: WrongField) => void) | undefined;
  checkpoints = 0;
  entries = 0;
  readonly fields: Record<Field, FieldCount> = {
    state: { equal: 0, unknown: 0, wrong: 0, causes: {} },
    dword0: { equal: 0, unknown: 0, wrong: 0, causes: {} },
    guest: { equal: 0, unknown: 0, wrong: 0, causes: {} },
    frame: { equal: 0, unknown: 0, wrong: 0, causes: {} },
    rc: { equal: 0, unknown: 0, wrong: 0, causes: {} },
  };
  /** the first thousand */
  readonly wrong: WrongField[] = [];

  /** @param onWrong told of each field that does not agree */
  constructor(onWrong?: (wrong: WrongField) => void) {
    this.#onWrong = onWrong;
  }

  #count(field: Field, known: boolean, same: boolean, cause: Cause, where: () => WrongField): void {
    const count = this.fields[field];
    if (!known) {
      this.#unknown(field, cause, 1);
    } else if (same) {
      count.equal++;
    } else {
      count.wrong++;
      const wrong = where();
      this.#onWrong?.(wrong);
      if (this.wrong.length < 1000) {
        this.wrong.push(wrong);
      }
    }
  }

  /**
   * Compares one dump.
   * @param seenAs what is known of a slot at the time of the dump
   */
  compare(
    dump: HtabDump,
    table: ComparedTable,
    isa3: boolean,
    at: { readonly file: string; readonly before: number },
    seenAs: (index: number) => Slot,
  ): void {
    this.checkpoints++;
    const entry = (index: number, i: number): void => this.#entry(index, seenAs(index), dump, i, isa3, at);
    for (let i = 0; i < dump.count; i++) {
      entry(dump.index[i] as number, i);
    }
    for (const [index, { states }] of table.known()) {
      if (states !== FREE && dump.find(index) < 0) {
        entry(index, -1);
      }
    }
    if (table.background.states !== FREE) {
      this.#unlisted(dump, table);
    }
  }

  /** Counts the slots of which nothing was learnt and that the dump does not list, without visiting them: a table may have 2^42. */
  #unlisted(dump: HtabDump, { background, entries, learnt }: ComparedTable): void {
    let others = entries - learnt.size;
    for (let i = 0; i < dump.count; i++) {
      const index = dump.index[i] as number;
      if (index < entries && !learnt.has(index)) {
        others--;
      }
    }
    this.entries += others;
    for (const field of FIELDS) {
      this.#unknown(field, background.cause, others);
    }
  }

  #unknown(field: Field, cause: Cause, times: number): void {
    const count = this.fields[field];
    count.unknown += times;
    if (times > 0) {
      count.causes[cause] = (count.causes[cause] ?? 0) + times;
    }
  }

  #entry(
    index: number,
    slot: Slot,
    dump: HtabDump,
    i: number,
    isa3: boolean,
    at: { readonly file: string; readonly before: number },
  ): void {
    this.entries++;
    const { states } = slot;
    if (states === ANY && i < 0) {
      for (const field of FIELDS) {
        this.#unknown(field, slot.cause, 1);
      }
      return;
    }
    const seen = i < 0 ? null : wordsOf(dump, i, isa3);
    const seenState = seen?.state ?? FREE;
    const single = states === FREE || states === VALID || states === ABSENT;
    const excluded = (states & seenState) === 0;
    const hex = (value: bigint | undefined): string => (value === undefined ? '-' : `0x${value.toString(16)}`);
    const tell = (field: Field, expected: string, was: string) => (): WrongField => ({
      file: at.file,
      before: at.before,
      index,
      field,
      expected,
      seen: was,
    });
    this.#count(
      'state',
      single || excluded,
      !excluded,
      slot.cause,
      tell('state', stateText(states), stateText(seenState)),
    );
    const compare = (field: Field, known: bigint | undefined, was: bigint | undefined, cause: Cause): void =>
      this.#count(
        field,
        !excluded && seen !== null && known !== undefined && (states & FREE) === 0,
        known === was,
        (states & FREE) === 0 ? cause : slot.cause,
        tell(field, hex(known), hex(was)),
      );
    const dword0 = slot.v === undefined || !single ? undefined : slot.v | (states === VALID ? V_VALID : V_ABSENT);
    compare('dword0', dword0, seen?.dword0, slot.v === undefined ? slot.idCause : slot.cause);
    compare('guest', slot.guest, seen?.guest, slot.idCause);
    compare('frame', slot.frame, seen?.frame, slot.frameCause);
    compare('rc', slot.rc, seen?.rc, slot.rcCause);
  }
}

function stateText(states: number): string {
  const names = [
    ...((states & FREE) !== 0 ? ['free'] : []),
    ...((states & VALID) !== 0 ? ['valid'] : []),
    ...((states & ABSENT) !== 0 ? ['absent'] : []),
  ];
  return names.join(' or ');
}

/** What an entry of a dump says, in the terms of the knowledge plane. */
export interface SeenEntry {
  readonly state: number;
  /** older layout, without the lock */
  readonly dword0: bigint;
  readonly v: bigint;
  readonly guest: bigint;
  readonly frame: bigint | undefined;
  readonly rc: bigint;
}

/** The words of a dump's entry number `i`. */
export function wordsOf(dump: HtabDump, i: number, isa3: boolean): SeenEntry {
  const { v: raw, r, guest: view } = dump.entry(i);
  const dword0 = dword0FromTable(raw, r, isa3);
  const guest = guestOf(view);
  const v = identityOf(dword0, isa3);
  const state = (dword0 & V_VALID) !== 0n ? VALID : (dword0 & V_ABSENT) !== 0n ? ABSENT : FREE;
  return { state, dword0, v, guest, frame: frameOf(v, r, guest, isa3), rc: r & RC };
}
