// The Events tree: what happened around the current moment, the rest in buckets before and behind, filtered by kind.

import { HCALL } from '../../model/bits';
import { EVENTS, type Event, type EventName, eventFields, eventText, UNKNOWN_INDEX } from '../../model/events';
import { count, hex, l10n } from '../texts';
import { bucketed, type NodeIcon, type ViewNode } from './node';
import type { RunView } from './runView';

/** What the column behind an event says. */
export type EventColumn = 'time' | 'delta';

export interface EventOptions {
  /** The kinds that are shown; undefined shows all. */
  readonly kinds?: ReadonlySet<EventName> | undefined;
  readonly column: EventColumn;
}

/** Events shown on either side of the current moment. */
const window = 100;

export function eventNodes(view: RunView, options: EventOptions): ViewNode[] {
  const { run } = view;
  const now = run.eventsUpTo(run.position);
  const wanted = (number: number) => options.kinds?.has(run.eventName(number)) ?? true;
  const before = near(now - 1, -1, wanted).reverse();
  const behind = near(now, run.eventCount, wanted);
  const nodes = before.map((number) => eventNode(view, options, number));
  const first = before[0];
  if (first !== undefined && first > 0) {
    nodes.unshift(...restNode(view, options, 'earlier', 0, first));
  }
  if (!before.some((number) => run.eventMomentOf(number) === run.position)) {
    nodes.push(nowNode(view));
  }
  nodes.push(...behind.map((number) => eventNode(view, options, number)));
  const last = behind.at(-1);
  if (last !== undefined && last + 1 < run.eventCount) {
    nodes.push(...restNode(view, options, 'later', last + 1, run.eventCount));
  }
  return nodes;
}

/** Numbers of wanted events from `from` towards `end` (not included), the nearest first. */
function near(from: number, end: number, wanted: (number: number) => boolean): number[] {
  const found: number[] = [];
  const step = from < end ? 1 : -1;
  for (let number = from; number !== end && found.length < window; number += step) {
    if (wanted(number)) {
      found.push(number);
    }
  }
  return found;
}

/** The events that do not stand near, in a bucket; nothing when the filter leaves none. */
function restNode(
  view: RunView,
  options: EventOptions,
  which: 'earlier' | 'later',
  from: number,
  to: number,
): ViewNode[] {
  const { run } = view;
  const { kinds } = options;
  const numbers = (): number[] => {
    const all = Array.from({ length: to - from }, (_, place) => from + place);
    return kinds === undefined ? all : all.filter((number) => kinds.has(run.eventName(number)));
  };
  const total = kinds === undefined ? to - from : numbers().length;
  if (total === 0) {
    return [];
  }
  const id = `events/${which}`;
  const label = which === 'earlier' ? l10n.t('{0} earlier', count(total)) : l10n.t('{0} later', count(total));
  const make = (number: number) => eventNode(view, options, number);
  return [
    {
      id,
      label,
      spoken: l10n.t('{0} events', label),
      kind: 'bucket',
      icon: { name: which === 'earlier' ? 'fold-up' : 'fold-down' },
      children: () => bucketed(id, l10n.t('events'), numbers(), (number) => number, make),
    },
  ];
}

/** Stands where the current moment is when that raised no event. */
function nowNode({ run }: RunView): ViewNode {
  const label = l10n.t('moment {0}', count(run.position + 1));
  const source = run.source(run.position);
  return {
    id: 'now',
    label,
    description: l10n.t('line {0}', source.line + 1),
    icon: { name: 'debug-stackframe', color: 'current' },
    spoken: l10n.t('Current moment: {0}, line {1}', label, source.line + 1),
    kind: 'now',
    moment: run.position,
    tooltip: { heading: source.text, rows: [] },
  };
}

/** Id of the node that stands for the current moment. */
export function currentEventId({ run }: RunView, { kinds }: EventOptions): string {
  for (let number = run.eventsUpTo(run.position) - 1; number >= 0; number--) {
    if (run.eventMomentOf(number) !== run.position) {
      break;
    }
    if (kinds?.has(run.eventName(number)) ?? true) {
      return `event:${number}`;
    }
  }
  return 'now';
}

function eventNode(view: RunView, { column }: EventOptions, number: number): ViewNode {
  const { run } = view;
  const { event, moment } = run.event(number);
  const kind = EVENTS[event.kind];
  const current = moment === run.position;
  const source = run.source(moment);
  const subject = subjectOf(view, event);
  const when = whenText(view, column, moment);
  const sentence = eventText(event);
  return {
    id: `event:${number}`,
    label: event.kind,
    description: [subject, when].filter(Boolean).join(' · '),
    icon: current ? { name: 'debug-stackframe', color: 'current' } : iconOf(event.kind),
    spoken: current ? l10n.t('Current: {0}. {1}', kind.title, sentence) : `${kind.title}. ${sentence}`,
    kind: 'event',
    moment,
    ...('index' in event && event.index !== UNKNOWN_INDEX ? { hpte: Number(event.index) } : {}),
    tooltip: {
      heading: kind.title,
      rows: [
        ...eventFields(event),
        [l10n.t('in'), kind.fn],
        [l10n.t('moment'), `${count(moment + 1)} / ${count(run.length)}`],
        [l10n.t('line {0}', source.line + 1), source.text.replace(/\s+/g, ' ')],
      ],
      note: sentence,
    },
  };
}

