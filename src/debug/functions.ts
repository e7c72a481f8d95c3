// The functions of expressions.

import { EVENT_NAMES } from '../model/events';
import { upTo } from '../timeline/column';
import type { Run } from '../timeline/run';
import { type DataPoint, dataPoint, lastChangeOf } from './dataPoints';
import { dotted, type Expression, ExpressionError, MASK64 } from './expression';
import { COUNTED, FUNCTIONS, type FunctionName } from './names';
import type { Scene } from './scene';
import { eventThing } from './scopes';
import { guestPageThing, hostPageThing, hpteThing, ptegThing, searchThing, slotThing } from './things';
import { isThing, list, show, Tagged, type Thing, thing, type Value } from './values';
import { oneBefore } from './variables';

/** What works out the arguments of a function. */
export interface Arguments {
  readonly scene: Scene;
  value(e: Expression): Value | undefined;
  /** a value with its unit where one is said */
  argument(e: Expression): Value | Tagged | undefined;
  number(e: Expression): bigint | undefined;
  /** the same, in which everything is found at once */
  atOnce(): Arguments;
}

/** Events gone through between yields. */
const EVENTS_COUNTED = 1 << 9;

/** No more changes than this are gone back through for the last one of a field. */
const MOST_CHANGES = 100;

/** Calls a function. Throws an ExpressionError for one that does not exist or does not take these arguments. */
export function callFunction(
  given: Arguments,
  name: string,
  args: readonly Expression[],
  e: Expression,
): Value | undefined {
  if (!Object.hasOwn(FUNCTIONS, name)) {
    const known = Object.keys(FUNCTIONS).join(', ');
    throw new ExpressionError(`there is no function "${name}"; there are ${known}`, e.at, name.length);
  }
  const { call, most } = FUNCTIONS[name as FunctionName];
  const [first, second] = args;
  if (first === undefined || args.length > most) throw new ExpressionError(`expected ${call}`, e.at, e.end - e.at);
  return new Call(given).make(name as FunctionName, first, second);
}

class Call {
  private readonly scene: Scene;

  constructor(private readonly given: Arguments) {
    this.scene = given.scene;
  }

  make(name: FunctionName, first: Expression, second: Expression | undefined): Value | undefined {
    const { scene } = this;
    const { vm } = scene.run;
    switch (name) {
      case 'hpte':
        return this.mapped(first, (index) => hpteThing(vm, index));
      case 'pteg':
        return this.mapped(first, (pteg) => ptegThing(vm, pteg));
      case 'vcpu':
        return this.mapped(first, (vcpu) => (vcpu < 0n || vcpu > 4095n ? undefined : scene.vcpu(Number(vcpu))));
      case 'hash':
        return scene.knowsMachine
          ? this.mapped(first, (ea) => searchThing(vm, scene.subject.vcpu, ea & MASK64))
          : undefined;
      case 'page':
        return this.mappedPage(first, (gfn) => scene.page(gfn));
      case 'rmap':
        return second === undefined ? this.rmap(undefined, first) : this.rmap(first, second);
      case 'ring':
        return this.mappedPage(first, (gfn) => scene.page(gfn)?.get('ring'));
      case 'slot':
        return this.slot(first);
      case 'host':
        return this.host(first);
      case 'count':
        return this.count(first, second);
      case 'dt':
        return this.sinceLast(first);
      case 'changes':
        return this.changes(first);
      case 'why':
        return this.why(first);
    }
  }

  private mapped<T>(e: Expression, make: (value: bigint) => T): T | undefined {
    const value = this.given.number(e);
    return value === undefined ? undefined : make(value);
  }

  // ---- pages --------------------------------------------------------------------------------------------------------

  /** Guest frame of an argument: gfn N, gpa N, hva N, an HPTE, a guest page, or a bare number, which is a gfn. */
  private gfnOf(e: Expression): bigint | undefined {
    const value = this.given.argument(e);
    const { vm } = this.scene.run;
    if (value === undefined) return undefined;
    if (value instanceof Tagged) {
      if (value.unit === 'gfn') return value.value;
      if (value.unit === 'gpa') return value.value >> BigInt(vm.pageShift);
      if (value.unit === 'ea')
        throw new ExpressionError('expected gfn, gpa or hva: an ea depends on the vCPU', e.at, e.end - e.at);
      const at = Number(value.value);
      const slot = vm.state.slots.find((s) => at >= s.hva && at < s.hva + s.npages * vm.page);
      return slot === undefined ? undefined : BigInt(slot.baseGfn + Math.floor((at - slot.hva) / vm.page));
    }
    if (isThing(value)) {
      const gfn = value.get('gfn');
      if (typeof gfn === 'bigint' || gfn === undefined) return gfn;
    }
    return this.given.number(e);
  }

