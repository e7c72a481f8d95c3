// What the measured extension host runs as its tests: activates the extension and writes down the milliseconds that
// this took, by the clock and of the processor.

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');
const vscode = require('vscode');

/** So long the load of the event loop is measured at a time, in milliseconds. */
const span = 100;

/** Until the extension host has been idle for five spans: others are activated when it starts. */
async function idle() {
  for (let quiet = 0; quiet < 5; ) {
    const before = performance.eventLoopUtilization();
    await new Promise((resolve) => setTimeout(resolve, span));
    quiet = performance.eventLoopUtilization(before).utilization < 0.1 ? quiet + 1 : 0;
  }
}

exports.run = async () => {
  await idle();
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
