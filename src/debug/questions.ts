// What the protocol asks of a stopped run: stacks, scopes, variables, sources, expressions, memory. Nothing here moves the run
// (a variable's value before is read one moment back, and the run comes back).

import type { DebugProtocol } from '@vscode/debugprotocol';
import { EVENTS, eventText } from '../model/events';
import type { Path } from '../model/listing';
import type { Lines } from './breakpoints';
import { inTurns, type Turn, turns } from './breath';
import { complete } from './complete';
import { dataPoint } from './dataPoints';
import type { Debuggee, Stop } from './debuggee';
import { evaluate, type Scope } from './evaluate';
import { ExpressionError, mistake, parseExpression } from './expression';
import {
  LISTING_MIME,
  lineOfListing,
  listingOf,
  listingPath,
  listingReference,
  listingText,
  stepOfLine,
} from './listings';
import { readTable } from './memory';
import { momentsOfStep } from './moments';
import { FUNCTIONS, NAMES } from './names';
import { askInTurns, Pending } from './pending';
import type { Found } from './scene';
import { eventDetails, scopesAt } from './scopes';
import type { StackEntry } from './stack';
import { isThing, show, type Thing, type Value } from './values';
import { childNamed, marked, memoryOf, oneBefore, References, shape, variablesOf } from './variables';

/** No more targets than this are offered for one line. */
const MOST_TARGETS = 30;

export class Questions {
  private readonly references = new References();
  private frames: StackEntry[] = [];

  constructor(
    private readonly debuggee: Debuggee,
    private readonly lines: Lines,
  ) {}

  /** The run has moved: frames and references of before are void. */
  forget(): void {
    this.references.clear();
    this.frames = [];
  }

  // ---- sources ------------------------------------------------------------------------------------------------------

  private listing(path: Path): DebugProtocol.Source {
    return { name: path.fn, path: listingPath(path), sourceReference: listingReference(path), origin: path.title };
  }

  loadedSources(): DebugProtocol.LoadedSourcesResponse['body'] {
    const { sources } = this.debuggee;
    return {
      sources: [
        ...sources.all.map((file) => sources.source(file)),
        ...this.debuggee.pathsUsed().map((path) => this.listing(path)),
      ],
    };
  }

  async source(
    { source, sourceReference }: DebugProtocol.SourceArguments,
    readText: (path: string) => Promise<string>,
  ): Promise<DebugProtocol.SourceResponse['body']> {
    const path = listingOf({ ...source, sourceReference: source?.sourceReference ?? sourceReference });
    if (path !== undefined) return { content: listingText(path), mimeType: LISTING_MIME };
    const { sources } = this.debuggee;
    const file = sources.find({ ...source, sourceReference: source?.sourceReference ?? sourceReference });
    if (file !== undefined)
      return { content: file.reference === undefined ? await readText(file.path) : sources.text(file) };
    throw new Error('There is no such source in this run.');
  }

  breakpointLocations({
    source,
    line,
    endLine,
  }: DebugProtocol.BreakpointLocationsArguments): DebugProtocol.BreakpointLocationsResponse['body'] {
    const from = this.lines.in(line);
    const to = endLine === undefined ? from : this.lines.in(endLine);
    const listing = listingOf(source);
    if (listing !== undefined) {
      const steps = listing.lines.map((_, step) => lineOfListing(step)).filter((at) => at >= from && at <= to);
      return { breakpoints: steps.map((at) => ({ line: this.lines.out(at) })) };
    }
    const file = this.debuggee.sources.find(source);
    const breakpoints: DebugProtocol.BreakpointLocation[] = [];
    for (let at = file?.lineFrom(from) ?? -1; at >= 0 && at <= to; at = file?.lineFrom(at + 1) ?? -1)
      breakpoints.push({ line: this.lines.out(at) });
    return { breakpoints };
  }

  async gotoTargets({
    source,
    line,
  }: DebugProtocol.GotoTargetsArguments): Promise<DebugProtocol.GotoTargetsResponse['body']> {
    const { run, position, sources } = this.debuggee;
    const at = this.lines.in(line);
    const listing = listingOf(source);
    const step = listing === undefined ? -1 : stepOfLine(listing, at);
    const moments =
      listing === undefined
        ? (sources.find(source)?.momentsOn(at) ?? [])
        : step < 0
          ? []
          : ((await inTurns(momentsOfStep(run, (listing.id << 6) | step), turns())) ?? []);
    const near = [...moments].sort((a, b) => Math.abs(a - position) - Math.abs(b - position)).slice(0, MOST_TARGETS);
    const targets = near
      .sort((a, b) => a - b)
      .map((moment) => ({ id: moment, label: `moment ${moment + 1}: ${run.source(moment).text}`, line }));
    return { targets };
  }

