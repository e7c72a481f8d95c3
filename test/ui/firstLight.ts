// The first minute with HPT Scope, driven: open the sample, F5, continue to "HPTE marked absent", step back. Shared by
// `npm start -- --smoke` and the user interface tests.

import { strict as assert } from 'node:assert';
import { basename } from 'node:path';
import { type Connection, Workbench } from './workbench';

/** What the walk needs. */
export interface FirstLight {
  readonly connection?: Connection;
  /** Workspace folder and sample in it, absolute. */
  readonly folder: string;
  readonly sample: string;
  /** Where the picture goes, absolute. */
  readonly picture: string;
  /** Receives a line at each step. */
  readonly say: (text: string) => void;
}

/** Walks through the sample; rejects with what did not happen. */
export async function firstLight({ connection, folder, sample, picture, say }: FirstLight): Promise<void> {
  const workbench = await Workbench.open({ folder, open: basename(sample) }, connection);
  try {
    say('VS Code is open; F5');
    await workbench.startDebugging();
    const entry = await workbench.stoppedLine();
    say(`stopped at line ${entry}; continuing to "HPTE marked absent"`);
    await workbench.setExceptionFilter('HPTE marked absent', true);
    const stopped = () => workbench.stoppedLine();
    const absent = await workbench.debug('Continue', stopped, (line) => line > entry);
    say(`stopped at line ${absent}; stepping back`);
    await workbench.openSideBar();
    await workbench.screenshot(picture);
    await workbench.debug('Step Back', stopped, (line) => line > 0 && line < absent);
    assert.deepEqual(workbench.extensionErrors(), [], 'the extension host logged errors');
  } catch (error) {
    await workbench.screenshot('first-light-failed');
    throw error;
  } finally {
    await workbench.close();
  }
}
