// The raw bytes of the hashed page table, as they lie in memory: sixteen bytes an HPTE, big endian, dword 0 first. What a trace does not
// tell is unreadable.

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Vm } from '../model/vm';
import { certaintyOf } from '../timeline/known';

/** No answer is longer than this many bytes. */
const MOST = 1 << 20;

/** Parts of an entry that its two dwords are made of. */
const WORDS = ['state', 'dword0', 'frame', 'rights', 'rc'] as const;

/** Whether both dwords of an entry are known: of a trace's table they may not be. */
function isReadable({ state }: Vm, index: number): boolean {
  return state.known === null || WORDS.every((part) => certaintyOf(state, index, part) !== 'unknown');
}

/** Reads from the current table, up to the first entry that is not known. A memory reference is an offset into it, in hex. */
export function readTable(
  vm: Vm,
  { memoryReference, offset = 0, count }: DebugProtocol.ReadMemoryArguments,
): DebugProtocol.ReadMemoryResponse['body'] {
  if (!/^0x[0-9a-fA-F]{1,13}$/.test(memoryReference))
    throw new Error(`"${memoryReference.slice(0, 40)}" is no place in the table.`);
  const { hpt } = vm.state;
  const end = hpt.entries * 16;
  const start = Number(memoryReference) + (Number.isInteger(offset) ? offset : 0);
  const wanted = Math.max(0, Math.min(Number.isInteger(count) ? count : 0, MOST));
  const from = Math.max(0, Math.min(start, end));
  const inTable = start < 0 ? 0 : Math.min(wanted, end - from);
  let readable = from;
  while (readable < from + inTable && isReadable(vm, Math.floor(readable / 16)))
    readable = (Math.floor(readable / 16) + 1) * 16;
  const bytes = new Uint8Array(Math.min(inTable, readable - from));
  const words = new DataView(new ArrayBuffer(16));
  for (let i = 0, loaded = -1; i < bytes.length; i++) {
    const index = Math.floor((from + i) / 16);
    if (index !== loaded) {
      words.setInt32(0, hpt.vHi(index));
      words.setInt32(4, hpt.vLo(index));
      words.setInt32(8, hpt.rHi(index));
      words.setInt32(12, hpt.rLo(index));
      loaded = index;
    }
    bytes[i] = words.getUint8((from + i) % 16);
  }
  return { address: `0x${from.toString(16)}`, data: base64(bytes), unreadableBytes: wanted - bytes.length };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