  private mappedPage<T>(e: Expression, make: (gfn: bigint) => T): T | undefined {
    const gfn = this.gfnOf(e);
    return gfn === undefined || gfn < 0n || gfn > 0xfffffffffffffn ? undefined : make(gfn);
  }

  private rmap(slot: Expression | undefined, page: Expression): Value | undefined {
    const { vm } = this.scene.run;
    const id = slot === undefined ? undefined : this.given.number(slot);
    if (slot !== undefined && id === undefined) return undefined;
    const inSlot = id === undefined ? undefined : (vm.state.slotOfId(Number(id)) ?? undefined);
    if (id !== undefined && inSlot === undefined) return undefined;
    return this.mappedPage(page, (gfn) =>
      this.scene.knowsMachine ? guestPageThing(vm, gfn, inSlot)?.get('rmap') : undefined,
    );
  }

  private slot(e: Expression): Value | undefined {
    const { vm } = this.scene.run;
    const value = this.given.argument(e);
    if (typeof value === 'bigint' || typeof value === 'number') {
      const slot = vm.state.slotOfId(Number(value));
      return slot === null ? undefined : slotThing(vm, slot);
    }
    return this.mappedPage(e, (gfn) => this.scene.page(gfn)?.get('memslot'));
  }

  private host(e: Expression): Value | undefined {
    const value = this.given.argument(e);
    if (!this.scene.knowsMachine) return undefined;
    if (value instanceof Tagged && value.unit === 'hva') return hostPageThing(this.scene.run.vm, Number(value.value));
    return this.mappedPage(e, (gfn) => this.scene.page(gfn)?.get('host'));
  }

  // ---- events -------------------------------------------------------------------------------------------------------

  /** The event kinds that an argument means: one, or all of a group. */
  private kinds(e: Expression): readonly (typeof EVENT_NAMES)[number][] {
    const kind = dotted(e);
    return EVENT_NAMES.filter((name) => name === kind || (kind !== undefined && name.startsWith(`${kind}.`)));
  }

  /** count(KIND), count(gfn): events up to the one at hand; with a duration those of so long before. */
  private count(what: Expression, during: Expression | undefined): number | undefined {
    const span = during === undefined ? undefined : this.given.number(during);
    if (during !== undefined && span === undefined) return undefined;
    const field = what.kind === 'name' ? COUNTED[what.name] : undefined;
    if (field !== undefined) return this.countField(field, what, span);
    const kinds = this.kinds(what);
    if (kinds.length === 0)
      throw new ExpressionError(
        `expected an event kind, such as hpte.absent, or one of ${Object.keys(COUNTED).join(', ')}`,
        what.at,
        what.end - what.at,
      );
    const counts = kinds.map((kind) => {
      const events = this.scene.run.eventsOf(kind);
      const until = upTo(events, this.scene.lastEvent);
      return span === undefined
        ? until
        : this.during(
            kind,
            span,
            until,
            (i) => events[i - 1] ?? -1,
            (i) => i - 1,
          );
    });
    return counts.reduce<number | undefined>(
      (sum, n) => (sum === undefined || n === undefined ? undefined : sum + n),
      0,
    );
  }

  private countField(field: string, e: Expression, span: bigint | undefined): number | undefined {
    const value = this.given.number(e);
    if (value === undefined) return undefined;
    const events = this.scene.eventsBy(field);
    const last = events.lastUpTo(BigInt.asUintN(64, value), this.scene.lastEvent);
    if (last < 0) return 0;
    if (span === undefined) return events.rank(last);
    return this.during(
      `${field} of event ${last}`,
      span,
      last + 1,
      (i) => i - 1,
      (i) => events.before(i - 1) + 1,
    );
  }

