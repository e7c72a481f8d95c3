/**
 * The event vocabulary: every fact a run can report, once. Breakpoint filters, the event list, docs/events.md and the
 * scenario language's `expect` come from this table. An event is written into the journal as its kind and its fields in the
 * order given here; `decodeEvent` reads it back.
 *
 * Field types: index, gfn, pfn, slot numbers and counts are unsigned; `dword`, `addr` are 64-bit words; `status` is a 32-bit
 * word shown in hex; an index of all ones is one that a trace does not tell; `ret` is a signed 32-bit return value; an array of
 * names is an enumeration; `text` is a sentence that the run keeps beside the journal, by its number.
 */
import { Doubt, ID_MASK } from './log';
import { toBig } from './words';

/** A yes or no that a trace may not tell. */
export const MAYBE = ['no', 'yes', 'unknown'] as const;
/** Why a fault returned to the guest without installing anything. */
export const RETRY_WHY = ['seq', 'count', 'hpte-changed', 'no-host-pte', 'not-ready', 'stale-ea'] as const;
export const TLBIE_SCOPE = ['global', 'local', 'erat', 'stq'] as const;
export const ABSENT_CAUSE = ['unmap', 'remap', 'resize', 'memslot'] as const;
export const INTERRUPTS = ['DSI', 'ISI', 'DSegI', 'ISegI', 'RMO'] as const;
export const SLOT_CHANGE = ['added', 'removed', 'flags'] as const;
export const HOST_CHANGE = ['alloc', 'cow', 'clear', 'wrprotect', 'merge', 'map', 'unmap'] as const;
export const RESIZE_PHASE = ['prepare', 'allocated', 'commit', 'failed', 'reset'] as const;
export const DIRTY_CAUSE = ['remove', 'unmap', 'clear-mod', 'unpin', 'page-init'] as const;
export const ACCESS_KINDS = ['load', 'store', 'ifetch'] as const;
/** What emulator and trace disagree about. */
export const DIVERGENCE_KINDS = [
  'h_enter',
  'h_remove',
  'h_protect',
  'h_read',
  'fault',
  'memslot',
  'page fact',
  'dump',
  'operation',
  'assumption',
] as const;
export const SPAN_KINDS = ['unmap', 'age', 'test-age'] as const;

type Field =
  | 'index'
  | 'dword'
  | 'addr'
  | 'gfn'
  | 'pfn'
  | 'count'
  | 'status'
  | 'ret'
  | 'flag'
  | 'text'
  | readonly string[];

/** An HPTE index that is not known: traces do not name the entry of a fault. */
export const UNKNOWN_INDEX = 0xffffffffffffffffn;
/** A memslot's first guest frame where there is no memslot. */
export const NO_SLOT_GFN = 0xffffffffffffffffn;

/** One kind of event. `text` is a sentence with {fields}; `fn` the kernel function in which it happens. */
export interface EventKind {
  readonly title: string;
  readonly text: string;
  readonly fn: string;
  readonly fields: Readonly<Record<string, Field>>;
}

