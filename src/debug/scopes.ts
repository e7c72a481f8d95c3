// The scopes of a stopped run: each is a thing, made anew from the state at the moment at which it is asked for.

import { EVENTS, type Event, type EventOf, eventFields, eventText, UNKNOWN_INDEX } from '../model/events';
import type { DoubtName } from '../model/log';
import { hpteView } from '../model/machine';
import { PLANE_NAMES } from '../model/place';
import type { Vm } from '../model/vm';
import type { FrameAt, Run, Write } from '../timeline/run';
import { dword0, dword1, statusWord } from './decode';
import { faultedGfn, type Subject, subjectOf } from './subject';
import { guestPageThing, hostPageThing, hpteThing, notifierThing, searchThing, slotThing, vcpuThing } from './things';
import { hex, list, type Thing, thing, type Value } from './values';

/** A scope: its title and how it is made. `make` is called with the state at any moment and answers undefined where it is empty. */
export interface ScopeOf {
  readonly title: string;
  readonly hint?: 'locals' | 'registers';
  make(): Thing | undefined;
}

/** A fact of an event as a value. */
export function eventThing(event: Event): Thing {
  const { fields, fn, title } = EVENTS[event.kind];
  const known: readonly (readonly [string, unknown])[] = Object.entries(event).filter(([name]) => name !== 'kind');
  const value = (name: string, raw: unknown): Value =>
    typeof raw === 'bigint' || typeof raw === 'boolean' || typeof raw === 'number'
      ? fieldOf(fields, name) === 'status' && typeof raw === 'number'
        ? BigInt(raw)
        : raw
      : String(raw);
  return thing('event', eventText(event), {
    kind: () => event.kind,
    title: () => title,
    function: () => fn,
    ...Object.fromEntries(known.map(([name, raw]) => [name, () => value(name, raw)])),
  });
}

function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Event fields in one line, for exception details. */
export function eventDetails(event: Event): string {
  return eventFields(event)
    .map(([name, text]) => `${name}: ${text}`)
    .join('\n');
}

/** "HPTE dword 0 [0x918]". */
export function placeName(run: Run, { place }: Write): string {
  const plane = PLANE_NAMES[place.plane] ?? `plane ${place.plane}`;
  const { slots, vmas } = run.vm.state;
  const slot = slots.find(({ rmap, dirty }) => rmap.owner === place.owner || dirty.owner === place.owner);
  const vma = vmas.find(({ ptes }) => ptes.owner === place.owner);
  const at =
    slot !== undefined
      ? `slot ${slot.id}, ${hex(place.index)}`
      : vma !== undefined
        ? `hva ${hex(vma.hva)}, ${hex(place.index)}`
        : hex(place.index);
  return `${plane} [${at}]`;
}

/** What the current moment is. */
function momentThing(run: Run, moment: number, actor: string): Thing {
  const innermost = run.frames(moment)[0];
  const source = run.source(moment);
  const events = run.events(moment).map(eventThing);
  const writes = run.writes(moment);
  const items = writes.map((write) =>
    thing('write', `${hex(write.before)} → ${hex(write.after)}`, {
      before: () => write.before,
      after: () => write.after,
    }),
  );
  const step = innermost === undefined ? source.text : innermost.text;
  return thing('moment', `${moment + 1} of ${run.length}`, {
    number: () => moment + 1,
    actor: () => actor,
    step: () => step,
    ...(innermost === undefined ? {} : { function: () => innermost.path.fn }),
    statement: () => source.text,
    ...(source.time === undefined ? {} : { time: () => seconds(source.time ?? 0n) }),
    events: () => list('events', events.length === 0 ? 'none' : events.map(({ text }) => text).join('; '), events),
    writes: () =>
      list('writes', writes.length === 0 ? 'none' : `${writes.length}`, items, (i) =>
        writes[i] === undefined ? '' : placeName(run, writes[i]),
      ),
    ...knowledge(run, moment),
    ...(run.notes.length === 0 ? {} : { notes: () => list('notes', run.notes.join('; '), [...run.notes]) }),
  });
}

/** What the kernel path of a moment was told without its being known, and when the table was observed last. */
function knowledge(run: Run, moment: number): Record<string, () => Value> {
  if (run.kind === 'scenario') return {};
  const doubts = run.doubts(moment).map((name) => DOUBT_TEXTS[name]);
  const dump = run.lastDump(moment);
  return {
    table: () => (dump === null ? 'no dump so far' : `last dumped in ${dump.file}`),
    ...(doubts.length > 0 && { notKnown: () => doubts.join('; ') }),
  };
}

/** What a kernel path does not know about its inputs, in words. */
const DOUBT_TEXTS: Readonly<Record<DoubtName, string>> = {
  frame: 'the host frame',
  rights: 'whether the host page is writable',
  rc: 'R and C',
  ring: 'what else is on the ring, and in which order',
  seq: "the notifier's sequence number",
  host: 'whether the host has the page',
  assumed: 'what is only assumed of the entries it worked on',
};

/** Nanoseconds on a trace's clock as "12.345678901 s". */
function seconds(time: bigint): string {
  return `${time / 1_000_000_000n}.${(time % 1_000_000_000n).toString().padStart(9, '0')} s`;
}

