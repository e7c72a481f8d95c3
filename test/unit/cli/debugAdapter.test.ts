// `hptscope debug-adapter` as another editor uses it: a process that speaks the protocol on its standard streams.

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { buildSync } from 'esbuild';
import { inRepository } from '../../repository';

describe('hptscope debug-adapter', () => {
  let folder: string;
  let client: DebugClient;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    const outfile = join(folder, 'cli.js');
    buildSync({
      absWorkingDir: inRepository('.'),
      entryPoints: ['src/cli/main.ts'],
      bundle: true,
      platform: 'node',
      target: 'node20',
      outfile,
      logLevel: 'error',
    });
    // the client starts a program without arguments
    const program = join(folder, 'adapter.js');
    writeFileSync(program, "process.argv.push('debug-adapter');\nrequire('./cli.js');\n");
    client = new DebugClient('node', program, 'hpt');
  });

  after(async () => {
    await client.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('debugs a sample', async () => {
    await client.start();
    await client.initializeRequest();
    const stopped = client.waitForEvent('stopped');
    const configured = client.waitForEvent('initialized').then(() => client.configurationDoneRequest());
    const program = inRepository('samples/page-out.hpt');
    await Promise.all([client.launchRequest({ program } as DebugProtocol.LaunchRequestArguments), configured]);
    assert.equal((await stopped).body.reason, 'entry');
  });
});
