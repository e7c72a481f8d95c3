// The worker of the extension for tests on Node: bundled as the build does it.

import { join } from 'node:path';
import { build } from 'esbuild';
import { repository } from '../repository';

/** Bundles src/platform/node/worker.ts and answers the script's path. */
export async function bundledWorker(): Promise<string> {
  const outfile = join(repository, 'out', 'test', 'worker.js');
  await build({
    entryPoints: [join(repository, 'src', 'platform', 'node', 'worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
  });
  return outfile;
}
