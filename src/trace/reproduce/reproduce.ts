// A moment of a trace as a scenario: the stretch behind it that touched the entry in question, in a dozen lines that pass their own
// expectations in the emulator. Expected is what the trace showed; what it does not tell stands in comments, and what the host must
// have had for it (its mappings, whether a page was there) is found by trying.

import { formatTraceTime, type TraceEvents } from '../events';
import { HCALL } from '../replay/hcalls';
import type { ReplaySlot } from '../replay/host';
import type { ReplayInput } from '../replay/input';
import { machinesOf } from '../replay/machines';
import { type Draft, draftText } from './draft';
import { History, replayedTo, settledOf } from './history';
import { hasEvent, type Operation, operationsOf } from './operations';
import {
  beginningLines,
  fillingLines,
  HOST_PAGES,
  type HostPages,
  machineLine,
  mappingLines,
  memslotLines,
  type Setting,
  segmentLines,
} from './setting';
import { hex, type Labels, type Scene, statementOf } from './statements';
import { type Beginning, beginningOf, operationsOn } from './stretch';
import { enteredSubject, type Subject, subjectsOf } from './subject';
import { minimised, tryDraft } from './trial';

export interface ReproduceOptions {
  /** so many events behind the moment are looked at */
  readonly events?: number;
  /** what the trace is called in the scenario; the name of its file unless given */
  readonly title?: string;
}

/** The scenario, or why there is none. */
export type Reproduced = { readonly scenario: string } | { readonly why: string };

const mostEvents = 20_000;

/**
 * Makes a scenario of what happened at an event of a trace.
 * @param event index of the event, from 0; where it is part of no operation on the table, the last one before it is taken
 */
export function reproduce(input: ReplayInput, event: number, options: ReproduceOptions = {}): Reproduced {
  const { events } = input;
  const isa3 = input.cpu === 'POWER9' || input.cpu === 'POWER10';
  const from = Math.max(0, event - (options.events ?? mostEvents));
  const operations = operationsOf(events, machinesOf(events, input.tgid), isa3, from, event);
  const last = operations.find((operation) => hasEvent(operation, event)) ?? operations.at(-1);
  if (last === undefined) {
    return { why: `no hypercall on the table, fault or invalidation is among the events ${from + 1} to ${event + 1}` };
  }
  let told: readonly Subject[] | string = [];
  let slots: readonly ReplaySlot[] | null = null;
  const found = settledOf(input);
  const after = replayedTo(input, found, last.first, last.last, (before) => {
    told = subjectsOf(last, before);
    slots = before.host.slots;
  });
  const entering = last.kind === 'hcall' && last.call.nr === HCALL.enter;
  const subjects: readonly Subject[] | string = entering ? [enteredSubject(last, after)] : told;
  if (typeof subjects === 'string') {
    return { why: `${placeOf(events, last.first)}: ${subjects}` };
  }
  const indexes = subjects.flatMap(({ index }) => index ?? []);
  const history = new History(input, indexes, last.last, found);
  const title = options.title ?? input.title;
  return new Reproduction({ ...input, title }, operations, last, subjects, slots, history).find();
}

function placeOf(events: TraceEvents, event: number): string {
  return `event ${event + 1}, ${formatTraceTime(events.timeOf(event), events.unit)}`;
}

class Reproduction implements Scene {
  readonly labels: Labels;
  readonly #setting: Setting;
  #failed: string | undefined;

  constructor(
    readonly input: ReplayInput,
    readonly operations: readonly Operation[],
    readonly last: Operation,
    readonly subjects: readonly Subject[],
    slots: readonly ReplaySlot[] | null,
    readonly history: History,
  ) {
    this.labels = {
      of: ({ index, v }) =>
        v === 0n ? `hpte(${hex(index ?? 0)})` : labelOf(subjects.findIndex((one) => one.index === index)),
    };
    this.#setting = { cpu: input.cpu, pageBytes: 1n << BigInt(input.pageShift), history, slots };
  }

  place(event: number): string {
    return placeOf(this.input.events, event);
  }

  /** The longest stretch that the emulator repeats, made as short as it can be. */
  find(): Reproduced {
    const since = this.history.settledSince(this.last.first - 1);
    const all = operationsOn(this.subjects, this.operations, this.last, this.history).filter(
      (operation) => operation.first >= since || operation === this.last,
    );
    for (let start = 0; start < all.length; start++) {
      const stretch = all.slice(start);
      const beginnings = this.#beginnings(stretch);
      for (const host of beginnings === undefined ? [] : HOST_PAGES) {
        const draft = this.#draft(stretch, beginnings ?? [], host);
        const trial = draft === undefined ? undefined : tryDraft(draft);
        if (draft !== undefined && trial?.passed === true) {
          return { scenario: draftText(minimised(draft)) };
        }
        this.#failed ??= start === all.length - 1 ? trial?.failed : undefined;
      }
    }
    return { why: `${this.place(this.last.first)}: ${this.#whyNot()}` };
  }

  #whyNot(): string {
    return this.#failed === undefined
      ? 'what the entry was before it is not known'
      : `the emulator does something else, whatever the host had: ${this.#failed}`;
  }

  #beginnings(stretch: readonly Operation[]): Beginning[] | undefined {
    const beginnings: Beginning[] = [];
    for (const subject of this.subjects) {
      const beginning = beginningOf(subject, stretch, this.history);
      if (beginning === undefined) {
        return undefined;
      }
      beginnings.push(beginning);
    }
    return beginnings;
  }

  #draft(stretch: readonly Operation[], beginnings: readonly Beginning[], host: HostPages): Draft | undefined {
    const mappings = mappingLines(this.#setting, this.subjects, host);
    const entries = beginningLines(this.#setting, beginnings, this.labels, host);
    if (mappings === undefined || entries === undefined) {
      return undefined;
    }
    const { events, title } = this.input;
    const text = events.nameOf(this.last.first);
    return {
      head: [`${text}: ${this.place(this.last.first)} of ${title}`],
      lines: [
        machineLine(this.#setting),
        ...mappings,
        ...memslotLines(this.#setting, this.subjects, stretch),
        ...segmentLines(stretch),
        ...entries,
        ...fillingLines(this.last),
        ...stretch.map((operation) => statementOf(operation, this, operation === this.last)),
      ],
    };
  }
}

/** a, b, c, … */
function labelOf(at: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + Math.max(0, at));
}
