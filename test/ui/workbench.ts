// Drives a real VS Code workbench in Chromium, for user interface tests and for `npm start -- --smoke`. Every method waits
// for a condition that a person could see, and says what it waited for when that does not come.

import { strict as assert } from 'node:assert';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { chromiumOptions } from '../../scripts/lib/chromium.mjs';
import { extensionErrors, extensionHostLogs } from '../../scripts/lib/extensionHostLog.mjs';
import { workbenchAddress } from '../../scripts/lib/server.mjs';
import { inRepository } from '../repository';

/** A running VS Code server and the Chromium to show it with. */
export interface Connection {
  readonly port: number;
  /** The server's data folder, absolute. */
  readonly dataFolder: string;
  /** Path of the Chromium program. */
  readonly chromium: string;
  /** Folder of the extension under development, absolute. */
  readonly extension: string;
}

/** What a workbench opens with. */
export interface OpenOptions {
  /** Existing workspace folder, absolute; else a new folder is made and removed at the end. */
  readonly folder?: string;
  /** Files and folders of the repository to copy into the new workspace folder, such as `samples`. */
  readonly copy?: readonly string[];
  /** Files to write into the new workspace folder, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Workspace settings of the new workspace folder. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A file in the workspace folder to open. */
  readonly open?: string;
  /** Size of the window in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** One visible row of a tree view. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** 1 for a root. */
  readonly level: number;
  readonly expanded: boolean | undefined;
}

/** Buttons of the debug toolbar, by VS Code's names. */
export type DebugAction =
  | 'Continue'
  | 'Pause'
  | 'Step Over'
  | 'Step Into'
  | 'Step Out'
  | 'Step Back'
  | 'Reverse'
  | 'Restart'
  | 'Stop';

const defaultSize = { width: 1400, height: 900 };
/** Milliseconds that any one wait may take. */
const patience = 20_000;

function connectionOfTheRun(): Connection {
  const text = process.env.HPTSCOPE_WORKBENCH;
  assert.ok(text, 'HPTSCOPE_WORKBENCH is not set: start the user interface tests with "npm run test:ui"');
  return JSON.parse(text) as Connection;
}

