// Texts that a person reads, in VS Code's display language, for code that must not import `vscode` (view models, tests on
// Node). `activate` hands in the extension's bundle; without it the texts are English.

import * as l10n from '@vscode/l10n';

export { l10n };

/** A number in hex, with "0x". */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A 64-bit word: "0x" and sixteen digits. */
export function hex64(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}

/** A size in bytes as the kernel writes it: 4K, 64K, 16M, 1G. */
export function size(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value}${units[unit]}`;
}

/** A count with thousands separated. */
export function count(value: number): string {
  return value.toLocaleString('en');
}
