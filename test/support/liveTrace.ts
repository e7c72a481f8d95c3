// Lines of a live trace for tests: as trace_pipe gives them.

/** One event: an unmap of a page, so many microseconds after the trace began. */
export function unmapLine(number: number): string {
  const time = (1_000_000 + number).toString().padStart(7, '0');
  const from = 0x7f0000000000 + number * 0x10000;
  const hex = (value: number) => `0x${value.toString(16).padStart(14, '0')}`;
  const stamp = `${time.slice(0, -6).padStart(5)}.${time.slice(-6)}`;
  return `         qemu-1234    [000] .....${stamp.padStart(13)}: kvm_unmap_hva_range: mmu notifier unmap range: ${hex(from)} -- ${hex(from + 0x10000)}\n`;
}

export function unmapLines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => unmapLine(from + i)).join('');
}
