// Child processes of the scripts: started without a shell, their output shown or kept, their exit code checked.

import { spawn } from 'node:child_process';
import { Explained, root } from './say.mjs';

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, allowFailure?: boolean }} [options]
 *   quiet: keep the output and show it only when the program fails; allowFailure: a non-zero exit code is an answer
 * @returns {Promise<{ code: number, output: string }>} output is empty unless quiet
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env, quiet = false, allowFailure = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => reject(new Explained(`Cannot start ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      const status = code ?? 1;
      if (status !== 0 && !allowFailure) {
        const how = signal ? `was ended by ${signal}` : `exited with code ${status}`;
        reject(new Explained(`${command} ${args.join(' ')} ${how}.\n${output.slice(-6000)}`));
      } else {
        resolve({ code: status, output });
      }
    });
  });
}

/** npm's own command line, run by this Node. @type {readonly [string, readonly string[]]} */
const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];

/**
 * Runs npm without questions.
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runNpm(args, options = {}) {
  const env = {
    ...(options?.env ?? process.env),
    npm_config_yes: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  return run(npm[0], [...npm[1], ...args], { ...options, env });
}
