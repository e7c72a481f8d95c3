// How Chromium is started: without a screen, without the network (this machine's own addresses excepted).

/**
 * Launch options for playwright-core.
 * @param {string} executablePath
 * @returns {import('playwright-core').LaunchOptions}
 */
export function chromiumOptions(executablePath) {
  const args = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost',
  ];
  const isRoot = process.getuid?.() === 0;
  return { executablePath, headless: true, args: isRoot ? [...args, '--no-sandbox'] : args };
}
