// A live trace followed in VS Code: the views show what comes, a pause stops at its end, the end of the session lets go of the file.

import { strict as assert } from 'node:assert';
import { appendFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import { commands } from '../../src/extension/ids';
import { unmapLines } from '../support/liveTrace';
import { becomes, extensionApi, write } from './support';

describe('following a live trace', () => {
  let api: ExtensionApi;

  before(async () => {
    api = await extensionApi();
  });

  afterEach(() => vscode.debug.stopDebugging());

  it('shows events as they come, travels in what has come, and ends cleanly', async () => {
    const trace = await write('live.trace.txt', unmapLines(0, 3));
    await vscode.commands.executeCommand(commands.followTrace, trace);
    const standing = () => [api.session.run?.position, api.session.run?.length].join(' of ');
    await becomes(standing, (at) => at === '2 of 3', 'the three events that were there');
    appendFileSync(trace.fsPath, unmapLines(3, 10));
    await becomes(standing, (at) => at === '9 of 10', 'the seven that came');
    const { run } = api.session;
    assert.match(run?.source(9).text ?? '', /^kvm_unmap_hva_range/);

    await vscode.commands.executeCommand('workbench.action.debug.pause');
    await api.session.goTo(4);
    await becomes(standing, (at) => at === '4 of 10', 'moment 5');
    appendFileSync(trace.fsPath, unmapLines(10, 12));
    await becomes(standing, (at) => at === '4 of 12', 'what came while it was paused');
    assert.equal(api.session.run, run);

    await vscode.debug.stopDebugging();
    await becomes(
      () => api.session.run,
      (open) => open === null,
      'the run to be closed',
    );
  });
});
