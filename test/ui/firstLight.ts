// The first minute with HPT Scope, driven: open the sample, F5, continue to "HPTE marked absent", step back. Shared by
// `npm start -- --smoke` and the user interface tests.

import { strict as assert } from 'node:assert';
import { basename } from 'node:path';
import { becomes, type Connection, Workbench } from './workbench';

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
    say(`stopped at line ${await workbench.stoppedLine()}; continuing to "HPTE marked absent"`);
    await workbench.setExceptionFilter('HPTE marked absent', true);
    const moment = () => workbench.webview().locator('.headings h1').innerText();
    await workbench.debug('Continue', moment, (text) => text.includes('hpte.absent'));
    await workbench.openSideBar();
    const page = async () => (await workbench.treeRows('Memslots')).find(({ label }) => label === 'gfn 0x10');
    await becomes(page, (row) => /absent a/.test(row?.description ?? ''), 'the page to show its absent entry');
    await workbench.screenshot(picture);
    say(`stopped at ${await moment()}; stepping back`);
    await workbench.debug('Step Back', moment, (text) => !text.includes('hpte.absent'));
    await becomes(page, (row) => !/absent/.test(row?.description ?? ''), 'the entry to be valid again');
    assert.deepEqual(workbench.extensionErrors(), [], 'the extension host logged errors');
  } catch (error) {
    await workbench.screenshot('first-light-failed');
    throw error;
  } finally {
    await workbench.close();
  }
}
