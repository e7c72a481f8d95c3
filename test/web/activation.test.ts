// The extension is found and activates where there is no Node.

import * as vscode from 'vscode';

const id = 'hptscope.hptscope';

describe('as a web extension', () => {
  it('runs without Node', () => {
    check(vscode.env.uiKind === vscode.UIKind.Web, 'the workbench runs in a browser');
    check(typeof WorkerGlobalScope === 'function', 'the extension host is a web worker');
  });

  it('activates', async () => {
    const extension = vscode.extensions.getExtension(id);
    check(extension !== undefined, `${id} is found`);
    await extension?.activate();
    check(extension?.isActive === true, `${id} is active`);
  });
});

declare const WorkerGlobalScope: unknown;

/** node:assert does not exist here. */
function check(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(`expected that ${what}`);
  }
}
