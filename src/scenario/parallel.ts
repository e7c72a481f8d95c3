// The order in which the actors of a parallel block run.

import type { Statement, Turn } from './ast';
import type { Ended } from './ended';
import { fieldOf, isGuest } from './evaluate';

export interface Actor {
  readonly name: string;
  readonly vcpu: number;
  readonly statements: readonly Statement[];
  next: number;
  /** Point at which its turn ends. */
  until: string | undefined;
  /** It has come to a point and others are at work. */
  waiting: boolean;
}

/**
 * The actors of a parallel block, in the order that is given: each turn lasts until the actor is done or comes to the point
 * named. A turn that ends at a point ends inside a kernel path; the turns up to the actor's next one run from there.
 */
export class ParallelRun {
  readonly #actors: Actor[];
  readonly #turns: Turn[];
  readonly #doStatement: (statement: Statement, actor: Actor, atPoint: (point: string) => void) => void;
  #problem: string | undefined;

  constructor(
    block: Statement,
    doStatement: (statement: Statement, actor: Actor, atPoint: (point: string) => void) => void,
    vcpus: number,
  ) {
    this.#doStatement = doStatement;
    let guests = 0;
    this.#actors = block.body.map((actor, at) => ({
      name: actor.label?.text ?? `actor ${at}`,
      // Each actor that is a guest's has a vCPU of its own.
      vcpu: isGuest(actor) ? guests++ % vcpus : 0,
      statements: actor.body,
      next: 0,
      until: undefined,
      waiting: false,
    }));
    const order = fieldOf(block, 'order')?.value;
    this.#turns = order?.kind === 'turns' ? [...order.turns] : [];
  }

  run(): Ended {
    this.#takeTurns(undefined);
    for (const actor of this.#actors) this.#goOn(actor, undefined);
    return this.#problem === undefined ? { outcome: 'ok' } : { outcome: 'impossible', problem: this.#problem };
  }

  /** Takes turns until it is the turn of the actor that waits here; it keeps that turn. */
  #takeTurns(waiting: Actor | undefined): void {
    for (let turn = this.#turns[0]; turn !== undefined; turn = this.#turns[0]) {
      const name = turn.actor.text;
      const actor = this.#actors.find((one) => one.name === name);
      this.#turns.shift();
      if (actor === undefined) continue;
      if (actor === waiting) {
        actor.until = turn.until?.text;
        return;
      }
      if (actor.waiting)
        this.#problem ??= `${name} waits inside a kernel path, with another actor's path begun after it: in this order it cannot go on`;
      else this.#goOn(actor, turn.until?.text);
    }
  }

  #goOn(actor: Actor, until: string | undefined): void {
    actor.until = until;
    for (
      let statement = actor.statements[actor.next];
      statement !== undefined;
      statement = actor.statements[actor.next]
    ) {
      actor.next++;
      this.#doStatement(statement, actor, (point) => this.#atPoint(actor, point));
    }
  }

  #atPoint(actor: Actor, point: string): void {
    if (actor.until !== point) return;
    actor.until = undefined;
    actor.waiting = true;
    this.#takeTurns(actor);
    actor.waiting = false;
  }
}
