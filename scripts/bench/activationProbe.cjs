// What the measured extension host runs as its tests: activates the extension and writes down the milliseconds that
// this took, by the clock and of the processor.

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');
const vscode = require('vscode');

exports.run = async () => {
  const extension = vscode.extensions.getExtension('hptscope.hptscope');
  if (extension === undefined || extension.isActive) {
    throw new Error(
      extension === undefined ? 'the extension is missing' : 'the extension was activated before it was asked to be',
    );
  }
  const from = performance.now();
  const before = process.cpuUsage();
  await extension.activate();
  const { user, system } = process.cpuUsage(before);
  const measured = { elapsed: performance.now() - from, processor: (user + system) / 1000 };
  writeFileSync(join(process.env.HPTSCOPE_BENCH_FOLDER ?? '', `${process.pid}.json`), JSON.stringify(measured));
};