/** Arguments and values of a kernel path. */
function localsThing(run: Run, { frame, path }: FrameAt, moment: number): Thing {
  const fields: Record<string, () => Value | undefined> = {};
  for (const [name, value] of run.args(frame)) fields[name] = () => value;
  for (const [name, value] of run.locals(frame, moment))
    fields[fields[name] === undefined ? name : `${name} (now)`] = () => value;
  return thing('locals', path.fn, fields);
}

/** Scopes at the moment at which the run stands. */
export function scopesAt(
  run: Run,
  labels: ReadonlyMap<string, number>,
  actor: string,
  frame: { readonly at: FrameAt; readonly moment: number } | undefined,
): ScopeOf[] {
  const { vm } = run;
  const moment = run.position;
  const subject = subjectOf(run, moment, labels);
  const scopes: ScopeOf[] = [];
  if (frame !== undefined) {
    scopes.push({
      title: 'Locals',
      hint: 'locals',
      make: () => localsThing(run, frame.at, Math.min(frame.moment, run.position)),
    });
  }
  scopes.push({ title: 'Moment', make: () => momentThing(run, moment, actor) });
  const { ea, index } = subject;
  if (run.kind !== 'scenario') return [...scopes, ...observedScopes(run, subject)];
  if (ea !== undefined) {
    scopes.push({ title: 'Fault', make: () => searchThing(vm, subject.vcpu, ea, subject.segment, subject.status) });
  }
  if (index !== undefined) scopes.push({ title: 'HPTE', make: () => hpteThing(vm, index) });
  const gfn = pageOf(run, subject);
  if (gfn !== undefined) scopes.push({ title: 'Memslot and rmap', make: () => guestPageThing(vm, gfn) });
  const hva = subject.hva ?? hvaOf(run, gfn);
  if (hva !== undefined) scopes.push({ title: 'Host page', make: () => hostPageThing(vm, Number(hva)) });
  scopes.push({ title: `vCPU ${subject.vcpu}`, hint: 'registers', make: () => vcpuThing(vm, subject.vcpu) });
  scopes.push({ title: 'Notifier', make: () => notifierThing(vm) });
  return scopes;
}

/** The page fault that a statement of a trace tells, wherever in the statement the run stands. */
function faultOf(run: Run, moment: number): EventOf<'fault.enter'> | undefined {
  const source = run.sourceNumber(moment);
  for (let m = run.momentOfSource(source); m >= 0 && m < run.length && run.sourceNumber(m) === source; m++) {
    const fault = run.events(m).find((event) => event.kind === 'fault.enter');
    if (fault?.kind === 'fault.enter') return fault;
  }
  return undefined;
}

/** What a trace and its dumps tell: neither registers, nor rings, nor host pages, nor the notifier's counters. */
function observedScopes(run: Run, subject: Subject): ScopeOf[] {
  const { vm, position } = run;
  const scopes: ScopeOf[] = [];
  const fault = faultOf(run, position);
  const index = subject.index ?? (fault?.index === UNKNOWN_INDEX ? undefined : fault?.index);
  const gfn = subject.gfn ?? (fault === undefined ? undefined : faultedGfn(vm, fault));
  if (fault !== undefined) {
    const { ea, dsisr, v, r, guest } = fault;
    const fields = {
      ea: () => ea,
      dsisr: () => statusWord(BigInt(dsisr)),
      v: () => dword0(v),
      r: () => dword1(r, false),
      guest: () => dword1(guest, true),
    };
    scopes.push({ title: 'Fault', make: () => thing('fault', eventText(fault), fields) });
  }
  if (index !== undefined) scopes.push({ title: 'HPTE', make: () => hpteThing(vm, index) });
  if (gfn !== undefined && vm.state.slotOfGfn(Number(gfn)) !== null)
    scopes.push({ title: 'Guest page', make: () => observedPageThing(vm, gfn) });
  return scopes;
}

/** What a trace tells of a guest page; undefined outside the memslots. */
export function observedPageThing(vm: Vm, gfn: bigint): Thing | undefined {
  const slot = vm.state.slotOfGfn(Number(gfn));
  if (slot === null) return undefined;
  return thing(
    'page',
    `gfn ${hex(gfn)}`,
    {
      gfn: () => gfn,
      gpa: () => gfn << BigInt(vm.pageShift),
      hva: () => BigInt(slot.hva + (Number(gfn) - slot.baseGfn) * vm.page),
      memslot: () => slotThing(vm, slot),
    },
    { number: gfn, data: `page:${hex(gfn)}`, expression: `page(gfn ${hex(gfn)})` },
  );
}

/** The guest page that a moment is about: the one it names, else its HPTE's. */
function pageOf(run: Run, { gfn, index }: Subject): bigint | undefined {
  if (gfn !== undefined && run.vm.state.slotOfGfn(Number(gfn)) !== null) return gfn;
  if (index === undefined) return undefined;
  const view = hpteView(run.vm, Number(index));
  const known = view.state !== 'free' || view.guestRpte !== 0n;
  return known && run.vm.state.slotOfGfn(view.gfn) !== null ? BigInt(view.gfn) : undefined;
}

function hvaOf(run: Run, gfn: bigint | undefined): bigint | undefined {
  const slot = gfn === undefined ? null : run.vm.state.slotOfGfn(Number(gfn));
  return slot === null || gfn === undefined ? undefined : BigInt(slot.hva + (Number(gfn) - slot.baseGfn) * run.vm.page);
}
