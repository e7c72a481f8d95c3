// The HTML of webviews: the strict policy, a nonce of its own each time, and nothing that a text could break out of.

import { strict as assert } from 'node:assert';
import { webviewHtml } from '../../../src/extension/webviewPage';

const page = {
  cspSource: 'https://webview.test',
  script: 'https://webview.test/heatmap.js',
  styles: 'https://webview.test/heatmap.css',
  title: 'HPT heatmap',
  language: 'en',
};

describe('webview page', () => {
  it('allows its script by nonce, its style sheet by source, and nothing else', () => {
    const html = webviewHtml(page).replaceAll('&#39;', "'");
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const [, nonce = ''] = /script nonce="([0-9a-f]{32})"/.exec(html) ?? [];
    assert.ok(nonce);
    assert.deepEqual(policy.split('; '), [
      `default-src 'none'`,
      `script-src 'nonce-${nonce}'`,
      `style-src https://webview.test 'nonce-${nonce}'`,
      'font-src https://webview.test',
    ]);
    assert.doesNotMatch(html, /unsafe-|style="|onload/);
  });

  it('has another nonce each time', () => {
    const nonce = () => /nonce="([0-9a-f]+)"/.exec(webviewHtml(page))?.[1];
    assert.notEqual(nonce(), nonce());
  });

  it('carries texts along that cannot end their element', () => {
    const html = webviewHtml({ ...page, title: '<b>"&', texts: { Free: '</script><script>alert(1)</script>' } });
    assert.doesNotMatch(html, /<script>alert/);
    assert.match(html, /<title>&#60;b&#62;&#34;&#38;<\/title>/);
    const [, json = ''] = /id="texts">(.*?)<\/script>/.exec(html) ?? [];
    assert.deepEqual(JSON.parse(json), { Free: '</script><script>alert(1)</script>' });
  });
});
