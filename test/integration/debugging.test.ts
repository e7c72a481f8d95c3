// The first sample debugged through VS Code: F5, continue to "HPTE marked absent", step back; the views show the moment of each
// stop. Inputs that cannot be debugged end the session with a message.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import { debugType } from '../../src/extension/ids';
import { memslotNodes } from '../../src/extension/viewModels/memslots';
import { stateOfCell } from '../../src/protocol';
import { becomes, extensionApi, inWorkspace, nodeOf, openView, write } from './support';

interface Message {
  readonly type: string;
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: { readonly reason?: string; readonly threadId?: number; readonly output?: string };
}

/** Everything that debug adapters of our type have sent. */
const sent: Message[] = [];
const stops = () => sent.filter(({ event }) => event === 'stopped');

/** Starts a session; the answer says whether VS Code could. */
function start(program: vscode.Uri): Thenable<boolean> {
  sent.length = 0;
  const configuration = { type: debugType, request: 'launch', name: 'test', program: program.fsPath };
  return vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], configuration);
}

/** Does something that moves the run, and waits for the stop. */
async function toNextStop(act: () => Thenable<unknown>): Promise<Message> {
  const before = stops().length;
  await act();
  await becomes(
    () => stops().length,
    (count) => count > before,
    'the next stop',
  );
  return stops().at(-1) as Message;
}

async function stop(): Promise<void> {
  await vscode.debug.stopDebugging();
  await becomes(
    () => vscode.debug.activeDebugSession?.name,
    (name) => name === undefined,
    'the session to end',
  );
}

describe('debugging a scenario', () => {
  let api: ExtensionApi;
  let tracker: vscode.Disposable;

  before(async () => {
    api = await extensionApi();
    tracker = vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
      createDebugAdapterTracker: () => ({ onDidSendMessage: (message: Message) => sent.push(message) }),
    });
  });

  afterEach(stop);
  after(() => tracker.dispose());

  it('stops at hpte.absent with tree and heatmap absent; a step back makes both valid again', async () => {
    assert.ok(await start(inWorkspace('page-out.hpt')));
    await becomes(
      () => stops().length,
      (count) => count === 1,
      'the stop on entry',
    );
    assert.equal(openView(api).run.position, 0);
    const session = vscode.debug.activeDebugSession;
    assert.ok(session);
    await session.customRequest('setExceptionBreakpoints', { filters: ['hpte.absent'] });
    const stopped = await toNextStop(() => session.customRequest('continue', { threadId: 1 }));
    assert.equal(stopped.body?.reason, 'exception');

    const page = () => nodeOf(memslotNodes(openView(api)), /^gfn 0x10$/);
    assert.match(page()?.description ?? '', /absent a/);
    assert.match(nodeOf(page()?.children?.() ?? [], /^rmap$/)?.description ?? '', /present · head b/);
    const index = nodeOf(page()?.children?.() ?? [], /^a {2}/)?.hpte ?? -1;
    const cell = () => stateOfCell(api.heatmap.source?.cells(index, index + 1)[0] ?? 0);
    assert.equal(cell(), 'absent');
    assert.match(api.heatmap.source?.moment ?? '', /hpte\.absent/);

    await toNextStop(() => session.customRequest('stepBack', { threadId: 1 }));
    assert.equal(cell(), 'valid');
    assert.match(nodeOf(memslotNodes(openView(api)), /^a {2}/)?.description ?? '', /^valid/);
  });

  it('lets the debug session travel when a view goes to a moment', async () => {
    assert.ok(await start(inWorkspace('page-out.hpt')));
    await becomes(
      () => stops().length,
      (count) => count === 1,
      'the stop on entry',
    );
    await toNextStop(() => api.session.goTo(40));
    assert.equal(openView(api).run.position, 40);
  });

  it('closes the run with the session', async () => {
    assert.ok(await start(inWorkspace('page-out.hpt')));
    await becomes(
      () => stops().length,
      (count) => count === 1,
      'the stop on entry',
    );
    await stop();
    await becomes(
      () => api.session.run,
      (run) => run === null,
      'the run to be closed',
    );
  });

  it('debugs a recording of a real kernel', async () => {
    assert.ok(await start(inWorkspace('recordings/power9-64k/hptscope.json')));
    await becomes(
      () => stops().length,
      (count) => count === 1,
      'the stop on entry',
    );
    const session = vscode.debug.activeDebugSession;
    assert.ok(session);
    await toNextStop(() => session.customRequest('next', { threadId: 1 }));
    assert.equal(openView(api).run.kind, 'trace');
    assert.ok(openView(api).run.position > 0);
  });

  it('tells what is wrong with a file that cannot be debugged', async () => {
    const bad: [vscode.Uri, RegExp][] = [
      [await write('nothing.hpt', ''), /statement|machine|empty/],
      [await write('nothing.ftrace', ''), /empty/],
      [await write('mistaken.hpt', 'machine power9 linux-6.1 order 18 page 4K\nmemslat 0\n'), /memslot/],
    ];
    for (const [uri, expected] of bad) {
      // VS Code shows why in a dialog, which it refuses to show in tests: the refusal quotes it
      const refusal = await Promise.resolve(start(uri)).then(String, String);
      const told = () => [refusal, ...sent.map(({ message, body }) => message ?? body?.output)].join('\n');
      await becomes(told, (text) => expected.test(text), `a message about ${uri.path}`);
      await stop();
      assert.equal(api.session.run, null, uri.path);
    }
  });
});
