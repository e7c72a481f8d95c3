// Replays recording folders in both keyframe modes, with and without facts, and writes the table "Measured" of docs/traces.md.
//
//   node scripts/replayTable.mjs FOLDER...
//
// A row for each way of replaying a folder, named after it. It fails, and writes nothing, when a field is wrong anywhere, when the
// causes of a field do not sum to its unknown entries, or when a folder cannot be replayed.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fail, note, root } from './lib/say.mjs';

/** @typedef {{ equal: number, unknown: number, wrong: number, causes: Record<string, number> }} Count */
/** @typedef {{ checkpoints: number, entries: number, fields: Record<string, Count> }} Report */

const page = join(root, 'docs', 'traces.md');
const fields = ['state', 'dword0', 'guest', 'frame', 'rc'];
const head = [
  `| capture | keyframes | facts | dumps | entries | ${fields.join(' | ')} | why states are unknown |`,
  `|${'---|'.repeat(fields.length + 6)}`,
];

/** @param {string} folder @param {readonly string[]} options @returns {Report} */
function replay(folder, options) {
  const args = [join(root, 'dist', 'cli.js'), 'replay', resolve(folder), '--json', ...options];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 30 }));
}

/** @param {string} name @param {Report} report */
function check(name, report) {
  for (const field of fields) {
    const { equal, unknown, wrong, causes } = /** @type {Count} */ (report.fields[field]);
    const told = Object.values(causes).reduce((sum, count) => sum + count, 0);
    if (wrong !== 0 || told !== unknown || equal + unknown !== report.entries) {
      fail(`${name}: ${field}: ${wrong} wrong, ${unknown} unknown, ${told} of them with a cause`);
    }
  }
}

/** @param {string} folder @returns {string[]} */
function rowsOf(folder) {
  const rows = [];
  for (const facts of existsSync(join(folder, 'facts.jsonl')) ? ['yes', 'no'] : ['-']) {
    for (const keyframes of ['first', 'all']) {
      const report = replay(folder, ['--keyframes', keyframes, ...(facts === 'no' ? ['--no-facts'] : [])]);
      const name = basename(resolve(folder));
      check(`${name}, keyframes ${keyframes}, facts ${facts}`, report);
      const shares = fields.map((field) => {
        const { unknown } = /** @type {Count} */ (report.fields[field]);
        return `${((100 * unknown) / Math.max(1, report.entries)).toFixed(1)} %`;
      });
      const causes = Object.entries(/** @type {Count} */ (report.fields.state).causes).map(([why, n]) => `${why} ${n}`);
      const row = `| ${[name, keyframes, facts, report.checkpoints, report.entries, ...shares, causes.join(', ')].join(' | ')} |`;
      note(row);
      rows.push(row);
    }
  }
  return rows;
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  fail('node scripts/replayTable.mjs FOLDER...: recording folders are missing');
}
const rows = folders.flatMap(rowsOf);
const text = readFileSync(page, 'utf8');
const start = text.indexOf('| capture | keyframes |');
if (start < 0) {
  fail(`${page} has no table of captures`);
}
const end = text.indexOf('\n\n', start);
writeFileSync(page, text.slice(0, start) + [...head, ...rows].join('\n') + text.slice(end));
