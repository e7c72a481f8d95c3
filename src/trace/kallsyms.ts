// The kernel's symbols as a trace.dat carries them (the text of /proc/kallsyms): names for the addresses of kprobes, written as
// the kernel's %pS does: `function+0xc/0x1b8 [module]`.

import { textOf } from './byteCursor';

/** One line: address, type, name, and the module in brackets where it is not the kernel itself. */
const symbolLine = /^([0-9a-f]{8,16}) . (\S+)(?:\t\[(\S+)\])?$/;

/** Symbols by address; the text is only parsed when the first one is asked for. */
export class Kallsyms {
  #addresses: BigUint64Array | undefined;
  #names: string[] = [];

  constructor(readonly text: Uint8Array) {}

  /** An address as %pS prints it; the bare digits where no symbol is below it. */
  place(address: bigint): string {
    const at = this.#find(address);
    if (at === undefined) {
      return address.toString(16);
    }
    const { start, size, name, module } = at;
    return `${name}+0x${(address - start).toString(16)}/0x${size.toString(16)}${module}`;
  }

  /** The function at an address as %ps prints it: without its offset. */
  symbol(address: bigint): string {
    const at = this.#find(address);
    return at === undefined ? address.toString(16) : `${at.name}${at.module}`;
  }

  /** The symbol that holds an address. It reaches to the next one of another address. */
  #find(address: bigint): { start: bigint; size: bigint; name: string; module: string } | undefined {
    const addresses = this.#sorted();
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((addresses[middle] ?? 0n) <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const start = addresses[low - 1];
    const next = addresses[low];
    if (start === undefined || next === undefined) {
      return undefined;
    }
    // Of several symbols of one address the kernel names the first.
    let first = low - 1;
    while (first > 0 && addresses[first - 1] === start) {
      first--;
    }
    const [name = '', module] = (this.#names[first] ?? '').split('\t');
    return { start, size: next - start, name, module: module === undefined ? '' : ` [${module}]` };
  }

  #sorted(): BigUint64Array {
    if (this.#addresses !== undefined) {
      return this.#addresses;
    }
    const symbols: Array<{ address: bigint; name: string }> = [];
    for (const line of textOf(this.text).split('\n')) {
      const match = symbolLine.exec(line);
      if (match !== null) {
        const name = match[3] === undefined ? (match[2] ?? '') : `${match[2]}\t${match[3]}`;
        symbols.push({ address: BigInt(`0x${match[1]}`), name });
      }
    }
    symbols.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.#names = symbols.map(({ name }) => name);
    this.#addresses = BigUint64Array.from(symbols, ({ address }) => address);
    return this.#addresses;
  }
}
