// Works expressions out at the run's current moment. Nothing is changed; "unknown" (an absent field, an address without a
// page) spreads through arithmetic and is never equal to anything.

import { EVENT_NAMES, EVENTS, type Event } from '../model/events';
import { upTo } from '../timeline/column';
import type { Run } from '../timeline/run';
import { changesOf, type DataPoint, dataPoint, lastChangeOf } from './dataPoints';
import { type BinaryOperator, type Expression, ExpressionError, MASK64, type Unit } from './expression';
import { FUNCTIONS, NAMES } from './names';
import { eventThing } from './scopes';
import { vcpuAt } from './stack';
import { type Subject, subjectOf } from './subject';
import {
  guestPageThing,
  hostPageThing,
  hpteThing,
  notifierThing,
  ptegThing,
  searchThing,
  slotThing,
  vcpuThing,
} from './things';
import { hex, isThing, list, show, type Thing, thing, type Value } from './values';
import { oneBefore } from './variables';

/** What an expression is about: a run at its current moment, and in a condition the event at hand. */
export interface Scope {
  readonly run: Run;
  readonly labels: ReadonlyMap<string, number>;
  readonly actor: string;
  readonly event?: Event;
}

/** A number with what it counts: `gfn 0x10`. */
class Tagged {
  constructor(
    readonly unit: Unit,
    readonly value: bigint,
  ) {}
}

type Argument = Value | Tagged | undefined;

/** Works an expression out. @returns undefined for "unknown". Throws an ExpressionError at the part that makes no sense. */
export function evaluate(expression: Expression, scope: Scope): Value | undefined {
  return new Evaluation(scope).value(expression);
}

/** Whether a condition holds; unknown does not. */
export function holds(expression: Expression, scope: Scope): boolean {
  return truth(evaluate(expression, scope));
}

function truth(value: Value | undefined): boolean {
  switch (typeof value) {
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'object':
      return true;
    default:
      return false;
  }
}

/** "hpte.absent" of a name and its fields; undefined when the expression is something else. */
function dotted(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind === 'string') return expression.value;
  if (expression.kind !== 'field') return undefined;
  const of = dotted(expression.of);
  return of === undefined ? undefined : `${of}.${expression.name}`;
}

class Evaluation {
  private known: Subject | undefined;

  constructor(private readonly scope: Scope) {}

  private get run(): Run {
    return this.scope.run;
  }

  private get subject(): Subject {
    this.known ??= subjectOf(this.run, this.run.position, this.scope.labels);
    return this.known;
  }

  value(expression: Expression): Value | undefined {
    const value = this.argument(expression);
    return value instanceof Tagged ? value.value : value;
  }

  private argument(e: Expression): Argument {
    switch (e.kind) {
      case 'number':
      case 'string':
        return e.value;
      case 'name':
        return this.name(e.name, e);
      case 'unit': {
        const of = this.number(e.of);
        return of === undefined ? undefined : new Tagged(e.unit, of);
      }
      case 'field':
        return this.field(e.of, e.name, e);
      case 'index':
        return this.index(e.of, e.index, e);
      case 'call':
        return this.call(e.name, e.args, e);
      case 'unary':
        return this.unary(e.operator, e.of);
      case 'binary':
        return this.binary(e.operator, e.left, e.right, e);
      case 'in':
        return this.within(e.of, e.from, e.to);
    }
  }

  private number(e: Expression): bigint | undefined {
    const value = this.value(e);
    return value === undefined ? undefined : numeric(value, e);
  }

  // ---- names --------------------------------------------------------------------------------------------------------

  private name(name: string, e: Expression): Value | undefined {
    if (name === 'true') return true;
    if (name === 'false') return false;
    const { event, labels } = this.scope;
    if (event !== undefined && fieldNames.has(name) && !ownNames.has(name)) {
      const field = eventThing(event).get(name);
      if (field !== undefined) return field;
    }
    const label = labels.get(name);
    if (label !== undefined) return this.hpteAt(BigInt(label));
    if (Object.hasOwn(NAMES, name)) return this.namedValue(name as keyof typeof NAMES);
    const local = this.locals().get(name);
    if (local !== undefined) return local;
    const field = this.eventThing()?.get(name);
    if (field !== undefined) return field;
    if (event !== undefined && fieldNames.has(name)) return undefined;
    throw new ExpressionError(`there is no "${name}" here: a label, a name or a function`, e.at, name.length);
  }

