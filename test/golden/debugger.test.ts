// Debugger transcripts: every sample is walked forwards moment by moment, and the walk back must show the same stops with the
// same variables in reverse order. What a walk by breakpoints shows is kept in transcripts/NAME.txt, for people to read;
//   HPTSCOPE_GOLDEN=write npm test -- --only golden
// writes these files anew.

import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setExceptionBreakpoints } from '../../src/debug/breakpoints';
import { Debuggee } from '../../src/debug/debuggee';
import { scopesAt } from '../../src/debug/scopes';
import { References, variablesOf } from '../../src/debug/variables';
import { EVENT_NAMES, eventText } from '../../src/model/events';
import { runScenario } from '../../src/scenario/runner';
import { inRepository } from '../repository';

const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));
const transcripts = inRepository('test/golden/transcripts');
const writing = process.env.HPTSCOPE_GOLDEN === 'write';

function open(name: string): Debuggee {
  const ran = runScenario(readFileSync(inRepository(join('samples', name)), 'utf8'), name);
  if ('problems' in ran) throw new Error(ran.problems.map(({ message }) => message).join('\n'));
  return new Debuggee(
    { run: ran.run, labels: ran.labels, path: name, problems: [] },
    { log: () => assert.fail('no log point is set'), trouble: assert.fail },
  );
}

/** Everything that a stop shows: the stacks of all actors, and each scope. */
function shown(debuggee: Debuggee, depth: number): string {
  const { run, actors, labels, position } = debuggee;
  const lines: string[] = [`moment ${position + 1}, ${debuggee.actor.name}`];
  for (const event of run.events(position)) lines.push(`  ! ${eventText(event)}`);
  for (const actor of actors.all) {
    for (const entry of actors.stack(actor, position)) {
      const step =
        entry.kind === 'path'
          ? `${entry.at.path.fn}: ${entry.at.text}`
          : `line ${entry.source.line + 1}: ${entry.source.text}`;
      lines.push(`  ${actor.name} | ${step}`);
    }
  }
  const [innermost] = actors.stack(debuggee.actor, position);
  const frame = innermost?.kind === 'path' ? innermost : undefined;
  const references = new References();
  for (const { title, make } of scopesAt(run, labels, debuggee.actor.name, frame)) {
    if (title === 'Moment') continue;
    lines.push(`  ${title}`);
    const below = (reference: ReturnType<References['get']>, level: number): void => {
      if (reference === undefined) return;
      for (const { name, value, variablesReference } of variablesOf(run, references, reference, { compare: true })) {
        lines.push(`${'  '.repeat(level + 1)}${name}: ${value}`);
        if (level < depth && variablesReference > 0) below(references.get(variablesReference), level + 1);
      }
    };
    below(make, 1);
  }
  assert.equal(run.position, position, 'looking moves nothing');
  return lines.join('\n');
}

/** What a person reads of a stop: events, stacks, and the variables that this moment changed. */
function essence(stop: string): string {
  const lines = stop.split('\n');
  return lines
    .filter((line) => !line.startsWith('  ') || /^ {2}(!|[^|]* \| )/.test(line) || line.includes('  (before '))
    .join('\n');
}

describe('golden transcripts', function () {
  this.timeout(60_000);

  it('are there for every sample, and for nothing else', () => {
    assert.ok(samples.length >= 8);
    if (writing) return;
    assert.deepEqual(readdirSync(transcripts).sort(), samples.map((name) => name.replace(/\.hpt$/, '.txt')).sort());
  });

  for (const name of samples) {
    describe(name, () => {
      it('shows the same moments, backwards, with the same variables', async () => {
        const debuggee = open(name);
        const forward = [shown(debuggee, 1)];
        while ((await debuggee.stepInto(1)).reason === 'step') forward.push(shown(debuggee, 1));
        assert.equal(forward.length, debuggee.run.length);
        const backward = [shown(debuggee, 1)];
        while ((await debuggee.stepInto(-1)).reason === 'step') backward.push(shown(debuggee, 1));
        assert.deepEqual(backward.reverse(), forward);
      });

      it('steps over the same lines in both directions', async () => {
        const debuggee = open(name);
        const forward = [debuggee.position];
        while ((await debuggee.stepOver(1)).reason === 'step') forward.push(debuggee.position);
        debuggee.goTo(forward.at(-1) ?? 0);
        const backward = [debuggee.position];
        while ((await debuggee.stepOver(-1)).reason === 'step') backward.push(debuggee.position);
        assert.deepEqual(backward.reverse(), forward);
      });

      it('stops at the same events in both directions, as the transcript says', async () => {
        const debuggee = open(name);
        const quiet = /^(hcall\.|access\.done|rmap\.|tlbie|host\.|notifier\.end)/;
        setExceptionBreakpoints(debuggee, { filters: EVENT_NAMES.filter((kind) => !quiet.test(kind)) });
        const forward: string[] = [];
        for (
          let stop = await debuggee.continue(1, true);
          stop.reason === 'breakpoint';
          stop = await debuggee.continue(1)
        )
          forward.push(shown(debuggee, 1));
        const backward: string[] = [];
        for (
          let stop = await debuggee.continue(-1, true);
          stop.reason === 'breakpoint';
          stop = await debuggee.continue(-1)
        )
          backward.push(shown(debuggee, 1));
        assert.deepEqual(backward.reverse(), forward);

        const file = join(transcripts, name.replace(/\.hpt$/, '.txt'));
        const text = `${forward.map(essence).join('\n\n')}\n`;
        if (writing) {
          mkdirSync(transcripts, { recursive: true });
          writeFileSync(file, text);
        }
        assert.ok(existsSync(file), `${file} is missing: HPTSCOPE_GOLDEN=write makes it`);
        assert.equal(text, readFileSync(file, 'utf8'));
      });
    });
  }
});