  /**
   * How many events lie within a span of time before now; undefined without a clock.
   * @param which events these are
   * @param first where to begin, 0 for nowhere; `eventAt` gives the event there and `before` the place before it
   */
  private during(
    which: string,
    span: bigint,
    first: number,
    eventAt: (place: number) => number,
    before: (place: number) => number,
  ): number | undefined {
    const { run } = this.scene;
    const now = run.source(run.position).time;
    if (now === undefined) return undefined;
    return this.scene.number(`${which}, ${first}, in ${span} ns`, function* () {
      let count = 0;
      for (let place = first; place > 0; place = before(place), count++) {
        const { time } = run.source(run.eventMomentOf(eventAt(place)));
        if (time === undefined || now - time > span) break;
        if (count % EVENTS_COUNTED === EVENTS_COUNTED - 1) yield;
      }
      return count;
    });
  }

  /** dt(KIND): time since the last event of a kind before the one at hand. */
  private sinceLast(what: Expression): bigint | undefined {
    const { run, lastEvent } = this.scene;
    const kinds = this.kinds(what);
    if (kinds.length === 0)
      throw new ExpressionError('expected an event kind, such as fault.enter', what.at, what.end - what.at);
    const now = run.source(run.position).time;
    const last = Math.max(
      ...kinds.map((kind) => {
        const events = run.eventsOf(kind);
        return events[upTo(events, lastEvent - 1) - 1] ?? -1;
      }),
    );
    const then = last < 0 ? undefined : run.source(run.eventMomentOf(last)).time;
    return now === undefined || then === undefined ? undefined : now - then;
  }

  // ---- the past -----------------------------------------------------------------------------------------------------

  private point(value: Value | undefined): DataPoint | undefined {
    return isThing(value) && value.data !== undefined ? dataPoint(this.scene.run.vm, value.data) : undefined;
  }

  private wrong(e: Expression): ExpressionError {
    return new ExpressionError('expected an HPTE, PTEG, guest page or rmap word', e.at, e.end - e.at);
  }

  private changes(e: Expression): number | undefined {
    const value = this.given.value(e);
    if (value === undefined) return undefined;
    const point = this.point(value);
    if (point === undefined) throw this.wrong(e);
    return upTo(this.scene.changesOf(point), this.scene.run.position);
  }

  /** why(a): the last change of a thing; why(a.r.C): of a field of it. */
  private why(e: Expression): Value | undefined {
    const { run } = this.scene;
    const value = this.given.value(e);
    const whole = this.point(value);
    if (whole !== undefined) return this.whyThing(this.lastChangeOf(whole));
    let of = e;
    while (of.kind === 'field') {
      of = of.of;
      const point = this.point(this.given.value(of));
      if (point !== undefined) {
        const changes = this.scene.changesOf(point);
        const end = upTo(changes, run.position);
        const given = this.given.atOnce();
        const moment = this.scene.number(`why, at character ${e.at}`, () => lastToChange(run, given, e, changes, end));
        return this.whyThing(moment ?? -1);
      }
    }
    if (value === undefined) return undefined;
    throw this.wrong(e);
  }

  /** The last moment that changed what is watched; -1 without one. */
  private lastChangeOf(point: DataPoint): number {
    const { run } = this.scene;
    // a page's are looked up among all of them, which are then found in turns
    if (point.gfn !== undefined) this.scene.changesOf(point);
    return lastChangeOf(run, point, run.position);
  }

  private whyThing(moment: number): Thing | undefined {
    if (moment < 0) return undefined;
    const { run } = this.scene;
    const step = run.frames(moment)[0];
    const source = run.source(moment);
    return thing('why', `moment ${moment + 1}: ${step?.text ?? source.text}`, {
      moment: () => moment + 1,
      statement: () => source.text,
      line: () => source.line + 1,
      function: () => step?.path.fn,
      events: () => list('events', `${run.events(moment).length}`, run.events(moment).map(eventThing)),
    });
  }
}

/**
 * The last of the first `count` of some moments at which a field became another one; -1 without one. The run is where it was at every
 * yield and at the end.
 */
function* lastToChange(
  run: Run,
  given: Arguments,
  e: Expression,
  moments: readonly number[],
  count: number,
): Generator<void, number> {
  const text = () => show(given.value(e));
  for (let i = count - 1; i >= 0; i--) {
    const here = run.position;
    if (count - i > MOST_CHANGES)
      throw new ExpressionError(`none of the last ${MOST_CHANGES} changes changed it`, e.at, e.end - e.at);
    try {
      run.seek(moments[i] ?? 0);
      const now = text();
      if (oneBefore(run, text) !== now) return run.position;
    } finally {
      run.seek(here);
    }
    yield;
  }
  return -1;
}
