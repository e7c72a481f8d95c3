// Runs of the samples, for the tests of the view models.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { RunSession } from '../../../src/extension/session';
import type { ViewNode } from '../../../src/extension/viewModels/node';
import type { EventName } from '../../../src/model/events';
import { runScenario, type ScenarioRun } from '../../../src/scenario/runner';
import type { Run } from '../../../src/timeline/run';
import { inRepository } from '../../repository';

/** Runs a scenario text, which must be without mistakes. */
export function ran(text: string, title = 'test.hpt'): ScenarioRun {
  const result = runScenario(text, title);
  assert.ok('run' in result, 'problems' in result ? JSON.stringify(result.problems) : '');
  return result;
}

/** Opens a sample at its first moment. */
export function openSample(name: string): { session: RunSession; run: Run } {
  return openText(readFileSync(inRepository(`samples/${name}`), 'utf8'), name);
}

export function openText(text: string, title = 'test.hpt'): { session: RunSession; run: Run } {
  const { run, labels } = ran(text, title);
  run.seek(0);
  const session = new RunSession();
  session.setRun({ run, labels, origin: `file:///${title}` });
  return { session, run };
}

/** The moment of the n-th event of a kind, from 0. */
export function momentOf(run: Run, kind: EventName, nth = 0): number {
  let seen = 0;
  for (let number = 0; number < run.eventCount; number++) {
    if (run.eventName(number) === kind && seen++ === nth) {
      return run.eventMomentOf(number);
    }
  }
  throw new Error(`the run has no ${kind} number ${nth}`);
}

/** A tree as indented lines, to be compared or looked through: marks of change stand in front. */
export function lines(nodes: readonly ViewNode[], depth = 9, level = 0): string[] {
  return nodes.flatMap((node) => {
    const mark = node.changed ? '* ' : '';
    const own = `${'  '.repeat(level)}${mark}${node.label}${node.description ? `: ${node.description}` : ''}`;
    return [own, ...(level < depth ? lines(node.children?.() ?? [], depth, level + 1) : [])];
  });
}

/** Every node of a tree. */
export function allNodes(nodes: readonly ViewNode[]): ViewNode[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.children?.() ?? [])]);
}
