// The heatmap webview by itself, in Chromium, under its content security policy: what it shows, says and asks, with mouse,
// keys and screen reader, in all kinds of themes, with both painters.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { cellState, stateOfCell } from '../../src/protocol';
import { inRepository } from '../repository';
import { chromiumOfTheRun, HeatmapHarness, pictureFile } from './heatmapHarness';
import type { HeatmapBench } from './heatmapSource';
import { type ThemeName, themeClass, themeVariables } from './themes';
import { becomes } from './workbench';

declare const window: Window & { bench: HeatmapBench };

const sparse = { order: 18, fill: 0.05 };
const varied = { order: 18, fill: 0.3, partlyUnknown: true };

/** Steps the made-up run. @returns the entries that changed */
function travel(page: Page, count: number): Promise<readonly number[]> {
  return page.evaluate((entries) => window.bench.source?.travel(entries) ?? [], count);
}

const said = (page: Page) => page.locator('[aria-live]').innerText();
const heading = (page: Page) => page.locator('.details h2').innerText();
const hex = (value: number) => `0x${value.toString(16)}`;

/** The colour of a pixel of the cells, as painted by the processor (WebGL keeps no picture to be read). */
function pixelAt(page: Page, x: number, y: number): Promise<readonly number[]> {
  return page.evaluate(
    ([left, top]) => {
      const source = document.querySelector<HTMLCanvasElement>('.map > .cells');
      const copy = document.createElement('canvas');
      [copy.width, copy.height] = [source?.width ?? 1, source?.height ?? 1];
      const context = copy.getContext('2d');
      if (source) {
        context?.drawImage(source, 0, 0);
      }
      return [...(context?.getImageData(left ?? 0, top ?? 0, 1, 1).data ?? [])];
    },
    [x, y],
  );
}