  private namedValue(name: keyof typeof NAMES): Value | undefined {
    const { run, subject } = this;
    const { vm, position } = run;
    switch (name) {
      case 'moment':
        return position + 1;
      case 'actor':
        return this.scope.actor;
      case 'vcpu':
        return vcpuThing(vm, vcpuAt(run, position));
      case 'function':
        return run.frames(position)[0]?.path.fn ?? this.eventThing()?.get('function');
      case 'line':
        return run.source(position).line + 1;
      case 'time':
        return run.source(position).time;
      case 'event':
        return this.eventThing();
      case 'hpte':
      case 'new':
        return subject.index === undefined ? undefined : this.hpteAt(subject.index);
      case 'old': {
        const { index } = subject;
        return index === undefined ? undefined : oneBefore(run, () => this.frozen(this.hpteAt(index)));
      }
      case 'page':
        return this.pageOf(subject);
      case 'fault':
        return subject.ea === undefined
          ? undefined
          : searchThing(vm, subject.vcpu, subject.ea, subject.segment, subject.status);
      case 'local':
        return this.localThing();
      case 'notifier':
        return notifierThing(vm);
      case 'seq':
        return notifierThing(vm).get('seq');
    }
  }

  /** A thing whose fields are read now, and stay as they are when the run moves. */
  private frozen(value: Thing | undefined): Thing | undefined {
    if (value === undefined) return undefined;
    return thing(
      value.kind,
      value.text,
      Object.fromEntries(value.names.map((name) => [name, fixed(value.get(name))])),
      {
        ...(value.number === undefined ? {} : { number: value.number }),
      },
    );
  }

  private eventThing(): Thing | undefined {
    const event = this.scope.event ?? this.run.events(this.run.position)[0];
    return event === undefined ? undefined : eventThing(event);
  }

  private locals(): Map<string, bigint> {
    const innermost = this.run.frames(this.run.position)[0];
    if (innermost === undefined) return new Map();
    const { frame } = innermost;
    const args = frame.path.args.map((name, i): [string, bigint] => [name, frame.args[i] ?? 0n]);
    return new Map<string, bigint>([...args, ...this.run.locals(frame, this.run.position)]);
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

  private pageOf({ gfn, index }: Subject): Thing | undefined {
    if (gfn !== undefined) return guestPageThing(this.run.vm, gfn);
    const own = index === undefined ? undefined : this.hpteAt(index)?.get('gfn');
    return typeof own === 'bigint' ? guestPageThing(this.run.vm, own) : undefined;
  }

  private hpteAt(index: bigint): Thing | undefined {
    return hpteThing(this.run.vm, index);
  }

  // ---- fields, items ------------------------------------------------------------------------------------------------

  private field(of: Expression, name: string, e: Expression): Value | undefined {
    const value = this.value(of);
    if (value === undefined) return undefined;
    if (!isThing(value)) throw new ExpressionError(`${show(value).slice(0, 60)} has no fields`, e.at, e.end - e.at);
    if (value.names.includes(name)) return value.get(name);
    const known = value.names.length === 0 ? 'none' : value.names.join(', ');
    throw new ExpressionError(`no field "${name}"; there are ${known}`, e.end - name.length, name.length);
  }

  private index(of: Expression, index: Expression, e: Expression): Value | undefined {
    const at = this.number(index);
    if (of.kind === 'name' && !this.scope.labels.has(of.name)) {
      if (of.name === 'hpte' || of.name === 'pteg' || of.name === 'vcpu') return this.call(of.name, [index], e);
    }
    const value = this.value(of);
    if (value === undefined || at === undefined) return undefined;
    if (!isThing(value) || value.items === undefined)
      throw new ExpressionError(`${show(value).slice(0, 60)} is no list`, of.at, of.end - of.at);
    return at < 0n || at >= BigInt(value.items.count) ? undefined : value.items.at(Number(at));
  }

  // ---- functions ----------------------------------------------------------------------------------------------------

  private call(name: string, args: readonly Expression[], e: Expression): Value | undefined {
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new ExpressionError(
        `there is no function "${name}"; there are ${Object.keys(FUNCTIONS).join(', ')}`,
        e.at,
        name.length,
      );
    }
    const { vm } = this.run;
    const [first, second] = args;
    const want = FUNCTIONS[name as keyof typeof FUNCTIONS].call;
    if (first === undefined || args.length > (name === 'rmap' ? 2 : 1)) {
      throw new ExpressionError(`expected ${want}`, e.at, e.end - e.at);
    }
    switch (name as keyof typeof FUNCTIONS) {
      case 'hpte':
        return this.mapped(first, (index) => hpteThing(vm, index));
      case 'pteg':
        return this.mapped(first, (pteg) => ptegThing(vm, pteg));
      case 'vcpu':
        return this.mapped(first, (vcpu) => (vcpu < 0n || vcpu > 4095n ? undefined : vcpuThing(vm, Number(vcpu))));
      case 'hash':
        return this.mapped(first, (ea) => searchThing(vm, this.subject.vcpu, ea & MASK64));
      case 'page':
        return this.mappedPage(first, (gfn) => guestPageThing(vm, gfn));
      case 'rmap':
        return second === undefined ? this.rmap(undefined, first) : this.rmap(first, second);
      case 'ring':
        return this.mappedPage(first, (gfn) => guestPageThing(vm, gfn)?.get('ring'));
      case 'slot':
        return this.slot(first);
      case 'host':
        return this.host(first);
      case 'count':
        return this.count(first);
      case 'changes':
        return this.changes(first);
      case 'why':
        return this.why(first);
    }
  }

