// What an expression can name at a moment: the event at hand, the labels, and what the moment is about (who, where, what, when). Each
// is worked out when it is asked for.

import { EVENTS, type Event } from '../model/events';
import type { EventChain } from '../timeline/eventChain';
import { generationOf } from '../timeline/generations';
import type { Run } from '../timeline/run';
import { atOnce } from '../timeline/slices';
import { type DataPoint, findChanges } from './dataPoints';
import { segmentWord } from './decode';
import { type Expression, ExpressionError } from './expression';
import { NAMES, type Name } from './names';
import { Pending } from './pending';
import { eventThing, observedPageThing } from './scopes';
import { vcpuAt } from './stack';
import { type Subject, subjectOf } from './subject';
import {
  guestPageThing,
  hostPageThing,
  hpteThing,
  notifierThing,
  ptegThing,
  searchThing,
  segmentOf,
  slotThing,
  vcpuThing,
  vmThing,
} from './things';
import { type Thing, thing, type Value } from './values';
import { oneBefore } from './variables';

/** What an expression is about: a run at its current moment, and in a condition the event at hand. */
export interface Scope {
  readonly run: Run;
  readonly labels: ReadonlyMap<string, number>;
  readonly actor: string;
  readonly event?: Event;
  /** number of that event among the run's */
  readonly number?: number;
  /** where numbers that took long to find are kept, for questions that are asked more than once */
  readonly found?: Found;
  /** What takes long is not found at once: a Pending is thrown instead. */
  readonly givesWay?: boolean;
}

/** Numbers by what they are of: the moment, and what was asked there. */
export type Found = Map<string, number | undefined>;

/** Names that fields of any event have: unknown, not a mistake, where the event at hand has none of that name. */
const fieldNames: ReadonlySet<string> = new Set(Object.values(EVENTS).flatMap(({ fields }) => Object.keys(fields)));

/** Names of ours that an event's field of the same name does not hide; event.old is the field. */
const ownNames: ReadonlySet<string> = new Set(['old', 'new']);

export class Scene {
  /** @param about what the expression is about, when it was worked out at another moment */
  constructor(
    readonly scope: Scope,
    private about?: Subject,
  ) {}

  /** The same, in which everything is found at once; it stays about what it is about when the run is moved. */
  atOnce(): Scene {
    return new Scene({ ...this.scope, givesWay: false }, this.subject);
  }

  get run(): Run {
    return this.scope.run;
  }

  get subject(): Subject {
    this.about ??= subjectOf(this.run, this.run.position, this.scope.labels);
    return this.about;
  }

  /** Whether registers, counters, rings and host pages are known: a trace does not tell them. */
  get knowsMachine(): boolean {
    return this.run.kind === 'scenario';
  }

  /** Number of the last event up to the one at hand, or to the moment. */
  get lastEvent(): number {
    return this.scope.number ?? this.run.eventsUpTo(this.run.position) - 1;
  }

  // ---- what may take long -------------------------------------------------------------------------------------------

  /** What work comes to: at once, or when the scope gives way by a Pending. */
  private now<T>(work: Generator<void, T>): T {
    if (this.scope.givesWay !== true) return atOnce(work);
    const first = work.next();
    if (first.done === true) return first.value;
    throw new Pending(work);
  }

  /** The moments that change what is watched, ascending. */
  changesOf(point: DataPoint): readonly number[] {
    return this.now(findChanges(this.run, point));
  }

  /** The events by the value of a field. */
  eventsBy(field: string): EventChain {
    return this.now(this.run.readingEventsBy(field));
  }

  /** A number that may take long to find. @param what says of what it is, at the current moment */
  number(what: string, find: () => Generator<void, number | undefined>): number | undefined {
    const { run } = this;
    const { found } = this.scope;
    if (found === undefined) return this.now(find());
    const key = `${run.position} of ${run.length}: ${what}`;
    return found.has(key) ? found.get(key) : this.now(kept(found, key, find()));
  }

  // ---- names --------------------------------------------------------------------------------------------------------

  /** The value of a name. Throws an ExpressionError when there is none of that name. */
  named(name: string, e: Expression): Value | undefined {
    if (name === 'true') return true;
    if (name === 'false') return false;
    const { event, labels } = this.scope;
    if (event !== undefined && fieldNames.has(name) && !ownNames.has(name)) {
      const field = eventThing(event).get(name);
      if (field !== undefined) return field;
    }
    const label = labels.get(name);
    if (label !== undefined) return hpteThing(this.run.vm, BigInt(label));
    if (Object.hasOwn(NAMES, name)) return this.known(name as Name);
    const local = this.locals().get(name);
    if (local !== undefined) return local;
    const field = this.eventThing()?.get(name);
    if (field !== undefined) return field;
    if (event !== undefined && fieldNames.has(name)) return undefined;
    throw new ExpressionError(`there is no "${name}" here: a label, a name or a function`, e.at, name.length);
  }

