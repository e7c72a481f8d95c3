// The HTML of a webview: an empty page under a strict content security policy, with one script and one style sheet.
// docs/webviews.md says why the policy is as it is. No `vscode` import: tests open the same page in a bare browser.

/** What a webview's page is made of. */
export interface WebviewPage {
  /** Where the webview may load from: `webview.cspSource`. */
  readonly cspSource: string;
  readonly script: string;
  readonly styles: string;
  readonly title: string;
  /** `vscode.env.language`. */
  readonly language: string;
  /** The texts of the display language (`vscode.l10n.bundle`), undefined for English. */
  readonly texts?: Readonly<Record<string, unknown>> | undefined;
}

/** The page's HTML, with a fresh nonce. */
export function webviewHtml({ cspSource, script, styles, title, language, texts }: WebviewPage): string {
  const nonce = newNonce();
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
  ].join('; ');
  const data = texts ? `<script type="application/json" id="texts">${scriptSafe(JSON.stringify(texts))}</script>` : '';
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(styles)}">
</head>
<body>
${data}<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}

function newNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** JSON that cannot end the script element that holds it. */
function scriptSafe(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