  // ---- stacks -------------------------------------------------------------------------------------------------------

  stackTrace({
    threadId,
    startFrame = 0,
    levels = 0,
  }: DebugProtocol.StackTraceArguments): DebugProtocol.StackTraceResponse['body'] {
    const { actors, position } = this.debuggee;
    const actor = actors.byId(threadId);
    if (actor === undefined) throw new Error('There is no such thread in this run.');
    const stack = actors.stack(actor, position);
    if (stack.length === 0) {
      const idle: DebugProtocol.StackFrame = {
        id: 0,
        name: 'not at work at this moment',
        line: 0,
        column: 0,
        presentationHint: 'label',
      };
      return { stackFrames: [idle], totalFrames: 1 };
    }
    const shown = stack.slice(startFrame, levels > 0 ? startFrame + levels : undefined);
    return { stackFrames: shown.map((entry) => this.stackFrame(entry)), totalFrames: stack.length };
  }

  private stackFrame(entry: StackEntry): DebugProtocol.StackFrame {
    const id = this.frames.push(entry);
    if (entry.kind === 'statement') {
      const { sources } = this.debuggee;
      const at = sources.at(entry.moment);
      const name = entry.source.text || 'statement';
      return { id, name, source: sources.source(at.file), line: this.lines.out(at.line), column: 1 };
    }
    const { path, line } = entry.at;
    return {
      id,
      name: path.fn,
      source: this.listing(path),
      line: this.lines.out(lineOfListing(line)),
      column: 1,
      canRestart: true,
    };
  }

  /** The moment at which a frame began. */
  entryOfFrame(frameId: number): number | undefined {
    const entry = this.frames[frameId - 1];
    if (entry === undefined) return undefined;
    if (entry.kind === 'path') return entry.at.frame.entry;
    return this.debuggee.run.find(entry.moment + 1, -1, (moment) => this.debuggee.run.isStatement(moment));
  }

  scopes({ frameId }: DebugProtocol.ScopesArguments): DebugProtocol.ScopesResponse['body'] {
    const { run, labels, actor } = this.debuggee;
    const entry = this.frames[frameId - 1];
    if (entry === undefined) return { scopes: [] };
    const frame = entry.kind === 'path' ? entry : undefined;
    const scopes = scopesAt(run, labels, actor.name, frame).map(({ title, hint, make }) => ({
      name: title,
      expensive: false,
      variablesReference: this.references.add(make),
      ...(hint === undefined ? {} : { presentationHint: hint }),
    }));
    return { scopes };
  }

  variables({
    variablesReference,
    filter,
    start,
    count,
  }: DebugProtocol.VariablesArguments): DebugProtocol.VariablesResponse['body'] {
    const make = this.references.get(variablesReference);
    if (make === undefined) throw new Error('The run has moved on since this was shown.');
    const asked = {
      compare: true,
      ...(filter === undefined ? {} : { filter }),
      ...(start === undefined ? {} : { start }),
      ...(count === undefined ? {} : { count }),
    };
    return { variables: variablesOf(this.debuggee.run, this.references, make, asked) };
  }

  // ---- expressions --------------------------------------------------------------------------------------------------

  /** @param how what takes long is worked out, and where it is kept */
  private value(text: string, how: Pick<Scope, 'found' | 'givesWay'> = {}): Value | undefined {
    try {
      return evaluate(parseExpression(text), { ...this.debuggee.scope(), ...how });
    } catch (error) {
      if (error instanceof ExpressionError) throw new Error(mistake(error));
      throw error;
    }
  }

  /** Asks something of the run at its current moment, in turns. Rejects when the run has been moved meanwhile. */
  private inTurns<T>(ask: () => T, turn: Turn): Promise<T> {
    const { run } = this.debuggee;
    const here = run.position;
    return askInTurns(() => {
      if (run.position !== here) throw new Error('The run has moved on since this was asked.');
      return ask();
    }, turn);
  }