function makeWorkspace({ copy = [], files = {}, settings }: OpenOptions): string {
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-workspace-'));
  for (const path of copy) {
    cpSync(inRepository(path), join(folder, basename(path)), { recursive: true });
  }
  const all = settings ? { ...files, '.vscode/settings.json': JSON.stringify(settings) } : files;
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Waits until the condition holds; the error names what was waited for and what was seen instead. */
export async function becomes<T>(read: () => Promise<T>, holds: (value: T) => boolean, what: string): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await read();
    if (holds(value)) {
      return value;
    }
    assert.ok(
      Date.now() < deadline,
      `waited ${patience / 1000} s for ${what}; the last seen is ${JSON.stringify(value)}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One window of VS Code with the extension under development. */
export class Workbench {
  readonly page: Page;
  /** The workspace folder, absolute. */
  readonly folder: string;
  readonly #browser: Browser;
  readonly #connection: Connection;
  readonly #logsBefore: ReadonlySet<string>;
  readonly #ownsFolder: boolean;

  private constructor(
    page: Page,
    browser: Browser,
    connection: Connection,
    folder: string,
    ownsFolder: boolean,
    logsBefore: ReadonlySet<string>,
  ) {
    this.page = page;
    this.folder = folder;
    this.#browser = browser;
    this.#connection = connection;
    this.#ownsFolder = ownsFolder;
    this.#logsBefore = logsBefore;
  }

  /** Opens a window and waits until the workbench and the extension's activity bar item are there. */
  static async open(options: OpenOptions = {}, connection: Connection = connectionOfTheRun()): Promise<Workbench> {
    const folder = options.folder ?? makeWorkspace(options);
    const logsBefore = new Set(extensionHostLogs(connection.dataFolder));
    const browser = await chromium.launch(chromiumOptions(connection.chromium));
    const page = await browser.newPage({ viewport: options.size ?? defaultSize });
    page.setDefaultTimeout(patience);
    const workbench = new Workbench(page, browser, connection, folder, options.folder === undefined, logsBefore);
    try {
      await workbench.#load(options.open);
      return workbench;
    } catch (error) {
      await workbench.screenshot('failed-to-open');
      await workbench.close();
      throw error;
    }
  }

  async #load(open: string | undefined): Promise<void> {
    const { port, extension } = this.#connection;
    const file = open === undefined ? {} : { file: join(this.folder, open) };
    await this.page.goto(workbenchAddress({ port, folder: this.folder, extension, ...file }), { timeout: 60_000 });
    await this.page.waitForFunction(() => 'driver' in globalThis, undefined, { timeout: 60_000 });
    await this.page.evaluate(() => {
      const { driver } = globalThis as unknown as { driver: { whenWorkbenchRestored(): Promise<void> } };
      return driver.whenWorkbenchRestored();
    });
    await this.activityBarItem().waitFor({ timeout: 60_000 });
    if (open !== undefined) {
      await this.editorTab(open).waitFor();
    }
  }

  /** Closes the window and removes the workspace folder that it made. */
  async close(): Promise<void> {
    await this.#browser.close();
    if (this.#ownsFolder) {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  /** Keeps a picture of the window in out/screenshots (or at the absolute path), and returns where. */
  async screenshot(name: string): Promise<string> {
    const path = name.startsWith('/')
      ? name
      : inRepository(join('out', 'screenshots', `${name.replace(/[^\w.-]+/g, '-')}.png`));
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
    return path;
  }

  /** What the extension hosts of this window logged as errors of our extension. */
  extensionErrors(): string[] {
    return extensionErrors(
      extensionHostLogs(this.#connection.dataFolder).filter((file) => !this.#logsBefore.has(file)),
    );
  }

  /** Takes the mouse away until no hover is left: one that lies over what comes next would take its click. */
  async leaveHovers(): Promise<void> {
    await this.page.mouse.move(2, 2);
    await becomes(
      () => this.page.locator('.monaco-hover:visible').count(),
      (hovers) => hovers === 0,
      'hovers to go',
    );
  }

  // ---- parts of the window

  /** The extension's item in the activity bar. */
  activityBarItem(): Locator {
    return this.page.locator('.activitybar a.action-label[aria-label^="HPT Scope"]').first();
  }

  /** The tab of an open editor, by its title. */
  editorTab(title: string): Locator {
    return this.page
      .locator(
        `.tabs-container .tab[data-resource-name="${basename(title)}"], .tabs-container .tab:has-text("${basename(title)}")`,
      )
      .first();
  }

  /** Shows the HPT Scope side bar. */
  async openSideBar(): Promise<void> {
    const header = this.page.locator('.sidebar .composite.title');
    if (!(await header.innerText().catch(() => '')).toLowerCase().includes('hpt scope')) {
      await this.activityBarItem().click();
    }
    await header.getByText('HPT Scope', { exact: false }).first().waitFor();
  }

  /** A view's pane in the side bar, by its title; expanded when it was collapsed. */
  async view(title: string): Promise<Locator> {
    const pane = this.page
      .locator('.pane')
      .filter({ has: this.page.locator(`.pane-header[aria-label^="${title}" i]`) });
    const header = pane.locator('.pane-header').first();
    await header.waitFor({ state: 'attached' }); // VS Code hides the header of a view that is alone
    if ((await header.getAttribute('aria-expanded')) === 'false') {
      await header.click();
    }
    return pane;
  }

  /** Chooses an entry of the context menu that is open or about to be, by keys: a menu that has just opened takes no clicks. */
  async chooseInMenu(label: string): Promise<void> {
    const menu = this.page.locator('.context-view .monaco-menu');
    await menu.locator('.action-label').filter({ hasText: label }).waitFor();
    const marked = () =>
      menu
        .locator('.action-item.focused')
        .allInnerTexts()
        .then((texts) => texts.join());
    for (let now = await marked(); !now.includes(label); ) {
      const before = now;
      await this.page.keyboard.press('ArrowDown');
      now = await becomes(marked, (text) => text !== before, `an entry below "${before}"`);
    }
    await this.page.keyboard.press('Enter');
    await menu.waitFor({ state: 'detached' });
  }

  /** The visible rows of a tree view, top to bottom. */
  async treeRows(title: string): Promise<TreeRow[]> {
    const pane = await this.view(title);
    return pane.locator('.monaco-list-row').evaluateAll((rows) =>
      rows
        .map((row) => ({ row, top: row.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ row }) => {
          const expanded = row.getAttribute('aria-expanded');
          return {
            label: row.querySelector('.label-name')?.textContent ?? row.textContent ?? '',
            description: row.querySelector('.label-description')?.textContent ?? '',
            level: Number(row.getAttribute('aria-level') ?? 1),
            expanded: expanded === null ? undefined : expanded === 'true',
          };
        }),
    );
  }

  /** Expands the tree row with this label and waits until it is expanded. */
  async expand(title: string, label: string): Promise<void> {
    const pane = await this.view(title);
    const row = pane
      .locator('.monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: label }) })
      .first();
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await row.locator('.monaco-tl-twistie').click();
    }
    const read = () => row.getAttribute('aria-expanded');
    await becomes(read, (expanded) => expanded === 'true', `${label} in ${title} to be expanded`);
  }

  /** The inside of the webview that was opened last. */
  webview(): FrameLocator {
    return this.page.locator('iframe.webview.ready').last().contentFrame().frameLocator('#active-frame');
  }

  /** The texts of the notifications that are shown. */
  notifications(): Promise<string[]> {
    return this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  // ---- actions

  /** Runs a command from the palette by its title, category included ("HPT Scope: ..."). */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
    // The list is not live: a command whose extension is still starting appears only when the palette is opened again. And the palette
    // closes when a webview that has just come up takes the keys.
    const timeout = 2000;
    const choose = async () => {
      await this.page.keyboard.press('F1');
      await input.waitFor({ timeout });
      await input.fill(`>${title}`, { timeout });
      await row.click({ timeout });
    };
    for (const deadline = Date.now() + patience; ; ) {
      const chosen = await choose().then(
        () => true,
        () => false,
      );
      if (chosen) {
        return;
      }
      await this.page.keyboard.press('Escape');
      assert.ok(Date.now() < deadline, `the palette has no command "${title}"`);
    }
  }

  /** Opens a file of the workspace by its name, and waits for its tab. */
  async openFile(name: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: basename(name) })
      .first();
    await this.page.keyboard.press('Control+P');
    await input.waitFor();
    await input.fill(name);
    await row.waitFor();
    await row.click();
    await this.editorTab(name).waitFor();
  }

  // ---- debugging

  /** The button of the debug toolbar. */
  debugButton(action: DebugAction): Locator {
    return this.page.locator(`.debug-toolbar a.action-label[aria-label^="${action}"]`).first();
  }

  /** Presses F5 in the active editor and waits for the first stop. */
  async startDebugging(): Promise<void> {
    await this.page
      .locator('.editor-instance .monaco-editor')
      .first()
      .click({ position: { x: 200, y: 60 } }); // below the lenses of the first line
    await this.page.keyboard.press('F5');
    await this.waitUntilStopped();
  }

  /** Waits until the session is stopped: stepping is possible and a line is marked. */
  async waitUntilStopped(): Promise<void> {
    const stepOver = this.debugButton('Step Over');
    await stepOver.waitFor();
    const enabled = async () => !((await stepOver.getAttribute('class')) ?? '').includes('disabled');
    await becomes(enabled, (is) => is, 'the debug session to stop');
    await this.page
      .locator('.debug-top-stack-frame-line, .debug-top-stack-frame-column')
      .first()
      .waitFor({ state: 'attached' });
  }

  /**
   * Clicks a button of the debug toolbar and waits until what `read` reads satisfies `holds`. A stop leaves no mark of its own
   * in the window, so the caller says what it will change (a line, a variable, a tree row).
   */
  async debug<T>(action: DebugAction, read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
    await this.waitUntilStopped();
    await this.debugButton(action).click();
    const value = await becomes(read, holds, `the effect of ${action}`);
    await this.waitUntilStopped();
    return value;
  }

  /** The line number that the marked line of the active editor has, or 0. */
  async stoppedLine(): Promise<number> {
    return this.page.evaluate(() => {
      const mark = document.querySelector(
        '.margin-view-overlays .codicon-debug-stackframe, .glyph-margin-widgets .codicon-debug-stackframe',
      );
      if (!mark) {
        return 0;
      }
      const middle = mark.getBoundingClientRect();
      const numbers = [...(mark.closest('.editor-instance')?.querySelectorAll('.line-numbers') ?? [])];
      const line = numbers.find(
        (number) => Math.abs(number.getBoundingClientRect().top - middle.top) < middle.height / 2,
      );
      return Number(line?.textContent ?? 0);
    });
  }

  /** Shows the Run and Debug side bar. */
  async openRunAndDebug(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+D');
    await this.page.locator('.debug-viewlet, .pane-header[aria-label^="Breakpoints" i]').first().waitFor();
  }

  /** The visible frames of the call stack, innermost first. Shows Run and Debug. */
  async callStack(): Promise<string[]> {
    await this.openRunAndDebug();
    const pane = await this.view('Call Stack');
    return pane.locator('.monaco-list-row .stack-frame .label').allInnerTexts();
  }

  /** Checks or unchecks an exception filter ("HPTE marked absent") in the Breakpoints view. Shows Run and Debug. */
  async setExceptionFilter(label: string, on: boolean): Promise<void> {
    await this.openRunAndDebug();
    const pane = await this.view('Breakpoints');
    const row = pane.locator('.monaco-list-row').filter({ hasText: label }).first();
    const isOn = async () => (await row.getAttribute('aria-checked')) === 'true';
    if ((await isOn()) !== on) {
      await row.locator('.monaco-checkbox').click();
    }
    await becomes(isOn, (is) => is === on, `the filter ${label} to be ${on ? 'on' : 'off'}`);
  }

  /** The visible rows of the Variables view, as `name: value` with two spaces a level. Shows Run and Debug. */
  async variables(): Promise<string[]> {
    await this.openRunAndDebug();
    const pane = await this.view('Variables');
    return pane.locator('.monaco-list-row').evaluateAll((rows) =>
      rows
        .map((row) => ({ row, top: row.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ row }) => {
          const indent = '  '.repeat(Number(row.getAttribute('aria-level') ?? 1) - 1);
          const name = row.querySelector('.expression .name')?.textContent?.replace(/\s*[:=]\s*$/, '');
          const value = row.querySelector('.expression .value')?.textContent ?? '';
          return `${indent}${name === undefined ? (row.textContent ?? '') : `${name}: ${value}`}`;
        }),
    );
  }

  /** Expands a scope or variable of the Variables view. Shows Run and Debug. */
  async expandVariable(name: string): Promise<void> {
    await this.openRunAndDebug();
    const pane = await this.view('Variables');
    const row = pane
      .locator('.monaco-list-row')
      .filter({ has: this.page.locator('.scope, .expression .name', { hasText: name }) })
      .first();
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await row.locator('.monaco-tl-twistie').click();
    }
    const read = () => row.getAttribute('aria-expanded');
    await becomes(read, (expanded) => expanded === 'true', `${name} in Variables to be expanded`);
  }

  /** Why the session is stopped, in VS Code's words ("Paused on step"). Shows Run and Debug. */
  async stopReason(): Promise<string> {
    await this.openRunAndDebug();
    const pane = await this.view('Call Stack');
    return pane
      .getByText(/^Paused/)
      .first()
      .innerText();
  }
}

/**
 * Opens one workbench for the tests of a `describe`, closes it after them, keeps a picture of every failure, and fails when the
 * extension host logged an error of our extension.
 * @returns a function that gives the workbench inside a test
 */
export function useWorkbench(options: OpenOptions = {}): () => Workbench {
  let workbench: Workbench | undefined;
  before(async function () {
    this.timeout(180_000);
    workbench = await Workbench.open(options);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await workbench?.screenshot(`failed-${this.currentTest.fullTitle()}`);
    }
  });
  after(async () => {
    const errors = workbench?.extensionErrors() ?? [];
    await workbench?.close();
    assert.deepEqual(errors, [], 'the extension host logged errors');
  });
  return () => {
    assert.ok(workbench, 'the workbench did not open');
    return workbench;
  };
}