export const EVENTS = {
  'hpte.enter': {
    title: 'HPTE entered',
    text: 'HPTE {index} entered: {v} {r}, guest view {guest}',
    fn: 'kvmppc_do_h_enter',
    fields: { index: 'index', v: 'dword', r: 'dword', guest: 'dword', gfn: 'gfn' },
  },
  'hpte.absent': {
    title: 'HPTE marked absent',
    text: 'HPTE {index} of guest page {gfn} marked absent ({cause}); dword 1 keeps {r}',
    fn: 'kvmppc_unmap_hpte',
    fields: { index: 'index', gfn: 'gfn', r: 'dword', cause: ABSENT_CAUSE },
  },
  'hpte.reinstate': {
    title: 'Page reinstated',
    text: 'HPTE {index} of guest page {gfn} valid again: {v} {r}',
    fn: 'kvmppc_book3s_hv_page_fault',
    fields: { index: 'index', gfn: 'gfn', v: 'dword', r: 'dword' },
  },
  'hpte.remove': {
    title: 'HPTE removed',
    text: 'HPTE {index} removed: was {v}, guest view {guest}',
    fn: 'kvmppc_do_h_remove',
    fields: { index: 'index', v: 'dword', guest: 'dword' },
  },
  'hpte.protect': {
    title: 'HPTE protection changed',
    text: 'HPTE {index}: guest view {old} becomes {guest}, dword 1 {r}',
    fn: 'kvmppc_h_protect',
    fields: { index: 'index', old: 'dword', guest: 'dword', r: 'dword' },
  },
  'hpte.readonly': {
    title: 'HPTE made read-only',
    text: 'HPTE {index}: dword 1 made read-only, {r}: the host page is not writable',
    fn: 'hpte_make_readonly',
    fields: { index: 'index', r: 'dword' },
  },
  'hpte.rc': {
    title: 'R or C set or cleared',
    text: 'HPTE {index}: R and C become {rc}, dword 1 {r}',
    fn: 'hardware, kvmppc_clear_ref_hpte',
    fields: { index: 'index', rc: 'status', r: 'dword' },
  },
  'pteg.full': {
    title: 'PTEG full',
    text: 'PTEG {pteg} has no free slot',
    fn: 'kvmppc_do_h_enter',
    fields: { pteg: 'index' },
  },
  'rmap.link': {
    title: 'HPTE linked into rmap ring',
    text: 'HPTE {index} joins the ring of guest page {gfn}, head {head}',
    fn: 'kvmppc_add_revmap_chain',
    fields: { index: 'index', gfn: 'gfn', head: 'index' },
  },
  'rmap.unlink': {
    title: 'HPTE taken off rmap ring',
    text: 'HPTE {index} leaves the ring of guest page {gfn}',
    fn: 'remove_revmap_chain, kvm_unmap_rmapp',
    fields: { index: 'index', gfn: 'gfn' },
  },
  'rmap.harvest': {
    title: 'R and C harvested',
    text: 'R and C {rc} of HPTE {index} harvested for guest page {gfn}',
    fn: 'remove_revmap_chain, kvmppc_unmap_hpte',
    fields: { index: 'index', gfn: 'gfn', rc: 'status' },
  },
  'hcall.enter': {
    title: 'Hypercall entered',
    text: 'hypercall {nr}({a0}, {a1}, {a2}, {a3})',
    fn: 'hypercall handler',
    fields: { nr: 'status', a0: 'dword', a1: 'dword', a2: 'dword', a3: 'dword' },
  },
  'hcall.exit': {
    title: 'Hypercall returned',
    text: 'hypercall {nr} returns {ret}',
    fn: 'hypercall handler',
    fields: { nr: 'status', ret: 'ret' },
  },
  'access.hdsi': {
    title: 'HDSI raised',
    text: 'hypervisor data storage interrupt: ea {ea}, HDSISR {status}',
    fn: 'hardware',
    fields: { ea: 'addr', status: 'status' },
  },
  'access.hisi': {
    title: 'HISI raised',
    text: 'hypervisor instruction storage interrupt: ea {ea}, status {status}',
    fn: 'hardware',
    fields: { ea: 'addr', status: 'status' },
  },
  'access.reflect': {
    title: 'Interrupt reflected to the guest',
    text: 'the guest takes {interrupt} for ea {ea}, status {status}',
    fn: 'interrupt entry',
    fields: { ea: 'addr', interrupt: INTERRUPTS, status: 'status' },
  },
  'access.loop': {
    title: 'Access gave up after eight rounds',
    text: 'the access to ea {ea} did not get through in eight rounds',
    fn: 'vCPU run loop',
    fields: { ea: 'addr' },
  },
  'access.done': {
    title: 'Access completed',
    text: '{access} at ea {ea} through HPTE {index} reaches real address {ra}',
    fn: 'hardware',
    fields: { ea: 'addr', access: ACCESS_KINDS, index: 'index', ra: 'addr' },
  },
  'fault.enter': {
    title: 'Page fault entered',
    text: 'page fault at ea {ea}, DSISR {dsisr}: HPTE {v} {r}, guest view {guest}, memslot from gfn {baseGfn}',
    fn: 'kvmppc_book3s_hv_page_fault',
    fields: {
      ea: 'addr',
      dsisr: 'status',
      index: 'index',
      v: 'dword',
      r: 'dword',
      guest: 'dword',
      baseGfn: 'gfn',
      slotFlags: 'status',
    },
  },
  'fault.gup': {
    title: 'Host page looked up',
    text: 'host page of hva {hva}: pfn {pfn}, writable {writable}',
    fn: 'get_user_pages',
    fields: { hva: 'addr', pfn: 'pfn', writable: 'flag', ok: 'flag' },
  },
  'fault.retry': {
    title: 'Fault retried',
    text: 'the fault at ea {ea} goes back to the guest unresolved ({why}); the access will fault again',
    fn: 'kvmppc_book3s_hv_page_fault',
    fields: { ea: 'addr', index: 'index', why: RETRY_WHY },
  },
  'fault.error': {
    title: 'Fault failed',
    text: 'the fault at ea {ea} fails with {ret}',
    fn: 'kvmppc_book3s_hv_page_fault',
    fields: { ea: 'addr', ret: 'ret' },
  },
  'fault.mmio': {
    title: 'MMIO emulation',
    text: 'ea {ea} is emulated MMIO at guest physical address {gpa}',
    fn: 'kvmppc_hv_emulate_mmio',
    fields: { ea: 'addr', gpa: 'addr' },
  },
  'fault.exit': {
    title: 'Page fault left',
    text: 'page fault left with {ret}: HPTE {v} {r}',
    fn: 'kvmppc_book3s_hv_page_fault',
    fields: { v: 'dword', r: 'dword', ret: 'ret', installed: MAYBE, traced: 'flag' },
  },
  'mmio.fill': {
    title: 'MMIO cache filled',
    text: 'the MMIO cache remembers ea {ea} as HPTE {index}',
    fn: 'kvmppc_hpte_hv_fault',
    fields: { ea: 'addr', index: 'index' },
  },
  'mmio.stale_hit': {
    title: 'Stale MMIO cache hit',
    text: 'the MMIO cache answers for ea {ea}, although HPTE {index} is no longer that MMIO entry',
    fn: 'kvmppc_hpte_hv_fault',
    fields: { ea: 'addr', index: 'index' },
  },
  'notifier.start': {
    title: 'Invalidation started',
    text: 'host invalidates {start} to {end}',
    fn: 'kvm_mmu_notifier_invalidate_range_start',
    fields: { start: 'addr', end: 'addr' },
  },
  'notifier.end': {
    title: 'Invalidation ended',
    text: 'invalidation of {start} to {end} is over, sequence {seq}',
    fn: 'kvm_mmu_notifier_invalidate_range_end',
    fields: { start: 'addr', end: 'addr', seq: 'dword' },
  },
  'notifier.age': {
    title: 'Page aged',
    text: '{span} of {start} to {end}: referenced {referenced}',
    fn: 'kvm_age_hva, kvm_test_age_hva',
    fields: { start: 'addr', end: 'addr', span: SPAN_KINDS, referenced: MAYBE },
  },
  'notifier.set_spte': {
    title: 'Host PTE changed',
    text: 'the host PTE of {hva} changed',
    fn: 'kvm_set_spte_hva',
    fields: { hva: 'addr' },
  },
  'tlbie.page': {
    title: 'TLB entry invalidated',
    text: 'tlbie ({scope}) RB {rb}',
    fn: 'do_tlbies',
    fields: { scope: TLBIE_SCOPE, rb: 'dword' },
  },
  'tlb.stale': {
    title: 'Stale TLB entry used',
    text: 'vCPU {vcpu} still translates ea {ea} through HPTE {index} as it was: {r}',
    fn: 'hardware',
    fields: { vcpu: 'count', ea: 'addr', index: 'index', r: 'dword' },
  },
  'dirty.set': {
    title: 'Page marked dirty',
    text: 'memslot {slot}: {pages} page(s) from gfn {gfn} marked dirty ({cause})',
    fn: 'kvmppc_update_dirty_map',
    fields: { slot: 'count', gfn: 'gfn', pages: 'count', cause: DIRTY_CAUSE },
  },
  'dirty.read': {
    title: 'Dirty log read',
    text: 'dirty log of memslot {slot}: {pages} dirty page(s)',
    fn: 'kvm_vm_ioctl_get_dirty_log',
    fields: { slot: 'count', pages: 'count' },
  },
  'dirty.lost': {
    title: 'Dirty bit lost',
    text: 'guest page {gfn} loses its CHANGED bit: the insertion of HPTE {index} overwrites the rmap word',
    fn: 'kvmppc_add_revmap_chain',
    fields: { index: 'index', gfn: 'gfn' },
  },
  'htab.read': {
    title: 'HTAB stream read',
    text: 'HTAB fd {fd}: {bytes} bytes read',
    fn: 'kvm_htab_read',
    fields: { fd: 'count', bytes: 'ret' },
  },
  'htab.write': {
    title: 'HTAB stream written',
    text: 'HTAB fd {fd}: write returns {bytes}',
    fn: 'kvm_htab_write',
    fields: { fd: 'count', bytes: 'ret' },
  },
  'hpt.resize': {
    title: 'HPT resized or reset',
    text: 'HPT {phase}: order {order}, result {ret}',
    fn: 'kvm_vm_ioctl_resize_hpt_prepare, kvm_vm_ioctl_resize_hpt_commit',
    fields: { phase: RESIZE_PHASE, order: 'count', ret: 'ret' },
  },
  'memslot.change': {
    title: 'Memslot changed',
    text: 'memslot {slot} {change}: gfn {gfn}, {pages} pages at hva {hva}',
    fn: 'kvm_vm_ioctl_set_memory_region',
    fields: { slot: 'count', change: SLOT_CHANGE, gfn: 'gfn', pages: 'gfn', hva: 'addr' },
  },
  'host.page': {
    title: 'Host page changed',
    text: 'host {change}: hva {hva}, pfn {pfn}',
    fn: 'the host memory management',
    fields: { change: HOST_CHANGE, hva: 'addr', pfn: 'pfn' },
  },
  'page.pin': {
    title: 'Page pinned',
    text: 'guest page {gfn} pinned at pfn {pfn}',
    fn: 'kvmppc_get_guest_page, kvmppc_pin_guest_page',
    fields: { gfn: 'gfn', pfn: 'pfn' },
  },
  'page.init': {
    title: 'Page cleared or copied',
    text: 'H_PAGE_INIT writes real address {dest} (source {src}, copy {copy})',
    fn: 'kvmppc_rm_h_page_init',
    fields: { dest: 'addr', src: 'addr', copy: 'flag' },
  },
  'replay.divergence': {
    title: 'Replay and trace disagree',
    text: 'the trace disagrees with the replay ({what}): expected {expected}, seen {seen}; the table may be wrong since statement {since}',
    fn: 'replay',
    fields: { what: DIVERGENCE_KINDS, index: 'index', expected: 'text', seen: 'text', since: 'count' },
  },
  'invariant.broken': {
    title: 'Invariant broken',
    text: 'invariant {invariant} no longer holds, first at HPTE {index}',
    fn: 'checked after every statement',
    fields: { invariant: 'count', index: 'index' },
  },
} as const satisfies Record<string, EventKind>;

