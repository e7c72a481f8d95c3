// Debugger transcripts: every sample is walked forwards moment by moment, and the walk back must show the same stops with the
// same variables in reverse order. What a walk by breakpoints shows is kept in transcripts/NAME.txt, for people to read;
//   HPTSCOPE_GOLDEN=write npm test -- --only golden
// writes these files anew.

import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setExceptionBreakpoints } from '../../src/debug/breakpoints';
import { Debuggee } from '../../src/debug/debuggee';
import { loadRun } from '../../src/debug/load';
import type { Direction } from '../../src/debug/moments';
import { scopesAt } from '../../src/debug/scopes';
import { PRESETS } from '../../src/debug/stepping';
import { References, variablesOf } from '../../src/debug/variables';
import { EVENT_NAMES, eventText } from '../../src/model/events';
import { nodeDecompressors } from '../../src/platform/node/decoders';
import { nodeFiles } from '../../src/platform/node/files';
import { runScenario } from '../../src/scenario/runner';
import { atOnce } from '../../src/timeline/slices';
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

/**
 * Walks forward from a moment by steps over while `within` holds, and from the last stop back: the stops are the same, with equal
 * variables.
 */
async function sameBothWays(debuggee: Debuggee, from: number, within: () => boolean = () => true): Promise<void> {
  const walk = async (direction: Direction): Promise<string[]> => {
    const stops: string[] = [];
    while ((await debuggee.stepOver(direction)).reason === 'step' && debuggee.position > from && within()) {
      stops.push(shown(debuggee, 0));
      last = debuggee.position;
    }
    return stops;
  };
  let last = from;
  debuggee.goTo(from);
  const forward = await walk(1);
  debuggee.goTo(last);
  const backward = last === from ? [] : [shown(debuggee, 0), ...(await walk(-1))];
  assert.deepEqual(backward.reverse(), forward, `from moment ${from + 1}`);
}

/** First moments of the outermost kernel paths that nothing races. */
function entriesOf({ run }: Debuggee): number[] {
  const entries: number[] = [];
  for (let m = 1; m < run.length; m++)
    if (run.isStatement(m - 1) && run.depth(m) === 1 && run.interruptedAt(m) < 0) entries.push(m);
  return entries;
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

      for (const { name: preset } of PRESETS) {
        it(`steps over the same moments in both directions: ${preset}`, async () => {
          const debuggee = open(name);
          debuggee.stepping = preset;
          await sameBothWays(debuggee, 0);
        });

        it(`steps over the same moments of a kernel path in both directions: ${preset}`, async () => {
          const debuggee = open(name);
          debuggee.stepping = preset;
          const { run } = debuggee;
          for (const entry of entriesOf(debuggee)) {
            const statement = run.statementOf(entry);
            await sameBothWays(
              debuggee,
              entry,
              () => !run.isStatement(debuggee.position) || run.interruptedAt(debuggee.position) >= statement,
            );
          }
        });
      }

      it('follows each label over the same moments in both directions', async () => {
        const debuggee = open(name);
        for (const label of debuggee.labels.keys()) {
          for (const { name: preset } of PRESETS) {
            debuggee.stepping = preset;
            await debuggee.follow({ what: 'label', name: label });
            await sameBothWays(debuggee, 0);
          }
        }
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
        atOnce(setExceptionBreakpoints(debuggee, { filters: EVENT_NAMES.filter((kind) => !quiet.test(kind)) }));
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

  describe('the recording of a real host', () => {
    let debuggee: Debuggee;
    before(async () => {
      const folder = inRepository('samples/recordings/power9-64k');
      const from = {
        files: nodeFiles(folder),
        decompressors: nodeDecompressors,
        pathOf: (name: string) => join(folder, name),
      };
      const loaded = await loadRun('hptscope.json', from, { cancelled: false, report: () => {} });
      debuggee = new Debuggee(loaded, { log: () => assert.fail('no log point is set'), trouble: assert.fail });
    });

    it('shows the same moments, backwards, with the same variables', async () => {
      debuggee.goTo(0);
      const forward = [shown(debuggee, 1)];
      while ((await debuggee.stepInto(1)).reason === 'step') forward.push(shown(debuggee, 1));
      assert.equal(forward.length, debuggee.run.length);
      const backward = [shown(debuggee, 1)];
      while ((await debuggee.stepInto(-1)).reason === 'step') backward.push(shown(debuggee, 1));
      assert.deepEqual(backward.reverse(), forward);
    });

    it('shows no argument of a kernel path as known that the trace does not tell', () => {
      const { run } = debuggee;
      const [absent] = run.eventsOf('hpte.absent');
      assert.ok(absent !== undefined);
      debuggee.goTo(run.eventMomentOf(absent));
      assert.match(shown(debuggee, 0), /\n {4}gfn: 0x100\n {4}rmap: unknown\n/);
    });

    for (const { name: preset } of PRESETS) {
      it(`steps over the same moments in both directions: ${preset}`, async () => {
        debuggee.stepping = preset;
        await sameBothWays(debuggee, 0);
      });
    }

    it('follows a guest page and a vCPU over the same moments in both directions', async () => {
      debuggee.stepping = 'everything';
      await debuggee.follow({ what: 'vcpu', value: 0n });
      await sameBothWays(debuggee, 0);
      const gfn = BigInt(debuggee.run.vm.state.slots[0]?.baseGfn ?? 0);
      await debuggee.follow({ what: 'gfn', value: gfn });
      await sameBothWays(debuggee, 0);
    });
  });
});
