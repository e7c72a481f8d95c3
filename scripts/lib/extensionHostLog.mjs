// What the extension hosts of a VS Code server logged: an exception that escapes from our extension shows up only there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Lists the log files of the extension hosts that a server has started so far.
 * @param {string} dataFolder the server's data folder
 * @returns {string[]} absolute paths
 */
export function extensionHostLogs(dataFolder) {
  const logs = join(dataFolder, 'data', 'logs');
  if (!existsSync(logs)) {
    return [];
  }
  return readdirSync(logs, { recursive: true, encoding: 'utf8' })
    .filter((name) => basename(name) === 'remoteexthost.log')
    .map((name) => join(logs, name));
}

/** What VS Code says of a tree that was about to be shown anew when the window was closed. */
const closing = /Unable to refresh tree view \S+: Canceled\s*$/;

/**
 * Finds errors that concern our extension.
 * @param {readonly string[]} files absolute paths of extension host logs
 * @returns {string[]} each error with its stack
 */
export function extensionErrors(files) {
  return files
    .flatMap((file) => readFileSync(file, 'utf8').split(/^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \[)/m))
    .filter((entry) => /^\S+ \S+ \[error\]/.test(entry) && /hptscope|[\\/]dist[\\/]extension\.js/i.test(entry))
    .filter((entry) => !closing.test(entry));
}
