// Texts that a person reads, in VS Code's display language: the page carries the extension's l10n bundle along.

import * as l10n from '@vscode/l10n';

const bundle = document.getElementById('texts')?.textContent;
if (bundle) {
  l10n.config({ contents: bundle });
}

export { l10n };
