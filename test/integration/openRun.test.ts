// "Open run without debugging" in the real extension host: a scenario, a recording of a real kernel, a dump; and inputs that are
// none of these, which are told and open nothing.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { LoadError } from '../../src/debug/host';
import type { ExtensionApi } from '../../src/extension/activate';
import { commands } from '../../src/extension/ids';
import { memslotNodes } from '../../src/extension/viewModels/memslots';
import { cellState, stateOfCell } from '../../src/protocol';
import { becomes, extensionApi, inWorkspace, momentOf, nodeOf, openView, write } from './support';

const control = { cancelled: false, report: () => {} };

describe('open run without debugging', () => {
  let api: ExtensionApi;

  before(async () => {
    api = await extensionApi();
  });

  afterEach(() => api.session.clear());

  it('opens a scenario: absent at hpte.absent in tree and heatmap, valid after the step back', async () => {
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('page-out.hpt'));
    const { run } = openView(api);
    await api.session.goTo(momentOf(run, 'hpte.absent'));
    const entry = () => nodeOf(memslotNodes(openView(api)), /^a {2}/);
    assert.match(entry()?.description ?? '', /^absent/);
    const index = entry()?.hpte ?? -1;
    const cell = () => stateOfCell(api.heatmap.source?.cells(index, index + 1)[0] ?? 0);
    assert.equal(cell(), 'absent');
    assert.match(nodeOf(memslotNodes(openView(api)), /^rmap$/)?.description ?? '', /present · head b/);
    await api.session.goTo(run.position - 1);
    assert.equal(cell(), 'valid');
    assert.match(entry()?.description ?? '', /^valid/);
  });

  it('opens a recording: the heatmap shows its dumps, and nothing before the first', async () => {
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('recordings/power9-64k/hptscope.json'));
    const view = openView(api);
    const { run } = view;
    await api.session.goTo(0);
    const source = api.heatmap.source;
    assert.ok(source);
    const cells = () => source.cells(0, source.table.npteg * 8);
    assert.equal(cells()[0], cellState.free, 'the machine has not run yet');
    await api.session.goTo(run.length - 1);
    assert.equal(view.tableUnknown, false);
    assert.ok(
      cells().some((cell) => stateOfCell(cell) === 'valid'),
      'no valid entry',
    );
    assert.match(source.moment, /entries unknown|every entry is known/);
  });

  it('opens a dump', async () => {
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('recordings/power9-64k/dumps/017.htab'));
    const { run } = openView(api);
    assert.equal(run.kind, 'dump');
    assert.match(api.heatmap.source?.moment ?? '', /the state of every entry is known/);
  });

  it('tells what is wrong with an empty file, a binary file and a text that is nothing', async () => {
    const binary = Uint8Array.from({ length: 4096 }, (_, at) => (at * 197) & 0xff);
    const bad: [vscode.Uri, RegExp][] = [
      [await write('empty.ftrace', ''), /empty/],
      [await write('binary.ftrace', binary), /binary|no text/],
      [await write('binary.hpt', binary), /no text|UTF-8/],
      [await write('prose.trace.txt', 'Once upon a time\nthere was a page.\n'), /./],
      [inWorkspace('missing.ftrace'), /no such file/],
      [inWorkspace('missing.hpt'), /no such file/],
    ];
    for (const [uri, expected] of bad) {
      await assert.rejects(
        api.load(uri, control),
        (error) => error instanceof Error && expected.test(error.message),
        uri.path,
      );
      await vscode.commands.executeCommand(commands.openRun, uri);
      assert.equal(api.session.run, null, uri.path);
    }
  });

  it('loads a trace that is cut in mid-line up to the cut', async () => {
    const whole = await vscode.workspace.fs.readFile(inWorkspace('recordings/power9-64k/trace.txt'));
    const cut = await write('cut.trace.txt', whole.subarray(0, Math.floor(whole.length * 0.6) + 7));
    const { run, problems } = await api.load(cut, control);
    assert.ok(run.length > 100, `${run.length} moments`);
    assert.ok(
      problems.some(({ message, line }) => /cut|end/i.test(message) && line > 10),
      JSON.stringify(problems),
    );
  });

  it('runs no scenario with mistakes, and gives each its place', async () => {
    const uri = await write('mistakes.hpt', 'machine power9 linux-6.1 order 18 page 4K\nmemslat 0\nstore nobody\n');
    await assert.rejects(api.load(uri, control), (error) => {
      // the extension's own LoadError: this file is bundled apart from it
      assert.ok(error instanceof Error && 'problems' in error);
      const { problems } = error as LoadError;
      assert.deepEqual(
        problems.map(({ line }) => line),
        [1, 2],
      );
      return true;
    });
  });

  it('shows the heatmap when a run is opened', async () => {
    await vscode.commands.executeCommand(commands.openRun, inWorkspace('page-out.hpt'));
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
    await becomes(
      () => tabs().join(', '),
      (labels) => labels.includes('HPT heatmap'),
      'the heatmap to be open',
    );
  });
});
