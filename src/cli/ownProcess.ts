// A measurement in a process of its own: nothing that another one left behind, in the heap or in the compiled code, weighs on it.

import { spawn } from 'node:child_process';

/**
 * Runs this command again with other arguments.
 * @returns what it prints, as JSON
 * @throws Error when it ends with another code than 0
 */
export function inOwnProcess<T>(args: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (piece: string) => {
    text += piece;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done(JSON.parse(text) as T);
      else fail(new Error(`${args.join(' ')} ended with code ${code}`));
    });
  });
}
