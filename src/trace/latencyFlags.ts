// The five latency flags that ftrace prints before the time stamp, from the flags and preempt count of a binary record.
// Documentation/trace/ftrace.rst, "Output format": irqs-off/BH-disabled, need-resched, hardirq/softirq, preempt-depth,
// migrate-disable.

const IRQS_OFF = 0x01;
const NEED_RESCHED = 0x04;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const PREEMPT_RESCHED = 0x20;
const NMI = 0x40;
const BH_OFF = 0x80;

/** The flags as text, such as `d.h2.`. */
export function latencyFlags(flags: number, preemptCount: number): string {
  const irqs = flags & IRQS_OFF ? (flags & BH_OFF ? 'D' : 'd') : flags & BH_OFF ? 'b' : '.';
  const both = NEED_RESCHED | PREEMPT_RESCHED;
  const resched = (flags & both) === both ? 'N' : flags & NEED_RESCHED ? 'n' : flags & PREEMPT_RESCHED ? 'p' : '.';
  return irqs + resched + context(flags) + digit(preemptCount & 0xf) + digit((preemptCount >> 4) & 0xf);
}

function context(flags: number): string {
  if (flags & NMI) {
    return flags & HARDIRQ ? 'Z' : 'z';
  }
  if (flags & HARDIRQ) {
    return flags & SOFTIRQ ? 'H' : 'h';
  }
  return flags & SOFTIRQ ? 's' : '.';
}

function digit(count: number): string {
  return count === 0 ? '.' : count.toString(16);
}
