// The container format of trace-cmd's trace.dat, versions 6 and 7: where the event formats, names and per-CPU buffers are.
// Documents: trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5). What those pages leave open (v6 instances, chunk table sizes) was read
// off files that trace-cmd 3.1.6 wrote.

import { BinaryReader, ShortData } from './binaryReader';
import { DatParts, mostCpus, OPTION, type PageLayout } from './datParts';
import type { EventFormat } from './eventFormat';
import type { Decompressors } from './files';
import { Kallsyms } from './kallsyms';
import type { ProblemList } from './problem';

/** The ring-buffer pages of one CPU. */
export interface CpuPages {
  readonly cpu: number;
  /** Whole pages of `pageSize`, as the kernel's ring buffer had them. */
  readonly data: Uint8Array;
}

/** One trace buffer: the top one (name "") or that of an instance. */
export interface DatBuffer {
  readonly name: string;
  /** Trace clock, such as `mono`; empty if the file does not tell. */
  readonly clock: string;
  readonly pageSize: number;
  readonly cpus: readonly CpuPages[];
}

/** Everything in a trace.dat but the decoded events. */
export interface DatContainer {
  readonly version: number;
  readonly littleEndian: boolean;
  /** By event id (common_type). */
  readonly formats: ReadonlyMap<number, EventFormat>;
  readonly page: PageLayout;
  /** Task names by pid (saved_cmdlines). */
  readonly comms: ReadonlyMap<number, string>;
  readonly buffers: readonly DatBuffer[];
  /** Text of a latency tracer, which such files hold instead of buffers. */
  readonly latencyText: Uint8Array | undefined;
  /** Nanoseconds to add to every time stamp. */
  readonly timeOffset: bigint;
  /** How to make nanoseconds of the time stamps: `ts * mult >> shift` (the offset that is stored too is not applied by trace-cmd). */
  readonly tsc: { readonly mult: bigint; readonly shift: bigint } | undefined;
  /** Events that the kernel counts as overwritten (CPU statistics). */
  readonly overwritten: number;
  /** Page size of the traced host in bytes; 0 where the file ends before it. */
  readonly hostPageSize: number;
  /** What `uname` said on the host, and the trace-cmd that wrote the file; empty where the file does not tell. */
  readonly uname: string;
  readonly writer: string;
  readonly symbols: Kallsyms;
  /** Compression of the sections: `none`, `zlib`, `zstd`. */
  readonly compression: string;
}

/** Most bytes believed of decompressed metadata sections and of one chunk of trace data. */
const largestSection = 1 << 28;
const largestChunk = 1 << 28;
/** Most bytes of decompressed trace data. */
const largestData = 2 ** 32;
const largestPage = 1 << 20;

