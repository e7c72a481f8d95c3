// Runs a scenario in the making, and makes it smaller while it keeps passing and leaves the entries in question as they were.

import { hpteView } from '../../model/machine';
import { runScenario } from '../../scenario/runner';
import { type Draft, type DraftLine, draftText } from './draft';

/** How a draft ran. */
export interface Trial {
  /** every expectation held */
  readonly passed: boolean;
  /** what the labelled entries are at the end, without the frames that the emulated host chose */
  readonly final: string;
  /** the first thing that did not hold, for people */
  readonly failed: string | undefined;
}

/** Address bits of dword 1: which frame the host gave. */
const frameBits = 0x0ffffffffffff000n;

/** Runs a draft. */
export function tryDraft(draft: Draft): Trial {
  const text = draftText(draft);
  const result = runScenario(text, 'reproduced');
  if ('problems' in result) {
    const [problem] = result.problems;
    return { passed: false, final: '', failed: `line ${(problem?.line ?? 0) + 1}: ${problem?.message}` };
  }
  const { run, labels, statements, passed } = result;
  const final = [...labels]
    .map(([label, index]) => {
      const { v, r, guestRpte, state } = hpteView(run.vm, index);
      const words = state === 'free' ? [] : [v, r & ~frameBits, guestRpte];
      return [label, state, ...words.map((word) => word.toString(16))].join(' ');
    })
    .join('\n');
  const wrong = statements.flatMap(({ expectations }) => expectations).find((one) => !one.passed);
  const failed = wrong === undefined ? undefined : `expected ${wrong.expected}, seen ${wrong.seen}`;
  return { passed, final, failed };
}

/** Leaves out every line without which the draft passes and ends as before. */
export function minimised(draft: Draft): Draft {
  const { final } = tryDraft(draft);
  let { lines } = draft;
  for (let again = true; again; ) {
    again = false;
    for (const one of lines.filter(({ droppable }) => droppable)) {
      const without = lines.filter((other) => other !== one);
      const trial = tryDraft({ ...draft, lines: without });
      if (trial.passed && trial.final === final) {
        lines = without;
        again = true;
      }
    }
  }
  return { ...draft, lines: lines as readonly DraftLine[] };
}
