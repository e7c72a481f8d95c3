// The emulator against what the real kernel code answered: every operation of every vector file. test/data/vectors holds
// random sequences of both kernels and short crafted ones, each about one quirk; src/cli/vectors.ts tells their form.

import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../../src/cli/command';
import { conform } from '../../src/cli/conform';
import { EVENT_NAMES, EVENT_WORDS } from '../../src/model/events';
import { PATHS } from '../../src/model/listing';
import { type Log, REC_ENTER, REC_EVENT, REC_LEAVE, REC_STEP, readLog } from '../../src/model/log';
import { nodeFiles } from '../../src/platform/node/files';
import { inRepository } from '../repository';

const vectors = inRepository('test/data/vectors');
const files = nodeFiles(vectors);

/** Operations in each folder: a file that is lost or cut short must not pass unnoticed. */
const OPERATIONS: Readonly<Record<string, number>> = { crafted: 332, 'linux-3.4': 28733, 'linux-6.1': 28743 };

const announced = new Set<number>();
const raised = new Set<number>();

/** Collects listing lines and events; every frame that an operation enters must be left. */
function look(log: Log): void {
  let depth = 0;
  readLog(log, 0, log.end, EVENT_WORDS, (type, value) => {
    if (type === REC_STEP) announced.add(value);
    if (type === REC_EVENT) raised.add(value);
    if (type === REC_ENTER) depth++;
    if (type === REC_LEAVE) depth--;
    assert.ok(depth >= 0, 'a frame is left that was not entered');
  });
  assert.equal(depth, 0, 'a frame is not left');
}

for (const [folder, operations] of Object.entries(OPERATIONS)) {
  describe(`vectors ${folder}`, () => {
    let seen = 0;
    for (const file of readdirSync(join(vectors, folder)).sort()) {
      it(file, async () => {
        const { passed, failed, first } = conform(await readText(files, join(folder, file)), look);
        assert.equal(failed, 0, first ?? '');
        seen += passed;
      });
    }
    it('are complete', () => assert.equal(seen, operations));
  });
}

describe('the listing', () => {
  it('has no line that the vectors do not reach, but two that test/unit/model reaches: the TLB is off, PPC970 has no HDSI', () => {
    const missing = PATHS.flatMap(({ id, key, lines }) =>
      lines.filter((_, line) => !announced.has((id << 6) | line)).map((line) => `${key}.${line.key}`),
    );
    assert.deepEqual(missing, ['access.tlb', 'page_fault.noNotifiers']);
  });
});

describe('the event table', () => {
  it('has no event that the vectors do not raise, but those of a TLB, of replay and of broken invariants', () => {
    const missing = EVENT_NAMES.filter((_, code) => !raised.has(code));
    assert.deepEqual(missing, ['tlb.stale', 'replay.divergence', 'invariant.broken']);
  });
});

describe('vectors with a wrong answer', () => {
  let text: string;
  before(async () => {
    text = await readText(files, join('crafted', 'linux-6.1_race_before_lock.jsonl.gz'));
  });

  /** Makes every leaf of every answer wrong, one at a time, and counts the ones that are not noticed. */
  it('fail, whichever field of whichever answer it is', () => {
    const lines = text.trimEnd().split('\n');
    let changed = 0;
    lines.forEach((line, at) => {
      const record = JSON.parse(line);
      if (!('in' in record)) return;
      for (const wrong of eachLeafWrong(record.out)) {
        const spoilt = [...lines.slice(0, at), JSON.stringify({ in: record.in, out: wrong }), ...lines.slice(at + 1)];
        const { failed, first } = conform(spoilt.join('\n'));
        assert.equal(failed, 1, `line ${at + 1}: ${JSON.stringify(wrong)}`);
        assert.match(first ?? '', new RegExp(`^line ${at + 1}: `));
        changed++;
      }
    });
    assert.equal(changed, 64);
  });

  it('fail when a field is missing or one too many', () => {
    const lines = text.trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('"access"'));
    const record = JSON.parse(lines[at] ?? '');
    const spoil = (out: unknown): string =>
      [...lines.slice(0, at), JSON.stringify({ in: record.in, out }), ...lines.slice(at + 1)].join('\n');
    const { tlbie: _, ...missing } = record.out;
    assert.equal(conform(spoil(missing)).failed, 1);
    assert.equal(conform(spoil({ ...record.out, more: 1 })).failed, 1);
    assert.equal(conform(spoil(record.out)).failed, 0);
  });
});

/** Copies of a JSON value, each with another leaf changed. */
function* eachLeafWrong(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++)
      for (const wrong of eachLeafWrong(value[i])) yield [...value.slice(0, i), wrong, ...value.slice(i + 1)];
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      for (const wrong of eachLeafWrong(inner)) yield { ...value, [key]: wrong };
  } else yield typeof value === 'number' ? value + 1 : `${value}0`;
}
