// The memory behind a memslot: anonymous, except where a `vma` line of the scenario says else.

import type { Machine } from '../model/machine';
import type { Statement } from './ast';
import { numberOf } from './evaluate';

interface Stretch {
  readonly start: bigint;
  readonly end: bigint;
}

/** The host ranges that the `vma` lines of a scenario speak of, wherever they stand. */
export function declaredMappings(statements: readonly Statement[], times = 1n): Stretch[] {
  return statements.flatMap((statement) => {
    const inner = statement.name === 'repeat' ? (numberOf(statement, 'times') ?? 1n) : times;
    const below = declaredMappings(statement.body, inner);
    const raced = declaredMappings(
      statement.racing.map((race) => race.statement),
      times,
    );
    return [...below, ...raced, ...(statement.name === 'vma' ? ownMappings(statement, times) : [])];
  });
}

function ownMappings(statement: Statement, times: bigint): Stretch[] {
  const stretches: Stretch[] = [];
  for (let pass = 0n; pass < times && pass < 1024n; pass++) {
    const start = numberOf(statement, 'hva', pass) ?? 0n;
    stretches.push({ start, end: start + (numberOf(statement, 'size', pass) ?? 0n) });
  }
  return stretches;
}

/** Maps anonymous memory over a range, leaving out what is declared and what is mapped already. */
export function backRange(machine: Machine, declared: readonly Stretch[], start: bigint, end: bigint): void {
  const { page } = machine.vm;
  const mapped = machine.state.vmas.map(({ hva, npages }) => ({
    start: BigInt(hva),
    end: BigInt(hva + npages * page),
  }));
  const taken = [...declared, ...mapped].sort((a, b) => (a.start < b.start ? -1 : 1));
  let at = start;
  for (const stretch of [...taken, { start: end, end }]) {
    if (stretch.start > at) {
      const until = stretch.start < end ? stretch.start : end;
      if (until > at) machine.host.map({ hva: Number(at), npages: Math.floor(Number(until - at) / page) });
    }
    if (stretch.end > at) at = stretch.end;
    if (at >= end) return;
  }
}
