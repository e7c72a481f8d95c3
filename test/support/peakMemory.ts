// The most memory that this process had in use since a moment, as the kernel counts it. Linux keeps the mark and lets it be set
// back (proc(5), clear_refs and VmHWM); elsewhere nothing is measured.

import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function statusOf(field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

export class PeakMemory {
  private base = 0;

  /** Whether anything is measured here. */
  static readonly isMeasured = process.platform === 'linux';

  /** Begins to measure. */
  reset(): void {
    if (PeakMemory.isMeasured) {
      collectGarbage();
      writeFileSync('/proc/self/clear_refs', '5');
      this.base = statusOf('VmRSS');
    }
  }

  /** Bytes by which the process has grown at most since `reset`. */
  get growth(): number {
    return PeakMemory.isMeasured ? Math.max(0, statusOf('VmHWM') - this.base) : 0;
  }
}
