// One run of tests inside an extension host that a page in Chromium starts, whether the host is on Node or in the browser.

import { Explained } from './say.mjs';

/** Console lines of a healthy workbench that tell a reader nothing. */
const noise =
  /404|favicon|vsda|serviceWorker|Service Worker|same-origin iframe|allow-scripts|Ignoring fetching|connection token|socket|\[driver\]|AgentHost|AccountPolicyGate|grace time|builtin extensions cache/;

/**
 * Opens an address whose payload names a test entry, and waits for the run's end.
 * @param {{ page: import('playwright-core').Page, address: string, minutes: number, onLog?: (text: string) => void }} options
 *   onLog: receives what the workbench and its extension host log, as "info: text"
 * @returns {Promise<number>} the exit code that VS Code reports. It reports 0 as well when its extension host was killed: ask
 *   the result file too.
 */
export async function runInPage({ page, address, minutes, onLog }) {
  /** @type {string[]} */
  const recent = [];
  const log = (/** @type {string} */ text) => {
    if (!noise.test(text)) {
      recent.push(text);
      recent.splice(0, recent.length - 40);
    }
  };
  /** @type {(code: number) => void} */
  let finish = () => {};
  /** @type {Promise<number>} */
  const exited = new Promise((resolve) => {
    finish = resolve;
  });
  await page.exposeFunction('codeAutomationLog', (/** @type {string} */ type, /** @type {unknown[]} */ args) => {
    const text = `${type}: ${args.map(String).join(' ')}`;
    log(text);
    onLog?.(text);
  });
  await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => finish(code));
  page.on('pageerror', (error) => log(`page error: ${error.message}`));
  await page.goto(address);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const tooLong = new Promise((_, reject) => {
    const message = () =>
      `The tests did not end within ${minutes} minutes. The last that VS Code said:\n${recent.join('\n')}`;
    timer = setTimeout(() => reject(new Explained(message())), minutes * 60_000);
  });
  try {
    return await /** @type {Promise<number>} */ (Promise.race([exited, tooLong]));
  } finally {
    clearTimeout(timer);
  }
}