/** Collects what the sections of a file say. */
export class DatParser {
  readonly buffers: DatBuffer[] = [];
  readonly file: BinaryReader;
  version = 0;
  latencyText: Uint8Array | undefined;
  #pageSize = 0;
  #compression = 'none';
  readonly #parts: DatParts;
  /** Bytes of trace data decompressed so far. */
  #unpacked = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly decompressors: Decompressors,
    readonly problems: ProblemList,
  ) {
    this.#parts = new DatParts(problems);
    // The byte order stands behind the version text.
    const version = bytes.indexOf(0, 10);
    this.file = new BinaryReader(bytes, bytes[version + 1] !== 1);
  }

  /** Reads the whole container; what cannot be read becomes a problem. */
  async parse(): Promise<DatContainer> {
    try {
      this.#header();
      await (this.version === 6 ? this.#bodyV6() : this.#bodyV7());
    } catch (error) {
      if (!(error instanceof ShortData)) {
        throw error;
      }
      this.problems.add('error', `${error.message}. What stands before it was read`, { offset: error.offset });
    }
    const { formats, page, comms, timeOffset, tsc, overwritten, uname, writer, kallsyms } = this.#parts;
    return {
      version: this.version,
      littleEndian: this.file.littleEndian,
      buffers: this.buffers,
      latencyText: this.latencyText,
      formats,
      page,
      comms,
      timeOffset,
      tsc,
      overwritten,
      hostPageSize: this.#pageSize,
      uname,
      writer,
      symbols: new Kallsyms(kallsyms),
      compression: this.#compression,
    };
  }

  #header(): void {
    const r = this.file;
    r.at = 10;
    const version = r.string('the version of the file');
    if (version !== '6' && version !== '7') {
      r.at = 10;
      r.fail(`trace.dat version ${JSON.stringify(version.slice(0, 10))} is not known; versions 6 and 7 are`);
    }
    this.version = Number(version);
    if (r.u8('the byte order') > 1) {
      r.at--;
      r.fail('expected 0 (little endian) or 1 (big endian) as byte order');
    }
    r.u8('the size of a long');
    this.#pageSize = this.#checkedPageSize(r.u32('the page size'), r);
  }

  #checkedPageSize(size: number, r: BinaryReader): number {
    if (size < 256 || size > largestPage || (size & (size - 1)) !== 0) {
      r.at -= 4;
      r.fail(`a page size of ${size} bytes cannot be`);
    }
    return size;
  }

  // ---- version 6: one part after the other -------------------------------------------------------------------------

  async #bodyV6(): Promise<void> {
    const r = this.file;
    this.#parts.headerInfo(r);
    this.#parts.ftraceFormats(r);
    this.#parts.systemFormats(r);
    this.#parts.kallsymsText(r);
    r.take(r.u32('the size of the printk formats'), 'printk formats');
    this.#parts.cmdlines(r);
    const cpus = r.u32('the number of CPUs');
    if (cpus > mostCpus) {
      r.at -= 4;
      r.fail(`${cpus} CPUs cannot be`);
    }
    this.#parts.cpuCount = cpus;
    let what = this.#tag(r);
    const instances: Array<{ name: string; at: number }> = [];
    if (what === 'options') {
      this.#optionsV6(r, instances);
      what = this.#tag(r);
    }
    if (what === 'latency') {
      this.latencyText = r.take(r.left, 'the text of a latency trace');
      return;
    }
    this.#cpuTableV6(r, '', cpus);
    for (const { name, at } of instances) {
      r.at = at;
      this.#tag(r);
      this.#cpuTableV6(r, name, this.#parts.cpuCount);
    }
  }

  /** `options  `, `latency  ` or `flyrecord`, ten bytes with the zero. */
  #tag(r: BinaryReader): 'options' | 'latency' | 'flyrecord' {
    const text = new TextDecoder().decode(r.take(10, 'a part name')).replace(/[ \0]+$/, '');
    if (text !== 'options' && text !== 'latency' && text !== 'flyrecord') {
      r.at -= 10;
      return r.fail(`expected "options", "latency" or "flyrecord", found ${JSON.stringify(text)}`);
    }
    return text;
  }

  #optionsV6(r: BinaryReader, instances: Array<{ name: string; at: number }>): void {
    for (let id = r.u16('an option'); id !== 0; id = r.u16('an option')) {
      const origin = r.at + 4;
      const data = r.take(r.u32('the size of an option'), 'an option');
      const option = new BinaryReader(data, r.littleEndian, 0, origin);
      if (id === OPTION.buffer) {
        const at = option.size('the offset of an instance', this.bytes.length);
        instances.push({ name: option.left > 0 ? option.string('the name of an instance') : '', at });
      } else {
        this.#parts.commonOption(id, option);
      }
    }
  }

  #cpuTableV6(r: BinaryReader, name: string, count: number): void {
    const cpus: CpuPages[] = [];
    for (let cpu = 0; cpu < count; cpu++) {
      const offset = r.size('the offset of CPU data');
      const size = r.u64('the size of CPU data');
      const most = BigInt(this.bytes.length - offset);
      if (size > most) {
        this.problems.add(
          'error',
          `the data of CPU ${cpu} is cut short: ${size} bytes are declared, ${most} are there`,
          { offset },
        );
      }
      const there = Number(size > most ? most : size);
      cpus.push({ cpu, data: this.bytes.subarray(offset, offset + there) });
    }
    this.buffers.push({ name, clock: this.#parts.clock, pageSize: this.#pageSize, cpus });
  }

  // ---- version 7: sections, found through options -------------------------------------------------------------------

  async #bodyV7(): Promise<void> {
    const r = this.file;
    this.#compression = r.string('the name of the compression');
    r.string('the version of the compression');
    let next = r.size('the offset of the options');
    const seen = new Set<number>();
    while (next !== 0) {
      if (seen.has(next)) {
        r.at = next;
        r.fail('the options lead back to themselves');
      }
      seen.add(next);
      next = await this.#optionsV7(await this.#section(next, 0));
    }
  }

  /** The data of the section at an offset, decompressed. */
  async #section(at: number, id: number): Promise<BinaryReader> {
    const r = this.file;
    r.at = at;
    const found = r.u16('a section id');
    if (found !== id) {
      r.at -= 2;
      r.fail(`expected section ${id}, found section ${found}`);
    }
    const compressed = (r.u16('section flags') & 1) !== 0;
    r.u32('a section description');
    const size = r.size('the size of a section');
    if (!compressed) {
      return new BinaryReader(r.take(size, `section ${id}`), r.littleEndian, 0, at + 16);
    }
    const packedSize = r.u32('the compressed size of a section');
    const plainSize = r.u32('the size of a section');
    if (plainSize > largestSection) {
      r.at -= 4;
      r.fail(`section ${id} of ${plainSize} bytes is larger than ${largestSection}`);
    }
    const data = await this.#unpack(r.take(packedSize, `section ${id}`), plainSize, at);
    return new BinaryReader(data, r.littleEndian, 0, at);
  }

  async #unpack(data: Uint8Array, size: number, offset: number): Promise<Uint8Array> {
    const kind = this.#compression;
    if (kind !== 'zstd' && kind !== 'zlib') {
      throw new ShortData(`the compression ${JSON.stringify(kind)} is not known; zstd and zlib are`, offset);
    }
    let plain: Uint8Array;
    try {
      plain = await this.decompressors[kind](data, size);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ShortData(`the ${kind} data is damaged (${why})`, offset);
    }
    if (plain.length !== size) {
      throw new ShortData(`the ${kind} data gives ${plain.length} bytes; ${size} are declared`, offset);
    }
    return plain;
  }

  /** Reads one options section and returns the offset of the next, or 0. */
  async #optionsV7(r: BinaryReader): Promise<number> {
    while (r.left > 0) {
      const id = r.u16('an option');
      const origin = r.origin + r.at + 4;
      const data = r.take(r.u32('the size of an option'), 'an option');
      const option = new BinaryReader(data, r.littleEndian, 0, origin);
      if (id === OPTION.done) {
        return option.size('the offset of the next options', this.bytes.length);
      }
      await this.#sectionOption(id, option);
    }
    return 0;
  }

  async #sectionOption(id: number, option: BinaryReader): Promise<void> {
    const offset = (): number => option.size('the offset of a section', this.bytes.length);
    switch (id) {
      case OPTION.headerInfo:
        return this.#parts.headerInfo(await this.#section(offset(), id));
      case OPTION.ftraceEvents:
        return this.#parts.ftraceFormats(await this.#section(offset(), id));
      case OPTION.eventFormats:
        return this.#parts.systemFormats(await this.#section(offset(), id));
      case OPTION.kallsyms: {
        // A large section that is only needed for the places of kprobes; trace-cmd writes it behind the formats.
        const at = offset();
        return this.#parts.hasProbes ? this.#parts.kallsymsText(await this.#section(at, id)) : undefined;
      }
      case OPTION.cmdlines:
        return this.#parts.cmdlines(await this.#section(offset(), id));
      case OPTION.bufferText: {
        const text = await this.#section(offset(), id);
        this.latencyText = text.take(text.left, 'the text of a latency trace');
        return;
      }
      case OPTION.buffer:
        return this.#bufferV7(option);
      default:
        return this.#parts.commonOption(id, option);
    }
  }

  async #bufferV7(option: BinaryReader): Promise<void> {
    const section = option.size('the offset of a buffer', this.bytes.length);
    const name = option.string('the name of a buffer');
    const clock = option.string('the clock of a buffer');
    const pageSize = this.#checkedPageSize(option.u32('the page size of a buffer'), option);
    const count = option.u32('the number of CPUs of a buffer');
    if (count > mostCpus) {
      option.at -= 4;
      option.fail(`${count} CPUs cannot be`);
    }
    this.file.at = section + 2;
    const compressed = (this.file.u16('the flags of a buffer') & 1) !== 0;
    const cpus: CpuPages[] = [];
    this.buffers.push({ name, clock, pageSize, cpus });
    for (let i = 0; i < count; i++) {
      const cpu = option.u32('a CPU number');
      const offset = option.size('the offset of CPU data', this.bytes.length);
      const size = option.u64('the size of CPU data');
      if (size !== 0n) {
        cpus.push({ cpu, data: compressed ? await this.#chunks(offset) : this.#plain(cpu, offset, size) });
      }
    }
  }

  #plain(cpu: number, offset: number, size: bigint): Uint8Array {
    const most = this.bytes.length - offset;
    if (size > BigInt(most)) {
      this.problems.add('error', `the data of CPU ${cpu} is cut short: ${size} bytes are declared, ${most} are there`, {
        offset,
      });
    }
    return this.bytes.subarray(offset, offset + Math.min(Number(size), most));
  }

  /** The compressed chunks of one CPU's data. What comes before a damaged chunk is kept. */
  async #chunks(offset: number): Promise<Uint8Array> {
    const r = this.file;
    const parts: Uint8Array[] = [];
    let length = 0;
    r.at = offset;
    try {
      const count = r.u32('the number of chunks');
      for (let i = 0; i < count; i++) {
        const at = r.at;
        const packed = r.u32('the compressed size of a chunk');
        const plain = r.u32('the size of a chunk');
        if (plain > largestChunk || this.#unpacked + plain > largestData) {
          r.at = at;
          r.fail(`a chunk of ${plain} bytes is larger than can be taken`);
        }
        this.#unpacked += plain;
        parts.push(await this.#unpack(r.take(packed, 'a chunk'), plain, at));
        length += plain;
      }
    } catch (error) {
      if (!(error instanceof ShortData)) {
        throw error;
      }
      this.problems.add('error', `${error.message}. The trace data before it was read`, { offset: error.offset });
    }
    const only = parts[0];
    if (parts.length === 1 && only !== undefined) {
      return only;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