export type EventName = keyof typeof EVENTS;

/** Kind numbers, in table order; the journal holds these. */
export const EVENT_NAMES = Object.keys(EVENTS) as readonly EventName[];
const CODE = new Map<string, number>(EVENT_NAMES.map((name, i) => [name, i]));

/** The number of an event kind; throws on a name that is not in the table. */
export function eventCode(name: EventName): number {
  return CODE.get(name) as number;
}

type FieldValue<F> = F extends readonly (infer N)[]
  ? N
  : F extends 'dword' | 'addr' | 'index' | 'gfn' | 'pfn'
    ? bigint
    : F extends 'flag'
      ? boolean
      : F extends 'text'
        ? string
        : number;

type FieldsOf<K extends EventName> = {
  -readonly [F in keyof (typeof EVENTS)[K]['fields']]: FieldValue<(typeof EVENTS)[K]['fields'][F]>;
};

/** One decoded event: a discriminated union over its kind. `unknown` names fields that a replayed run does not know. */
export type Event = {
  [K in EventName]: { readonly kind: K; readonly unknown?: readonly string[] } & Readonly<FieldsOf<K>>;
}[EventName];
export type EventOf<K extends EventName> = Extract<Event, { kind: K }>;

function wide(field: Field): boolean {
  return field === 'dword' || field === 'addr' || field === 'index' || field === 'gfn' || field === 'pfn';
}