  private known(name: Name): Value | undefined {
    const { run, subject } = this;
    const { vm, position } = run;
    switch (name) {
      case 'moment':
        return position + 1;
      case 'line':
        return run.source(position).line + 1;
      case 'event':
        return this.eventThing();
      case 'local':
        return this.localThing();
      case 'vm':
        return vmThing(vm, run.title);
      case 'actor':
        return this.scope.actor;
      case 'task':
        return this.knowsMachine ? undefined : run.source(position).actor;
      case 'vcpu':
        return this.vcpu(vcpuAt(run, position));
      case 'function':
        return run.frames(position)[0]?.path.fn ?? this.eventThing()?.get('function');
      case 'hpte':
      case 'new':
        return this.hpte();
      case 'old':
        return oneBefore(run, () => frozen(this.hpte()));
      case 'pteg':
        return subject.index === undefined ? undefined : ptegThing(vm, subject.index / 8n);
      case 'generation':
        return generationOf(vm.state);
      case 'page': {
        const gfn = this.gfn();
        return gfn === undefined ? undefined : this.page(gfn);
      }
      case 'gfn':
        return this.gfn();
      case 'slot': {
        const slot = vm.state.slotOfGfn(Number(this.gfn() ?? -1n));
        return slot === null ? undefined : slotThing(vm, slot);
      }
      case 'hva':
        return subject.hva;
      case 'pfn':
        return this.knowsMachine && subject.hva !== undefined
          ? hostPageThing(vm, Number(subject.hva))?.get('pfn')
          : undefined;
      case 'ea':
        return subject.ea;
      case 'vsid':
        return this.vsid();
      case 'dsisr':
        return subject.status;
      case 'fault':
        return this.fault();
      case 'ret':
        return this.eventThing()?.get('ret');
      case 'known':
        return this.certainty();
      case 'time':
        return run.source(position).time;
      case 'dt':
        return this.sinceBefore();
      case 'notifier':
        return this.knowsMachine ? notifierThing(vm) : undefined;
      case 'seq':
        return this.knowsMachine ? notifierThing(vm).get('seq') : undefined;
    }
  }

  // ---- who and where ------------------------------------------------------------------------------------------------

  /** A vCPU; of a trace's only the number is known. */
  vcpu(vcpu: number): Thing | undefined {
    if (this.knowsMachine) return vcpuThing(this.run.vm, vcpu);
    return thing('vcpu', `vCPU ${vcpu}`, {}, { number: BigInt(vcpu) });
  }

  private hpte(): Thing | undefined {
    const { index } = this.subject;
    return index === undefined ? undefined : hpteThing(this.run.vm, index);
  }

  private gfn(): bigint | undefined {
    if (this.subject.gfn !== undefined) return this.subject.gfn;
    const own = this.hpte()?.get('gfn');
    return typeof own === 'bigint' ? own : undefined;
  }

  /** A guest page; of a trace's the rmap word, the ring and the host page are not known. */
  page(gfn: bigint): Thing | undefined {
    return this.knowsMachine ? guestPageThing(this.run.vm, gfn) : observedPageThing(this.run.vm, gfn);
  }

  private vsid(): Value | undefined {
    const { vcpu, ea, segment } = this.subject;
    if (!this.knowsMachine) return undefined;
    const found = segment ?? (ea === undefined ? undefined : segmentOf(this.run.vm, vcpu, ea));
    return found === undefined ? undefined : segmentWord(found).get('vsid');
  }

  private fault(): Thing | undefined {
    const { vcpu, ea, segment, status } = this.subject;
    if (ea === undefined || (segment === undefined && !this.knowsMachine)) return undefined;
    return searchThing(this.run.vm, vcpu, ea, segment, status);
  }

  // ---- what and when ------------------------------------------------------------------------------------------------

  eventThing(): Thing | undefined {
    const event = this.scope.event ?? this.run.events(this.run.position)[0];
    return event === undefined ? undefined : eventThing(event);
  }

  private locals(): Map<string, bigint | undefined> {
    const innermost = this.run.frames(this.run.position)[0];
    if (innermost === undefined) return new Map();
    const { frame } = innermost;
    return new Map<string, bigint | undefined>([...this.run.args(frame), ...this.run.locals(frame, this.run.position)]);
  }

  private localThing(): Thing | undefined {
    const innermost = this.run.frames(this.run.position)[0];
    const locals = this.locals();
    if (innermost === undefined) return undefined;
    return thing(
      'locals',
      innermost.path.fn,
      Object.fromEntries([...locals].map(([name, value]) => [name, () => value])),
    );
  }

  /** How the event at hand is known; without one the state of the HPTE that the moment is about. */
  private certainty(): string | undefined {
    const { index } = this.subject;
    if (this.scope.event !== undefined) return this.run.certaintyOfEvent(this.lastEvent);
    return index === undefined ? undefined : this.run.certaintyOfHpte(Number(index));
  }

  /** Time since the record before on the trace's clock, in nanoseconds. */
  private sinceBefore(): bigint | undefined {
    const { run } = this;
    const source = run.sourceNumber(run.position);
    const now = run.source(run.position).time;
    if (now === undefined) return undefined;
    for (let before = source - 1; before >= 0; before--) {
      const { time } = run.statements.at(before) ?? {};
      if (time !== undefined) return now - time;
    }
    return undefined;
  }
}

/** Finds a number and keeps it. */
function* kept(
  found: Found,
  key: string,
  find: Generator<void, number | undefined>,
): Generator<void, number | undefined> {
  const number = yield* find;
  found.set(key, number);
  return number;
}

/** A thing whose fields are read now, and stay as they are when the run moves. */
function frozen(value: Thing | undefined): Thing | undefined {
  if (value === undefined) return undefined;
  const fields = value.names.map((name): [string, () => Value | undefined] => {
    const now = value.get(name);
    return [name, () => now];
  });
  return thing(
    value.kind,
    value.text,
    Object.fromEntries(fields),
    value.number === undefined ? {} : { number: value.number },
  );
}
