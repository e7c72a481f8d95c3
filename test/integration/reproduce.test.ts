// "Reproduce This Moment as a Scenario": a fault of a real host becomes a scenario in a new file, which passes its own expectations.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import { commands, languages } from '../../src/extension/ids';
import type { Judgement } from '../../src/extension/testing';
import { extensionApi, inWorkspace, momentOf, openView } from './support';

describe('reproducing a moment of a trace', () => {
  let api: ExtensionApi;

  before(async () => {
    api = await extensionApi();
  });

  afterEach(() => api.session.clear());

  it('opens a scenario that passes its own expectations', async () => {
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('recordings/power9-64k/hptscope.json'));
    const { run } = openView(api);
    await api.session.goTo(momentOf(run, 'fault.exit'));
    await vscode.commands.executeCommand(commands.reproduce);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    assert.equal(document.languageId, languages.scenario);
    assert.match(document.getText(), /^# kvm_page_fault_enter: event \d+, 6\.\d+ of /);
    const judgement = await vscode.commands.executeCommand<Judgement>(commands.runScenario, document.uri);
    assert.ok(judgement.expectations > 0);
    assert.deepEqual(judgement.failures, []);
  });

  it('opens nothing for the run of a scenario', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('page-out.hpt'));
    await vscode.commands.executeCommand(commands.reproduce);
    assert.equal(vscode.window.activeTextEditor, undefined);
  });
});
