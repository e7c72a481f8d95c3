// Looks at the invariants after each statement, and puts what is newly broken into the journal as events.

import { eventCode } from '../model/events';
import { checkHarvest, checkInvariants, invariantNumber } from '../model/invariants';
import type { Log } from '../model/log';
import type { Vm } from '../model/vm';

const BROKEN = eventCode('invariant.broken');
/** Looking costs time in proportion to the entries in use; a run of very many statements is looked at only now and then. */
const EVERY_STATEMENT = 2000;
const THEN_EVERY = 500;

export class InvariantWatch {
  readonly #vm: Vm;
  #statements = 0;
  /** End of the journal when it was last looked at. */
  #seen = 0;
  /** What is broken already and was told. */
  #known: ReadonlySet<string> = new Set();

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  look(log: Log, always: boolean): void {
    this.#statements++;
    if (!always && this.#statements > EVERY_STATEMENT && this.#statements % THEN_EVERY !== 0) return;
    const now = new Set<string>();
    const harvest = checkHarvest(this.#vm, log, this.#seen, log.end);
    for (const { invariant, index } of [...checkInvariants(this.#vm), ...harvest]) {
      const key = `${invariant} ${index}`;
      now.add(key);
      if (!this.#known.has(key)) log.event(BROKEN).u32(invariantNumber(invariant)).num(index);
    }
    this.#known = now;
    this.#seen = log.end;
  }
}
