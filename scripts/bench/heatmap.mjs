// Measures the heatmap in Chromium: how long its painters take, and how many frames a second the webview shows.
//
//   node scripts/bench/heatmap.mjs [--json] [--orders 18,24,28]
//
// A table of order n has 2^(n-4) HPTEs: order 24 is 2^20 cells, order 28 is 2^24. Without a graphics processor WebGL2 is
// computed in software; the webview then paints by the processor instead, and both are measured here.

import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { build } from '../build.mjs';
import { ensureChromium } from '../lib/debian.mjs';
import { fail, root } from '../lib/say.mjs';

/** The viewport that is painted, in pixels: a panel of half a screen. */
const viewport = { width: 900, height: 700 };

async function main() {
  const args = process.argv.slice(2);
  const orders = (args.includes('--orders') ? (args[args.indexOf('--orders') + 1] ?? '') : '18,24,28')
    .split(',')
    .map(Number);
  const executable = await ensureChromium();
  await build({ production: true, quiet: true, only: ['webview/heatmap'] });
  const { harness, inPage } = bundles();
  const bundle = readFileSync(join(root, 'dist/webview/heatmap.js'));
  await harness.start(executable);
  try {
    const paints = [];
    const frames = [];
    for (const order of orders) {
      for (const painter of ['canvas', 'webgl2']) {
        const page = await harness.open({ table: { order, fill: 0.3 }, painter, size: viewport });
        await page.evaluate(inPage);
        paints.push(
          await page.evaluate(`heatmapBench.measure(${JSON.stringify({ order, painter, ...viewport, runs: 21 })})`),
        );
        const zoom = await page.evaluate(`heatmapBench.framesPerSecond('zoom')`);
        const pan = await page.evaluate(`heatmapBench.framesPerSecond('pan')`);
        frames.push({ painter, cells: 2 ** (order - 4), zoom, pan });
        await page.close();
      }
    }
    const size = {
      bytes: bundle.length,
      gzip: gzipSync(bundle).length,
      css: statSync(join(root, 'dist/webview/heatmap.css')).size,
    };
    report({ paints, frames, size }, args.includes('--json'));
  } finally {
    await harness.stop();
  }
}

/** The harness for Node, and the measurements for the page. */
function bundles() {
  const outfile = join(root, 'out/bench/heatmapHarness.js');
  mkdirSync(join(root, 'out/bench'), { recursive: true });
  buildSync({
    entryPoints: [join(root, 'test/ui/heatmapHarness.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    outfile,
  });
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'test/ui/heatmapBench.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'heatmapBench',
    footer: { js: 'globalThis.heatmapBench = heatmapBench;' },
    target: 'es2022',
  });
  const { HeatmapHarness } = createRequire(import.meta.url)(outfile);
  return { harness: new HeatmapHarness(), inPage: outputFiles[0]?.text ?? '' };
}

/**
 * @param {{ paints: any[], frames: any[], size: { bytes: number, gzip: number, css: number } }} results
 * @param {boolean} json
 */
function report({ paints, frames, size }, json) {
  if (json) {
    console.log(JSON.stringify({ viewport, paints, frames, size }, null, 2));
    return;
  }
  console.log(`Milliseconds, medians, a viewport of ${viewport.width} x ${viewport.height}:\n`);
  console.log('painter      cells      load  recolour+draw   step    pan   near   frames/s zoom  pan');
  for (const [at, paint] of paints.entries()) {
    const { painter, cells, load, recolourAndDraw, step, pan, near } = paint;
    const [a, b, c, d, e] = [load, recolourAndDraw, step, pan, near].map((time) => time.toFixed(1));
    const { zoom, pan: panned } = frames[at];
    console.log(
      `${painter.padEnd(8)} ${String(cells).padStart(9)} ${a?.padStart(9)} ${b?.padStart(14)} ${c?.padStart(6)} ` +
        `${d?.padStart(6)} ${e?.padStart(6)} ${zoom.toFixed(0).padStart(15)} ${panned.toFixed(0).padStart(4)}`,
    );
  }
  const kb = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(0)} KB`;
  console.log(`\nheatmap.js ${kb(size.bytes)} (${kb(size.gzip)} compressed), heatmap.css ${kb(size.css)}`);
}

main().catch(fail);