/** Words that the fields of each kind take in the journal, by kind number. */
export const EVENT_WORDS: readonly number[] = EVENT_NAMES.map((name) =>
  Object.values<Field>(EVENTS[name].fields).reduce((words, field) => words + (wide(field) ? 2 : 1), 0),
);

const WIDE_FIELDS = EVENT_NAMES.map((name) => {
  const places = new Map<string, number>();
  let at = 1;
  for (const [field, type] of Object.entries<Field>(EVENTS[name].fields)) {
    if (wide(type)) places.set(field, at);
    at += wide(type) ? 2 : 1;
  }
  return places;
});

/** Where in its record a 64-bit field of an event of kind number `code` stands, hi before lo; -1 when it has none of that name. */
export function wideFieldAt(code: number, field: string): number {
  return WIDE_FIELDS[code]?.get(field) ?? -1;
}

const dword1 = Doubt.frame | Doubt.rights | Doubt.rc;

/** Fields that stand for nothing under a doubt, by event kind. */
const DOUBTED: { readonly [K in EventName]?: { readonly [F in keyof (typeof EVENTS)[K]['fields']]?: number } } = {
  'hpte.enter': { r: dword1 },
  'hpte.absent': { r: dword1 },
  'hpte.reinstate': { r: dword1 },
  'hpte.remove': { guest: Doubt.rc },
  'hpte.protect': { old: Doubt.rc, guest: Doubt.rc, r: dword1 },
  'hpte.readonly': { r: dword1 },
  'hpte.rc': { rc: Doubt.rc, r: dword1 },
  'rmap.link': { head: Doubt.ring },
  'rmap.harvest': { rc: Doubt.rc },
  'fault.gup': { pfn: Doubt.frame, writable: Doubt.rights },
  'notifier.end': { seq: Doubt.seq },
  'notifier.age': { referenced: Doubt.rc },
};