  private mapped<T>(e: Expression, make: (value: bigint) => T): T | undefined {
    const value = this.number(e);
    return value === undefined ? undefined : make(value);
  }

  /** Guest frame of an argument: gfn N, gpa N, hva N, an HPTE, a guest page, or a bare number, which is a gfn. */
  private gfnOf(e: Expression): bigint | undefined {
    const value = this.argument(e);
    const { vm } = this.run;
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
    return this.number(e);
  }

  private mappedPage<T>(e: Expression, make: (gfn: bigint) => T): T | undefined {
    const gfn = this.gfnOf(e);
    return gfn === undefined || gfn < 0n || gfn > 0xfffffffffffffn ? undefined : make(gfn);
  }

  private rmap(slot: Expression | undefined, page: Expression): Value | undefined {
    const { vm } = this.run;
    const id = slot === undefined ? undefined : this.number(slot);
    if (slot !== undefined && id === undefined) return undefined;
    const inSlot = id === undefined ? undefined : (vm.state.slotOfId(Number(id)) ?? undefined);
    if (id !== undefined && inSlot === undefined) return undefined;
    return this.mappedPage(page, (gfn) => guestPageThing(vm, gfn, inSlot)?.get('rmap'));
  }

  private slot(e: Expression): Value | undefined {
    const { vm } = this.run;
    const value = this.argument(e);
    if (typeof value === 'bigint' || typeof value === 'number') {
      const slot = vm.state.slotOfId(Number(value));
      return slot === null ? undefined : slotThing(vm, slot);
    }
    return this.mappedPage(e, (gfn) => guestPageThing(vm, gfn)?.get('memslot'));
  }

  private host(e: Expression): Value | undefined {
    const value = this.argument(e);
    if (value instanceof Tagged && value.unit === 'hva') return hostPageThing(this.run.vm, Number(value.value));
    return this.mappedPage(e, (gfn) => guestPageThing(this.run.vm, gfn)?.get('host'));
  }

  private count(e: Expression): number {
    const kind = dotted(e);
    const wanted = EVENT_NAMES.filter((name) => name === kind || (kind !== undefined && name.startsWith(`${kind}.`)));
    if (wanted.length === 0)
      throw new ExpressionError('expected an event kind, such as hpte.absent', e.at, e.end - e.at);
    return wanted.reduce((count, kind) => count + this.run.countOf(kind, this.run.position), 0);
  }

  private dataPoint(e: Expression): DataPoint | undefined {
    const value = this.value(e);
    if (value === undefined) return undefined;
    const point = isThing(value) && value.data !== undefined ? dataPoint(this.run.vm, value.data) : undefined;
    if (point === undefined)
      throw new ExpressionError('expected an HPTE, PTEG, guest page or rmap word', e.at, e.end - e.at);
    return point;
  }

  private changes(e: Expression): number | undefined {
    const point = this.dataPoint(e);
    return point === undefined ? undefined : upTo(changesOf(this.run, point), this.run.position);
  }

