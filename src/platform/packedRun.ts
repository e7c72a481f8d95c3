// A run as plain data and typed arrays, so that a worker can make it and hand it over without a copy. The index is not handed over: it
// is made anew, in slices, which is cheap and keeps this apart from what an index holds.

import { HostMemory } from '../model/host';
import { Log } from '../model/log';
import { type PackedVm, packVm, unpackVm } from '../model/packed';
import { type LineStatementParts, LineStatements } from '../scenario/lineStatements';
import { Run, type RunParts } from '../timeline/run';
import { RunIndex } from '../timeline/runIndex';
import type { Statements } from '../timeline/statements';
import { NoWorld } from '../trace/noWorld';
import { type PackedEvents, packEvents, unpackEvents } from '../trace/packedEvents';
import { type StatementParts, TraceStatements } from '../trace/traceStatements';

type PackedStatements =
  | { readonly kind: 'scenario'; readonly parts: LineStatementParts }
  | { readonly kind: 'trace'; readonly parts: StatementParts; readonly events: PackedEvents | null };

export interface PackedRun {
  readonly machine: PackedVm;
  readonly journal: { readonly chunks: readonly Int32Array[]; readonly end: number };
  readonly statements: PackedStatements;
  /** what else a run is made of is plain data */
  readonly rest: Omit<RunParts, 'vm' | 'log' | 'sources'>;
}

/** Packs a run, which must stand at its end and not be used afterwards. @param buffers takes those that may be transferred */
export function packRun(run: Run, buffers: Set<ArrayBuffer>): PackedRun {
  const { vm, log, sources, ...rest } = run.parts;
  const machine = packVm(vm);
  for (const buffer of machine.buffers) buffers.add(buffer);
  for (const { buffer } of log.chunks) if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  const journal = { chunks: log.chunks, end: log.end };
  return { machine: machine.packed, journal, statements: packStatements(sources, buffers), rest };
}

function packStatements(statements: Statements, buffers: Set<ArrayBuffer>): PackedStatements {
  if (statements instanceof LineStatements) return { kind: 'scenario', parts: statements.parts };
  if (!(statements instanceof TraceStatements)) throw new Error('statements that cannot be handed over');
  const { parts, events } = statements;
  return { kind: 'trace', parts, events: events === null ? null : packEvents(events, buffers) };
}

/** The run that `packRun` was given. `pause` is awaited every few milliseconds of work. */
export async function unpackRun(packed: PackedRun, pause: () => Promise<void>): Promise<Run> {
  const vm = unpackVm(packed.machine, (made) =>
    packed.rest.kind === 'scenario' ? new HostMemory(made) : new NoWorld(),
  );
  const log = Log.of(packed.journal.chunks, packed.journal.end);
  await pause();
  const index = await RunIndex.inSlices(log, pause);
  return new Run({ ...packed.rest, vm, log, sources: unpackStatements(packed.statements) }, index);
}

function unpackStatements(packed: PackedStatements): Statements {
  return packed.kind === 'scenario'
    ? new LineStatements(packed.parts)
    : TraceStatements.of(packed.events === null ? null : unpackEvents(packed.events), packed.parts);
}