/** Whom an event is about, in a few words: HPTE, guest page, address, why. */
function subjectOf(view: RunView, event: Event): string {
  const parts: string[] = [];
  if ('index' in event && event.index !== UNKNOWN_INDEX && event.kind !== 'invariant.broken') {
    parts.push(view.nameOf(Number(event.index)));
  }
  switch (event.kind) {
    case 'fault.enter':
    case 'access.done':
    case 'fault.error':
    case 'fault.mmio':
      parts.push(`ea ${hex(event.ea)}`);
      break;
    case 'hcall.enter':
    case 'hcall.exit':
      parts.push(hcallName(event.nr));
      break;
    case 'notifier.start':
    case 'notifier.end':
    case 'notifier.age':
      parts.push(`hva ${hex(event.start)}`);
      break;
    case 'host.page':
      parts.push(event.change, `hva ${hex(event.hva)}`);
      break;
    case 'fault.gup':
      parts.push(`hva ${hex(event.hva)}`, `pfn ${hex(event.pfn)}`);
      break;
    case 'memslot.change':
      parts.push(l10n.t('slot {0}', event.slot), event.change);
      break;
    case 'dirty.read':
      parts.push(
        l10n.t('slot {0}', event.slot),
        event.pages === 1 ? l10n.t('1 page') : l10n.t('{0} pages', event.pages),
      );
      break;
    case 'tlbie.page':
      parts.push(event.scope, `RB ${hex(event.rb)}`);
      break;
    case 'hpt.resize':
      parts.push(event.phase, l10n.t('order {0}', event.order));
      break;
    case 'invariant.broken':
      parts.push(`I${event.invariant}`, view.nameOf(Number(event.index)));
      break;
    default:
      if ('gfn' in event) {
        parts.push(`gfn ${hex(event.gfn)}`);
      } else if ('ea' in event) {
        parts.push(`ea ${hex(event.ea)}`);
      }
  }
  parts.push('why' in event ? event.why : 'cause' in event ? event.cause : 'ret' in event ? `ret ${event.ret}` : '');
  return parts.filter(Boolean).join(' · ');
}

const hcalls = new Map<number, string>(Object.entries(HCALL).map(([name, nr]) => [nr, name]));

function hcallName(nr: number): string {
  return hcalls.get(nr) ?? hex(nr);
}

/** The time column: trace time or its difference from now; in a scenario the line, and the steps from now. */
function whenText({ run }: RunView, column: EventColumn, moment: number): string {
  const { line, time } = run.source(moment);
  if (column === 'time') {
    return time === undefined ? l10n.t('line {0}', line + 1) : timeText(time);
  }
  const now = run.source(run.position).time;
  const steps = moment - run.position;
  if (time === undefined || now === undefined) {
    return steps === 0 ? l10n.t('now') : `${steps > 0 ? '+' : ''}${count(steps)}`;
  }
  return deltaText(time - now);
}

/** Nanoseconds as seconds with six digits, as ftrace writes them. */
export function timeText(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${((ns % 1_000_000_000n) / 1000n).toString().padStart(6, '0')}`;
}

/** "+1.5 ms" */
export function deltaText(ns: bigint): string {
  const sign = ns < 0n ? '−' : '+';
  const value = Number(ns < 0n ? -ns : ns);
  const [divisor, unit] =
    value >= 1e9 ? [1e9, 's'] : value >= 1e6 ? [1e6, 'ms'] : value >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  return value === 0 ? '0' : `${sign}${Number((value / divisor).toPrecision(4))} ${unit}`;
}

/** The sign of an event's domain. */
function iconOf(kind: EventName): NodeIcon {
  switch (kind) {
    case 'hpte.absent':
      return { name: 'circle-outline', color: 'absent' };
    case 'hpte.enter':
    case 'hpte.reinstate':
      return { name: 'circle-filled', color: 'valid' };
    case 'fault.retry':
    case 'fault.error':
    case 'mmio.stale_hit':
    case 'tlb.stale':
    case 'dirty.lost':
    case 'pteg.full':
    case 'invariant.broken':
    case 'replay.divergence':
      return { name: 'warning', color: 'warning' };
    default:
      return { name: domainIcons[kind.slice(0, kind.indexOf('.'))] ?? 'circle-small' };
  }
}

const domainIcons: Readonly<Record<string, string>> = {
  hpte: 'table',
  pteg: 'table',
  rmap: 'link',
  hcall: 'call-outgoing',
  access: 'zap',
  fault: 'flame',
  mmio: 'plug',
  notifier: 'bell',
  tlbie: 'clear-all',
  tlb: 'clear-all',
  dirty: 'edit',
  htab: 'save',
  hpt: 'table',
  memslot: 'layers',
  host: 'chip',
  page: 'pin',
};