  private why(e: Expression): Value | undefined {
    const point = this.dataPoint(e);
    const moment = point === undefined ? -1 : lastChangeOf(this.run, point, this.run.position);
    if (moment < 0) return undefined;
    const { run } = this;
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

  // ---- operators ----------------------------------------------------------------------------------------------------

  private unary(operator: '!' | '-' | '~', of: Expression): Value | undefined {
    if (operator === '!') {
      const value = this.value(of);
      return value === undefined ? undefined : !truth(value);
    }
    const value = this.number(of);
    return value === undefined ? undefined : operator === '-' ? wrapped(-value) : BigInt.asUintN(64, ~value);
  }

  private within(of: Expression, from: Expression, to: Expression): boolean | undefined {
    const value = this.number(of);
    const low = this.number(from);
    const high = this.number(to);
    return value === undefined || low === undefined || high === undefined ? undefined : value >= low && value <= high;
  }

  private binary(operator: BinaryOperator, left: Expression, right: Expression, e: Expression): Value | undefined {
    if (operator === '&&') return truth(this.value(left)) && truth(this.value(right));
    if (operator === '||') return truth(this.value(left)) || truth(this.value(right));
    if (operator === '==' || operator === '!=') {
      const same = this.same(left, right);
      return same === undefined ? undefined : same === (operator === '==');
    }
    const a = this.number(left);
    const b = this.number(right);
    return a === undefined || b === undefined ? undefined : arithmetic(operator, a, b, e);
  }

  /** Whether two values are equal; a bare name beside a string is that string: why == seq. */
  private same(left: Expression, right: Expression): boolean | undefined {
    const l = this.attempt(left);
    const r = this.attempt(right);
    const a = typeof r === 'string' && typeof l !== 'string' ? (bareWord(left) ?? l) : l;
    const b = typeof l === 'string' && typeof r !== 'string' ? (bareWord(right) ?? r) : r;
    if (a instanceof ExpressionError) throw a;
    if (b instanceof ExpressionError) throw b;
    if (a === undefined || b === undefined) return undefined;
    if (typeof a === 'boolean' || typeof b === 'boolean') return truth(a) === truth(b);
    if (typeof a === 'string' || typeof b === 'string') return show(a) === show(b);
    return numeric(a, left) === numeric(b, right);
  }

  private attempt(e: Expression): Value | undefined | ExpressionError {
    try {
      return this.value(e);
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
  }
}

/** The text of a name that is not quoted. */
function bareWord(e: Expression): string | undefined {
  return e.kind === 'name' || e.kind === 'field' ? dotted(e) : undefined;
}

/** The number that a value stands for. */
function numeric(value: Value, e: Expression): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'object' && value.number !== undefined) return value.number;
  throw new ExpressionError(`expected a number, got ${show(value).slice(0, 60)}`, e.at, e.end - e.at);
}

/** Names that fields of any event have: unknown, not a mistake, where the event at hand has none of that name. */
const fieldNames: ReadonlySet<string> = new Set(Object.values(EVENTS).flatMap(({ fields }) => Object.keys(fields)));

/** Names of ours that an event's field of the same name does not hide; event.old is the field. */
const ownNames: ReadonlySet<string> = new Set(['old', 'new']);

function fixed(value: Value | undefined): () => Value | undefined {
  return () => value;
}

/** A result kept within 64 bits, signed or not. */
function wrapped(value: bigint): bigint {
  return value >= -(1n << 63n) && value <= MASK64 ? value : BigInt.asUintN(64, value);
}

function arithmetic(operator: BinaryOperator, a: bigint, b: bigint, e: Expression): Value {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '|':
      return BigInt.asUintN(64, a | b);
    case '^':
      return BigInt.asUintN(64, a ^ b);
    case '&':
      return BigInt.asUintN(64, a & b);
    case '<<':
      return b > 63n || b < 0n ? 0n : BigInt.asUintN(64, a << b);
    case '>>':
      return b > 63n || b < 0n ? 0n : BigInt.asUintN(64, a) >> b;
    case '+':
      return wrapped(a + b);
    case '-':
      return wrapped(a - b);
    case '*':
      return wrapped(a * b);
    case '/':
    case '%':
      if (b === 0n) throw new ExpressionError('division by zero', e.at, e.end - e.at);
      return operator === '/' ? a / b : a % b;
    default:
      throw new ExpressionError(`"${operator}" has no meaning for ${hex(a)} and ${hex(b)}`, e.at, e.end - e.at);
  }
}
