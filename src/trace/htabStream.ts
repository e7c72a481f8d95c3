// Reader of KVM_PPC_GET_HTAB_FD streams (Documentation/virt/kvm/api.rst, 4.78): records of a header
// `{u32 index; u16 n_valid; u16 n_invalid}` in the byte order of the host, followed by n_valid HPTEs of two big-endian doublewords:
// dword 0 in the layout before ISA 3.0, and the guest's view of dword 1. Invalid entries follow the valid ones without data.
//
// A stream does not tell absent entries from valid ones, nor real page numbers. The kernel holds the HPTE's lock while it copies
// dword 0, so HPTE_V_HVLOCK (0x40) is set in every entry; it is cleared here.

import { joinU64 } from './byteCursor';
import { type InputProblem, ProblemList } from './problem';

const headerSize = 8;
const entrySize = 16;
const hvLock = 0x40;

/** One entry of a stream. */
export interface HtabStreamEntry {
  readonly index: number;
  /** HPTE dword 0, layout before ISA 3.0, VALID also when the entry is absent. */
  readonly v: bigint;
  /** The guest's view of dword 1. */
  readonly guest: bigint;
  /** Byte offset of the entry in the stream. */
  readonly offset: number;
}

/** A run of slots that the stream says are free. */
export interface FreeRun {
  readonly index: number;
  readonly count: number;
}

/** One pass over the table: the first one is complete, later ones hold what changed. */
export interface HtabPass {
  readonly entries: readonly HtabStreamEntry[];
  readonly free: readonly FreeRun[];
}

export interface HtabStreamFile {
  readonly file: string;
  /** Byte order of the host, judged by what makes sense of the headers. */
  readonly littleEndian: boolean;
  readonly passes: readonly HtabPass[];
  readonly problems: readonly InputProblem[];
}

/** How far a stream makes sense in one byte order. */
function sensibleBytes(view: DataView, littleEndian: boolean): number {
  let at = 0;
  let next = 0;
  let wraps = 0;
  while (at + headerSize <= view.byteLength) {
    const index = view.getUint32(at, littleEndian);
    const valid = view.getUint16(at + 4, littleEndian);
    const count = valid + view.getUint16(at + 6, littleEndian);
    const end = at + headerSize + valid * entrySize;
    wraps += index < next ? 1 : 0;
    if (count === 0 || end > view.byteLength || index + count > 2 ** 32 || wraps * 64 > at + 64) {
      return at;
    }
    next = index + count;
    at = end;
  }
  return at;
}

/** The byte order that makes more sense of the stream; little endian where both do. */
function judgedLittleEndian(view: DataView): boolean {
  const little = sensibleBytes(view, true);
  const big = sensibleBytes(view, false);
  if (little !== big || view.byteLength < headerSize) {
    return little >= big;
  }
  return view.getUint32(0, true) <= view.getUint32(0, false);
}

/** Reads a stream. An empty one holds no pass: nothing had changed. */
export function readHtabStream(bytes: Uint8Array, file: string): HtabStreamFile {
  const problems = new ProblemList(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = judgedLittleEndian(view);
  const passes: Array<{ entries: HtabStreamEntry[]; free: FreeRun[] }> = [];
  let next = 0;
  let at = 0;
  while (at < bytes.length) {
    const valid = at + headerSize <= bytes.length ? view.getUint16(at + 4, littleEndian) : 0;
    const end = at + headerSize + valid * entrySize;
    if (end > bytes.length) {
      const what = at + headerSize > bytes.length ? 'a header of 8 bytes' : `a record of ${end - at} bytes`;
      problems.add(
        'warning',
        `the stream is cut: expected ${what}, found ${bytes.length - at}. What stands before it was read`,
        { offset: at },
      );
      break;
    }
    const index = view.getUint32(at, littleEndian);
    const invalid = view.getUint16(at + 6, littleEndian);
    if (index + valid + invalid > 2 ** 32 || valid + invalid === 0) {
      const message = `a header with index 0x${index.toString(16)}, ${valid} valid and ${invalid} invalid entries cannot be; this is no HTAB_FD stream from here on`;
      problems.add('error', message, { offset: at });
      break;
    }
    if (passes.length === 0 || index < next) {
      passes.push({ entries: [], free: [] });
    }
    const pass = passes[passes.length - 1];
    for (let i = 0; i < valid; i++) {
      const entry = at + headerSize + i * entrySize;
      const v = joinU64(view.getUint32(entry), (view.getUint32(entry + 4) & ~hvLock) >>> 0);
      pass?.entries.push({ index: index + i, v, guest: view.getBigUint64(entry + 8), offset: entry });
    }
    if (invalid > 0) {
      pass?.free.push({ index: index + valid, count: invalid });
    }
    next = index + valid + invalid;
    at = end;
  }
  return { file, littleEndian, passes, problems: problems.list() };
}
