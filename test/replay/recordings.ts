// Opens a capture's recording for replay, and makes poorer copies of it: facts or dumps taken out. Events: cutEvents.ts.

import { nodeDecompressors } from '../../src/platform/node/decoders';
import type { ReplayInput } from '../../src/trace/replay/input';
import { openReplay } from '../../src/trace/replay/report';
import { type CaptureName, captureRecording } from '../support/captures';

/** The input of a capture. Fails the test when the recording has problems. */
export async function captureInput(capture: CaptureName, facts = true): Promise<ReplayInput> {
  const { access } = captureRecording(capture);
  const opened = await openReplay('hptscope.json', { files: access, decompressors: nodeDecompressors }, { facts });
  if (opened.input === null) {
    throw new Error(opened.problems.map(({ message }) => message).join('\n'));
  }
  return opened.input;
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Leaves out facts and dumps: each stays with the given probability. */
export function withoutSome(input: ReplayInput, stays: number, random: () => number): ReplayInput {
  const some = <T>(all: readonly T[]): T[] => all.filter(() => random() < stays);
  return {
    ...input,
    tables: some(input.tables),
    pagemaps: some(input.pagemaps),
    pages: some(input.pages),
    hcalls: new Map(some([...input.hcalls])),
  };
}