  async evaluate(
    { expression, context }: DebugProtocol.EvaluateArguments,
    turn: Turn,
  ): Promise<DebugProtocol.EvaluateResponse['body']> {
    if (context === 'repl' && /^\s*(help|\?)\s*$/.test(expression)) return { result: help(), variablesReference: 0 };
    const found: Found = new Map();
    const make = () => this.value(expression, { found });
    const { now, text, before } = await this.inTurns(() => {
      const value = this.value(expression, { found, givesWay: true });
      const earlier = () => this.earlier(expression, found);
      return {
        now: value,
        text: show(value),
        before: context === 'watch' ? oneBefore(this.debuggee.run, earlier) : undefined,
      };
    }, turn);
    return {
      result: before === undefined ? text : marked(text, before),
      ...(isThing(now) ? { type: now.kind } : {}),
      ...shape(this.references, now, make),
      ...(memoryOf(now) === undefined ? {} : { memoryReference: memoryOf(now) }),
    };
  }

  /** The value one moment before; undefined when the expression made no sense then. */
  private earlier(expression: string, found: Found): string | undefined {
    try {
      return show(evaluate(parseExpression(expression), { ...this.debuggee.scope(), found, givesWay: true }));
    } catch (error) {
      if (error instanceof ExpressionError) return undefined;
      throw error;
    }
  }

  async completions(
    { text, column }: DebugProtocol.CompletionsArguments,
    turn: Turn,
  ): Promise<DebugProtocol.CompletionsResponse['body']> {
    const scope = { ...this.debuggee.scope(), found: new Map(), givesWay: true };
    const found = await this.inTurns(() => complete(text, column - 1, scope), turn);
    const types = {
      value: 'variable',
      function: 'function',
      field: 'field',
      label: 'reference',
      event: 'enum',
    } as const;
    return {
      targets: found.items.map(({ label, kind, detail }) => ({
        label,
        type: types[kind],
        detail,
        start: found.start,
        length: found.length,
      })),
    };
  }

  // ---- breakpoints' questions ---------------------------------------------------------------------------------------

  async dataBreakpointInfo(
    { variablesReference, name }: DebugProtocol.DataBreakpointInfoArguments,
    turn: Turn,
  ): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> {
    const numbers: Found = new Map();
    const found = await this.inTurns(() => this.watchable(variablesReference, name, numbers), turn);
    const point = found?.data === undefined ? undefined : dataPoint(this.debuggee.run.vm, found.data);
    if (point === undefined)
      return { dataId: null, description: 'Changes of an HPTE, a PTEG, a guest page or an rmap word can be watched.' };
    return { dataId: point.id, description: point.description, accessTypes: ['write'], canPersist: true };
  }

  private watchable(reference: number | undefined, name: string, found: Found): Thing | undefined {
    const make = reference === undefined || reference === 0 ? undefined : this.references.get(reference);
    if (make !== undefined) return ownData(childNamed(make, name)) ?? ownData(make());
    try {
      const value = this.value(name, { found, givesWay: true });
      return isThing(value) ? value : undefined;
    } catch (error) {
      if (error instanceof Pending) throw error;
      return undefined;
    }
  }

  exceptionInfo({ hits }: Stop): DebugProtocol.ExceptionInfoResponse['body'] {
    const event = hits.find((hit) => hit.event !== undefined)?.event;
    if (event === undefined) throw new Error('The run did not stop at an event.');
    const { title, fn } = EVENTS[event.kind];
    return {
      exceptionId: title,
      description: eventText(event),
      breakMode: 'always',
      details: {
        message: eventText(event),
        typeName: event.kind,
        fullTypeName: `${event.kind} in ${fn}`,
        stackTrace: eventDetails(event),
      },
    };
  }

  readMemory(args: DebugProtocol.ReadMemoryArguments): DebugProtocol.ReadMemoryResponse['body'] {
    return readTable(this.debuggee.run.vm, args);
  }
}

/** A thing that can be watched; the field of one that cannot be watched alone is watched with the whole. */
function ownData(value: Value | undefined): Thing | undefined {
  return isThing(value) && value.data !== undefined ? value : undefined;
}

function help(): string {
  const width = 24;
  const names = Object.entries(NAMES).map(([name, text]) => `  ${name.padEnd(width)}${text}`);
  const functions = Object.values(FUNCTIONS).map(({ call, text }) => `  ${call.padEnd(width)}${text}`);
  return ['Names, besides the labels of the scenario:', ...names, 'Functions:', ...functions].join('\n');
}
