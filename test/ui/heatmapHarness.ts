// Opens the built heatmap webview by itself in Chromium: the extension's own HTML under its own content security policy,
// the theme variables that VS Code would set, and a made-up table (heatmapSource.ts) in place of a run.

import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumOptions } from '../../scripts/lib/chromium.mjs';
import { webviewHtml } from '../../src/extension/webviewPage';
import { inRepository } from '../repository';
import type { TableOptions } from './heatmapSource';
import { type ThemeName, themeClass, themeVariables } from './themes';

export interface HeatmapOptions {
  readonly theme?: ThemeName;
  /** The table; undefined: no run is open. */
  readonly table?: TableOptions;
  readonly size?: { readonly width: number; readonly height: number };
  /** Device pixels in a CSS pixel. */
  readonly ratio?: number;
  /** Which painter draws; by default the webview chooses. */
  readonly painter?: 'webgl2' | 'canvas';
}

/** A browser that opens heatmaps. */
export class HeatmapHarness {
  /** What any page wrote to its console as an error, and violations of the policy. */
  readonly complaints: string[] = [];
  private browser: Browser | undefined;
  private server: Server | undefined;
  private host = '';

  async start(executable: string): Promise<void> {
    this.host = await bundleHost();
    this.server = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((listening) => this.server?.listen(0, '127.0.0.1', listening));
    this.browser = await chromium.launch(chromiumOptions(executable));
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await new Promise((closed) => this.server?.close(closed));
  }

  /** Opens a heatmap and waits until it shows its table, or that there is none. */
  async open(options: HeatmapOptions = {}): Promise<Page> {
    const { size = { width: 900, height: 860 }, ratio = 1, table } = options;
    assert.ok(this.browser && this.server, 'the harness is not started');
    const page = await this.browser.newPage({ viewport: size, deviceScaleFactor: ratio });
    const origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? String(error)));
    await page.route(`${origin}/**`, (route) => {
      const path = new URL(route.request().url()).pathname;
      const body = path === '/' ? pageHtml(origin, options) : fileBody(path, options);
      return body === undefined
        ? route.fulfill({ status: 404 })
        : route.fulfill({ body, contentType: contentType(path) });
    });
    await page.addInitScript(`${this.host}\n;heatmapHost.installHost(${JSON.stringify(table)});`);
    await page.goto(`${origin}/`);
    await page.waitForSelector(table ? '.pteg tbody tr:nth-child(8) td.state' : '.is-empty');
    return page;
  }
}

/** The Chromium that the user interface suite found. */
export function chromiumOfTheRun(): string {
  const text = process.env.HPTSCOPE_WORKBENCH;
  assert.ok(text, 'HPTSCOPE_WORKBENCH is not set: start the user interface tests with "npm run test:ui"');
  return (JSON.parse(text) as { chromium: string }).chromium;
}

/** Where pictures are kept. */
export function pictureFile(name: string): string {
  const file = inRepository(`out/screenshots/heatmap/${name}.png`);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

async function bundleHost(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [inRepository('test/ui/heatmapSource.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'heatmapHost',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}

function pageHtml(origin: string, { theme = 'dark', painter }: HeatmapOptions): string {
  const html = webviewHtml({
    cspSource: origin,
    script: `${origin}/heatmap.js`,
    styles: `${origin}/heatmap.css`,
    title: 'HPT heatmap',
    language: 'en',
  });
  // VS Code sets variables and classes itself; here a style sheet of the same origin and the body's class do.
  return html
    .replace('<html', painter ? `<html data-painter="${painter}"` : '<html')
    .replace('</head>', '<link rel="stylesheet" href="/theme.css"></head>')
    .replace('<body>', `<body class="${themeClass(theme)}">`);
}

function fileBody(path: string, { theme = 'dark' }: HeatmapOptions): Buffer | string | undefined {
  if (path === '/theme.css') {
    const variables = Object.entries(themeVariables(theme)).map(([name, value]) => `--vscode-${name}: ${value};`);
    return `:root { ${variables.join(' ')} }`;
  }
  const file = inRepository(`dist/webview/${basename(path)}`);
  return existsSync(file) ? readFileSync(file) : undefined;
}

function contentType(path: string): string {
  const types: Readonly<Record<string, string>> = { '': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  return types[extname(path)] ?? 'font/ttf';
}
