// What the scripts say to a person: headings, progress and how long things took.

import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's top folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

const colour = process.stdout.isTTY && !process.env.NO_COLOR;

/** @param {string} code @param {string} text */
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** @param {string} text */
export function heading(text) {
  console.log(`\n${paint('1', `== ${text}`)}`);
}

/** @param {string} text */
export function note(text) {
  console.log(`   ${text}`);
}

/** @param {string} text */
export function problem(text) {
  console.error(paint('31', text));
}

/**
 * Runs one step, saying what it does and how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T> | T} step
 * @returns {Promise<T>}
 */
export async function timed(what, step) {
  const start = performance.now();
  note(`${what} ...`);
  const result = await step();
  note(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** An error whose message is all that a person needs: printed without a stack. */
export class Explained extends Error {}

/**
 * The last resort of every script: prints the error and ends with exit code 1.
 * @param {unknown} error
 */
export function fail(error) {
  if (error instanceof Explained) {
    problem(error.message);
  } else {
    problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  process.exit(1);
}

/** Ctrl-C and the like end the script by `process.exit`, so that what it started ends with it. */
export function endOnSignals() {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => process.exit(130));
  }
}