describe('heatmap webview', () => {
  const harness = new HeatmapHarness();
  let page: Page;

  before(() => harness.start(chromiumOfTheRun()));
  after(() => harness.stop());
  afterEach(async () => {
    await page.close();
    const complaints = harness.complaints.splice(0);
    assert.deepEqual(complaints, [], 'errors or policy violations in the console');
  });

  it('counts each category in the legend, and the counts are those of the table', async () => {
    page = await harness.open({ table: varied });
    const shown = await page.locator('.legend .count').allInnerTexts();
    const total = shown.map((text) => Number(text.replaceAll(',', ''))).reduce((sum, count) => sum + count, 0);
    assert.equal(total, 16384);
    const bytes = await page.evaluate(() => [...(window.bench.source?.cells(0, 16384) ?? [])]);
    const absent = bytes.filter((cell) => stateOfCell(cell) === 'absent').length;
    assert.equal(shown[3], absent.toLocaleString('en'));
    await page.getByRole('checkbox', { name: `Absent ${shown[3]}`, exact: true }).waitFor();
    assert.equal(shown[5], bytes.filter((cell) => cell === cellState.unknown).length.toLocaleString('en'));
  });

  it('says what a step changed, in both directions, and outlines it', async () => {
    page = await harness.open({ table: sparse });
    const [first = 0] = await travel(page, 1);
    const now = await page.evaluate((index) => window.bench.source?.describe(index).state, first);
    const was = now === 'absent' ? 'valid' : 'absent';
    const text = await becomes(
      () => said(page),
      (live) => live.includes('changed'),
      'the live region to say the change',
    );
    assert.match(text, new RegExp(`^moment 18 of 214.*: 1 changed: ${hex(first)} ${was} → ${now}$`));
    assert.match(await page.locator('.changes').innerText(), /^1 changed/);
    assert.equal(await page.locator('.headings h1').innerText(), 'moment 18 of 214 · hpte.absent');
    await page.locator('.changes .link').first().click();
    await becomes(
      () => heading(page),
      (title) => title.startsWith(`HPTE ${hex(first)}`),
      'the cursor to go there',
    );
    assert.ok(await page.locator('.pteg tr.changed[aria-current]').isVisible());
  });

  it('loses no change when the run races through many moments', async () => {
    page = await harness.open({ table: sparse });
    await page.evaluate(() => {
      for (let step = 0; step < 500; step++) {
        window.bench.source?.travel(3);
      }
    });
    const absent = await page.evaluate(() => {
      const bytes = window.bench.source?.cells(0, 16384) ?? new Uint8Array();
      return bytes.filter((cell) => (cell & 7) === 2).length;
    });
    await becomes(
      () => page.locator('.legend .count').nth(3).innerText(),
      (shown) => shown === absent.toLocaleString('en'),
      'the legend to count the absent entries of the last moment',
    );
    assert.match(await page.locator('.headings h1').innerText(), /^moment 517 of/);
  });

  it('moves the cell cursor by keys and reads out each entry', async () => {
    page = await harness.open({ table: sparse });
    await page.locator('.map').focus();
    await page.keyboard.press('Control+Home');
    await becomes(
      () => said(page),
      (text) => text.startsWith('HPTE 0x0, PTEG 0x0 slot 0: '),
      'entry 0',
    );
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await becomes(
      () => said(page),
      (text) => text.startsWith('HPTE 0x5, PTEG 0x0 slot 5: '),
      'right and down: slot 5',
    );
    await page.keyboard.press('Control+End');
    await becomes(
      () => said(page),
      (text) => text.startsWith('HPTE 0x3fff, PTEG 0x7ff slot 7: '),
      'the last entry',
    );
    await page.keyboard.press('ArrowRight');
    await becomes(
      () => said(page),
      (text) => text.startsWith('HPTE 0x3fff,'),
      'the edge to hold',
    );
    await page.keyboard.press('n');
    await becomes(
      () => said(page),
      (text) => !/: free/.test(text),
      'the next entry in use',
    );
    const rows = page.locator('.pteg tbody tr');
    assert.equal(await rows.count(), 8);
    await page.keyboard.press('Home');
    await page.keyboard.press('PageUp');
    assert.equal(await page.locator('.pteg tr[aria-current="true"]').count(), 1);
  });

  it('zooms and pans by keys, wheel and drag, and fits again', async () => {
    page = await harness.open({ table: sparse });
    const overview = page.locator('.overview');
    assert.equal(await overview.isVisible(), false);
    await page.locator('.map').focus();
    await page.keyboard.press('z');
    await overview.waitFor({ state: 'visible' });
    await page.keyboard.press('f');
    await overview.waitFor({ state: 'hidden' });
    const box = await page.locator('.map').boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    const under = await page.locator('.hover').innerText();
    assert.match(under, /^HPTE 0x[0-9a-f]+, PTEG 0x[0-9a-f]+ slot \d · /);
    await page.mouse.wheel(0, -1200);
    await overview.waitFor({ state: 'visible' });
    await page.mouse.move(x + 1, y);
    const pteg = (text: string) => /PTEG 0x[0-9a-f]+/.exec(text)?.[0];
    assert.equal(
      pteg(await page.locator('.hover').innerText()),
      pteg(under),
      'the wheel keeps what is under the pointer',
    );
    const before = await heading(page);
    await page.mouse.down();
    await page.mouse.move(x - 120, y - 60, { steps: 4 });
    await page.mouse.up();
    assert.equal(await heading(page), before, 'a drag moves no cursor');
    await page.mouse.move(x, y);
    assert.notEqual(pteg(await page.locator('.hover').innerText()), pteg(under), 'a drag moves the picture');
    await page.mouse.click(x, y);
    const clicked = /HPTE (0x[0-9a-f]+)/.exec(await page.locator('.hover').innerText())?.[1];
    await becomes(
      () => heading(page),
      (title) => title.startsWith(`HPTE ${clicked}`),
      'a click to move the cursor',
    );
  });

  it('finds an index and a PTEG itself, and asks the extension for an ea', async () => {
    page = await harness.open({ table: sparse });
    await page.getByRole('button', { name: 'Zoom in (+)', exact: true }).waitFor(); // an icon alone has its name
    await page.locator('.map').focus();
    await page.keyboard.press('g');
    await page.keyboard.type('0x1f3');
    await page.keyboard.press('Enter');
    await becomes(
      () => heading(page),
      (title) => title.startsWith('HPTE 0x1f3'),
      'the index',
    );
    const field = page.getByRole('textbox', { name: 'Go to HPTE' });
    await field.fill('pteg 0x20');
    await field.press('Enter');
    await becomes(
      () => heading(page),
      (title) => title.startsWith('HPTE 0x100'),
      'the PTEG',
    );
    await field.fill('0x4000');
    await field.press('Enter');
    assert.equal(await page.locator('.said').innerText(), 'There is no HPTE 0x4000: the last one is 0x3fff.');
    await field.fill('ea 0xc000000000010000');
    await field.press('Enter');
    await becomes(
      () => page.locator('.said').innerText(),
      (text) => text === '2 HPTEs map 0xc000000000010000.',
      'the answer of the extension',
    );
    const first = await heading(page);
    await field.press('Enter');
    await becomes(
      () => heading(page),
      (title) => title !== first,
      'Enter again to go to the second',
    );
  });

  it('shares the selection: tells where the cursor went, follows where others went', async () => {
    page = await harness.open({ table: sparse });
    await page.locator('.map').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Enter');
    const selected = await becomes(
      () => page.evaluate(() => window.bench.source?.selected ?? []),
      (all) => all.some(({ reveal }) => reveal),
      'the entry to be revealed',
    );
    assert.deepEqual(selected.at(-1), { index: 0, reveal: true });
    await page.evaluate(() => window.bench.source?.moveCursor(0x321));
    await becomes(
      () => heading(page),
      (title) => title.startsWith('HPTE 0x321'),
      'the cursor to follow',
    );
  });

  it('hides what the legend filters, and keeps that, cursor and view over a reload', async () => {
    page = await harness.open({ table: sparse });
    await page.locator('.legend vscode-checkbox').first().click();
    await page.locator('.map').focus();
    await page.keyboard.press('n');
    await page.keyboard.press('z');
    const title = await heading(page);
    await becomes(
      () => page.evaluate(() => sessionStorage.getItem('heatmap-state') ?? ''),
      (state) => /"hidden":\["free"\]/.test(state) && /"scale":[1-9]/.test(state),
      'the state to be kept',
    );
    await page.reload();
    await becomes(
      () => heading(page),
      (now) => now === title,
      'the cursor to be where it was',
    );
    await page.locator('.overview').waitFor({ state: 'visible' });
    assert.equal(await page.locator('.legend vscode-checkbox').first().getAttribute('aria-checked'), 'false');
  });

  it('takes another run, and no run', async () => {
    page = await harness.open({ table: sparse });
    await page.evaluate(() => window.bench.session.setSource(undefined));
    await page.getByText('No run is open').first().waitFor();
    assert.match(await page.locator('.empty').innerText(), /press F5/);
    await page.evaluate(() => window.bench.session.setSource(window.bench.source));
    await page.locator('.map').waitFor();
    assert.match(await page.locator('.headings').innerText(), /order 18 · 2,048 PTEGs · 16,384 HPTEs/);
    await becomes(
      () => said(page),
      (text) => text.startsWith('moment 17 of 214'),
      'the live region to say the new run instead of what was before',
    );
  });

  it('says what lies under the mouse as it is now, also when the run has moved and the mouse has not', async () => {
    page = await harness.open({ table: varied });
    const box = await page.locator('.map').boundingBox();
    assert.ok(box);
    const hover = () => page.locator('.hover').innerText();
    let before: RegExpExecArray | null = null;
    for (let x = box.width / 4; before === null; x += 2) {
      assert.ok(x < box.width, 'an entry in use lies under the mouse somewhere');
      await page.mouse.move(box.x + x, box.y + box.height / 4);
      before = /^(HPTE .* · )(valid|absent)$/.exec(await hover());
    }
    const [, entry = '', state] = before;
    await travel(page, varied.fill * 16384);
    const now = `${entry}${state === 'valid' ? 'absent' : 'valid'}`;
    await becomes(hover, (text) => text === now, `the read-out to say ${now}`);
  });

  it('leaves nothing out of reach in a narrow and low panel: it wraps, and scrolls down only', async () => {
    page = await harness.open({ table: sparse, size: { width: 290, height: 470 } });
    await travel(page, 1);
    await page.locator('.changes .link').first().waitFor();
    const outside = await page
      .locator('vscode-button, vscode-checkbox, vscode-text-field, .hover')
      .evaluateAll((all) =>
        all
          .map((one) => one.getBoundingClientRect())
          .filter(({ left, right }) => left < 0 || right > window.innerWidth),
      );
    assert.deepEqual(outside, []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 290);
    assert.ok(((await page.locator('.map').boundingBox())?.height ?? 0) >= 190);
    await page.locator('.pteg').scrollIntoViewIfNeeded();
    await page.screenshot({ path: pictureFile('narrow') });
  });

  it('has room for the PTEG of the cursor beside an editor', async () => {
    page = await harness.open({ table: sparse, size: { width: 510, height: 860 } });
    await page
      .locator('.pteg tr[aria-current] td')
      .filter({ hasText: /^0x\w{16}$/ })
      .first()
      .waitFor();
    const room = await page.locator('.details').evaluate(({ clientWidth, scrollWidth }) => [clientWidth, scrollWidth]);
    assert.equal(room[1], room[0]);
    await page.screenshot({ path: pictureFile('beside') });
  });

  for (const theme of ['dark', 'light', 'highContrast', 'highContrastLight'] as const) {
    it(`has no serious accessibility violation and looks as it should in ${theme}`, async () => {
      page = await harness.open({ theme, table: varied });
      await travel(page, 3);
      await becomes(
        () => said(page),
        (text) => text.includes('3 changed'),
        'the step',
      );
      await page.screenshot({ path: pictureFile(theme) });
      await page.locator('.map').focus();
      await page.keyboard.press('c');
      await page.keyboard.press('z');
      await page.locator('.overview').waitFor();
      await page.screenshot({ path: pictureFile(`${theme}-near`) });
      assert.deepEqual(await violations(page), []);
    });
  }

  it('follows a change of theme', async () => {
    page = await harness.open({ table: sparse, painter: 'canvas' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const corner = () => pixelAt(page, 4, 4);
    const before = await corner();
    await setTheme(page, 'light');
    assert.equal(await background(), 'rgb(255, 255, 255)');
    const after = await becomes(corner, ([red = 0]) => red > 200, 'the cells to be painted in the light theme');
    assert.notDeepEqual(after, before);
  });

  it('hatches what is unknown with stripes that fade into the background of the theme', async () => {
    for (const [theme, fades] of [
      ['light', (grey: number) => grey > 0x90 && grey < 0xe0],
      ['dark', (grey: number) => grey > 0x30 && grey < 0x80],
    ] as const) {
      page = await harness.open({ theme, table: { order: 18, fill: 0, partlyUnknown: true }, painter: 'canvas' });
      const greys = await page.locator('.map > .cells').evaluate((cells: HTMLCanvasElement) => {
        const { data = [] } = cells.getContext('2d')?.getImageData(0, 0, cells.width, cells.height) ?? {};
        const reds = Array.from({ length: data.length / 4 }, (_, at) => [...data.slice(4 * at, 4 * at + 3)]);
        return [...new Set(reds.filter((rgb) => Math.max(...rgb) - Math.min(...rgb) < 16).map(([red = 0]) => red))];
      });
      assert.ok(greys.some(fades), `${theme}: ${greys}`);
      if (theme === 'light') {
        assert.ok(Math.min(...greys) >= 0x8b, `nothing is darker than the colour of what is unknown: ${greys}`);
        await page.close();
      }
    }
  });

  it('paints the same picture by WebGL2 and by the processor', async () => {
    const pictures: string[] = [];
    for (const painter of ['canvas', 'webgl2'] as const) {
      page = await harness.open({ table: varied, painter });
      await travel(page, 3);
      await becomes(
        () => said(page),
        (text) => text.includes('3 changed'),
        'the step',
      );
      pictures.push(await paintedMap(page));
      const before = await heading(page);
      await page.locator('.map').focus();
      await page.keyboard.press('c');
      await becomes(
        () => heading(page),
        (text) => text !== before,
        'the details of the HPTE that changed',
      );
      await page.keyboard.press('z');
      await page.locator('.overview').waitFor();
      pictures.push(await paintedMap(page));
      if (painter === 'canvas') {
        await page.close();
      }
    }
    const [far = '', near = '', farGl = '', nearGl = ''] = pictures;
    for (const [one, other] of [
      [far, farGl],
      [near, nearGl],
    ] as const) {
      assert.ok(
        (await unlikePixels(page, one, other)) < 0.002,
        'the share of pixels that differ by more than rounding',
      );
    }
  });
});

/** The map as a PNG (base64), once everything is painted. */
async function paintedMap(page: Page): Promise<string> {
  const map = page.locator('.map[aria-busy="false"]');
  await map.waitFor();
  return (await map.screenshot()).toString('base64');
}

/** The share of pixels in which two PNGs (base64) differ by more than rounding does. */
function unlikePixels(page: Page, one: string, other: string): Promise<number> {
  return page.evaluate(
    async (pngs) => {
      const [a, b] = await Promise.all(
        pngs.map(async (png) => {
          const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes]));
          const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
          context?.drawImage(image, 0, 0);
          return context?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
        }),
      );
      if (!a || !b || a.length !== b.length) {
        return 1;
      }
      const unlike = a.filter((value, at) => Math.abs(value - (b[at] ?? 0)) > 2).length;
      return unlike / a.length;
    },
    [one, other],
  );
}

async function setTheme(page: Page, theme: ThemeName): Promise<void> {
  await page.evaluate(
    ({ variables, className }) => {
      for (const [name, value] of Object.entries(variables)) {
        document.documentElement.style.setProperty(`--vscode-${name}`, value);
      }
      document.body.className = className;
    },
    { variables: themeVariables(theme), className: themeClass(theme) },
  );
}

/** Serious and critical violations that axe-core finds, in words. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(inRepository('node_modules/axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    const { violations: found } = await axe.run();
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