/** Names of the fields that are unknown in an event that was journaled under doubts. */
function doubtedFields(kind: EventName, doubt: number): string[] {
  const fields: Readonly<Record<string, number | undefined>> = DOUBTED[kind] ?? {};
  return Object.keys(fields).filter((name) => ((fields[name] ?? 0) & doubt) !== 0);
}

/**
 * Reads the fields of an event whose first field is at chunk[at].
 * @param value the value of its record: its kind, and the doubts under which it was journaled
 * @param texts sentences of the run by number
 */
export function decodeEvent(value: number, chunk: Int32Array, at: number, texts: readonly string[] = []): Event {
  const code = value & ID_MASK;
  const doubt = value & 0x0fff_0000;
  const kind = EVENT_NAMES[code];
  if (kind === undefined) throw new Error(`journal: no event kind ${code}`);
  const event: Record<string, unknown> = { kind };
  let p = at;
  for (const [name, field] of Object.entries<Field>(EVENTS[kind].fields)) {
    const word = chunk[p] as number;
    if (wide(field)) {
      event[name] = toBig(word, chunk[p + 1] as number);
      p += 2;
      continue;
    }
    p++;
    if (typeof field !== 'string') event[name] = field[word];
    else if (field === 'flag') event[name] = word !== 0;
    else if (field === 'ret') event[name] = word;
    else if (field === 'text') event[name] = texts[word] ?? '';
    else event[name] = word >>> 0;
  }
  const unknown = doubt === 0 ? [] : doubtedFields(kind, doubt);
  if (unknown.length > 0) event.unknown = unknown;
  return event as Event;
}

/** A field's value as people write it: indexes, frames, addresses and status words in hex, counts and returns in decimal. */
export function showField(field: Field, value: unknown): string {
  if (field === 'index' && value === UNKNOWN_INDEX) return 'unknown';
  if (field === 'gfn' && value === NO_SLOT_GFN) return 'none';
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (field === 'status' && typeof value === 'number') return `0x${value.toString(16)}`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** The sentence of an event. */
export function eventText(event: Event): string {
  const kind: EventKind = EVENTS[event.kind];
  return kind.text.replace(/\{(\w+)\}/g, (_, name: string) => fieldText(event, name, kind.fields[name]));
}

/** The fields of an event as people write them, in the order of its kind. */
export function eventFields(event: Event): (readonly [name: string, text: string])[] {
  const kind: EventKind = EVENTS[event.kind];
  return Object.entries(kind.fields).map(([name, field]) => [name, fieldText(event, name, field)]);
}

function fieldText(event: Event, name: string, field: Field = 'count'): string {
  const values = event as unknown as Readonly<Record<string, unknown>>;
  return event.unknown?.includes(name) ? 'unknown' : showField(field, values[name]);
}
