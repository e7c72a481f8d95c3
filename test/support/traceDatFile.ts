// Writes trace.dat files for tests, after trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5): forms of which no recording is at hand
// (big endian, several buffers, lost events, absolute time stamps, uncompressed and zlib sections).

import { deflateSync } from 'node:zlib';

/** What stands on a ring-buffer page, in order. Deltas are in time units. */
export type PageItem =
  | { readonly event: Uint8Array; readonly delta?: number; readonly long?: boolean }
  | { readonly extend: number }
  | { readonly stamp: bigint }
  | { readonly discarded: number; readonly delta?: number }
  | { readonly restIsPadding: true };

export interface DatPage {
  readonly time: bigint;
  readonly items: readonly PageItem[];
  /** Events lost before the page: a number, or true when the number is not stored. */
  readonly lost?: number | true;
}

export interface DatCpu {
  readonly cpu: number;
  readonly pages: readonly DatPage[];
}

export interface DatSpec {
  readonly version: 6 | 7;
  readonly littleEndian: boolean;
  readonly compression?: 'none' | 'zlib';
  readonly pageSize?: number;
  readonly buffers: ReadonlyArray<{ readonly name: string; readonly clock: string; readonly cpus: readonly DatCpu[] }>;
  readonly comms?: string;
  /** Text of a latency tracer in place of the buffers. */
  readonly latencyText?: string;
  readonly options?: ReadonlyArray<readonly [number, Uint8Array]>;
}

const common = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

export const printId = 5;
export const hcallId = 300;
export const wakeId = 301;

const printFormat = `name: print
ID: ${printId}
format:
${common}
	field:unsigned long ip;	offset:8;	size:8;	signed:0;
	field:char buf[];	offset:16;	size:0;	signed:0;

print fmt: "%ps: %s", (void *)REC->ip, REC->buf
`;

/** Like the kernel's, but with the fields in another order and at other places. */
const hcallFormat = `name: kvm_hcall_enter
ID: ${hcallId}
format:
${common}
	field:unsigned long req;	offset:8;	size:8;	signed:0;
	field:unsigned long gpr4;	offset:16;	size:8;	signed:0;
	field:unsigned long gpr5;	offset:24;	size:8;	signed:0;
	field:unsigned long gpr6;	offset:32;	size:8;	signed:0;
	field:unsigned long gpr7;	offset:40;	size:8;	signed:0;
	field:int vcpu_id;	offset:48;	size:4;	signed:1;

print fmt: "VCPU %d: hcall=%s GPR4-7=0x%lx,0x%lx,0x%lx,0x%lx", REC->vcpu_id, __print_symbolic(REC->req, {0x04, "H_REMOVE"}, {0x08, "H_ENTER"}), REC->gpr4, REC->gpr5, REC->gpr6, REC->gpr7
`;

const wakeFormat = `name: sched_wakeup
ID: ${wakeId}
format:
${common}
	field:char comm[16];	offset:8;	size:16;	signed:0;
	field:int prio;	offset:24;	size:4;	signed:1;

print fmt: "comm=%s prio=%d", REC->comm, REC->prio
`;

/** Bytes put together in one byte order. */
export class Bytes {
  readonly #parts: number[] = [];

  constructor(readonly littleEndian: boolean) {}

  get length(): number {
    return this.#parts.length;
  }

  number(value: bigint | number, size: number): this {
    const big = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++) {
      const shift = BigInt((this.littleEndian ? i : size - 1 - i) * 8);
      this.#parts.push(Number((big >> shift) & 0xffn));
    }
    return this;
  }

  raw(bytes: Uint8Array | readonly number[]): this {
    for (const byte of bytes) {
      this.#parts.push(byte);
    }
    return this;
  }

  text(text: string, size = text.length): this {
    return this.raw(Buffer.from(text.padEnd(size, '\0'), 'latin1'));
  }

  zeros(count: number): this {
    return this.raw(new Uint8Array(Math.max(0, count)));
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}

function header(bytes: Bytes, id: number, pid: number, flags = 0, preempt = 0): Bytes {
  return bytes.number(id, 2).number(flags, 1).number(preempt, 1).number(pid, 4);
}

/** A tracing_mark_write record. */
export function printRecord(little: boolean, pid: number, text: string): Uint8Array {
  const bytes = header(new Bytes(little), printId, pid).number(0xc000n, 8).text(`${text}\n\0`);
  return bytes.zeros((4 - (bytes.length % 4)) % 4).done();
}

/** A kvm_hcall_enter record in the layout of this file's formats. */
export function hcallRecord(
  little: boolean,
  pid: number,
  vcpu: number,
  nr: bigint,
  args: readonly bigint[],
): Uint8Array {
  const bytes = header(new Bytes(little), hcallId, pid, 0x05, 0x21).number(nr, 8);
  for (const arg of args) {
    bytes.number(arg, 8);
  }
  return bytes.number(vcpu, 4).done();
}

/** A record of an event that this tool does not know. */
export function wakeRecord(little: boolean, pid: number, comm: string): Uint8Array {
  return header(new Bytes(little), wakeId, pid).text(comm, 16).number(-5, 4).done();
}

function headWord(little: boolean, typeLength: number, delta: number): number {
  return little ? ((delta << 5) | typeLength) >>> 0 : ((typeLength << 27) | delta) >>> 0;
}

function pageBytes(spec: DatSpec, page: DatPage, pageSize: number): Uint8Array {
  const little = spec.littleEndian;
  const data = new Bytes(little);
  for (const item of page.items) {
    if ('event' in item) {
      const { event, delta = 0, long = false } = item;
      if (long || event.length > 112) {
        data
          .number(headWord(little, 0, delta), 4)
          .number(event.length + 4, 4)
          .raw(event);
      } else {
        data.number(headWord(little, event.length / 4, delta), 4).raw(event);
      }
    } else if ('extend' in item) {
      data.number(headWord(little, 30, item.extend % 2 ** 27), 4).number(Math.floor(item.extend / 2 ** 27), 4);
    } else if ('stamp' in item) {
      data
        .number(headWord(little, 31, Number(item.stamp & 0x7ffffffn)), 4)
        .number((item.stamp >> 27n) & 0xffffffffn, 4);
    } else if ('discarded' in item) {
      data
        .number(headWord(little, 29, item.delta ?? 1), 4)
        .number(item.discarded + 4, 4)
        .zeros(item.discarded);
    } else {
      data.number(headWord(little, 29, 0), 4).zeros(8);
    }
  }
  const flags = page.lost === undefined ? 0 : page.lost === true ? 0x8000_0000 : 0xc000_0000;
  const bytes = new Bytes(little)
    .number(page.time, 8)
    .number(BigInt(data.length + flags), 8)
    .raw(data.done());
  if (typeof page.lost === 'number') {
    bytes.number(page.lost, 8);
  }
  return bytes.zeros(pageSize - bytes.length).done();
}

function cpuData(spec: DatSpec, cpu: DatCpu, pageSize: number): Uint8Array {
  return Buffer.concat(cpu.pages.map((page) => pageBytes(spec, page, pageSize)));
}

function sized(bytes: Bytes, text: string): Bytes {
  return bytes.number(text.length, 8).text(text);
}

function headerInfo(bytes: Bytes, pageSize: number): Bytes {
  const page = `	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:${pageSize - 16};	signed:0;
`;
  sized(bytes.text('header_page\0'), page);
  return sized(bytes.text('header_event\0'), '# compressed entry header\n');
}

function formats(bytes: Bytes): { ftrace: Uint8Array; systems: Uint8Array } {
  const ftrace = sized(new Bytes(bytes.littleEndian).number(1, 4), printFormat).done();
  const systems = new Bytes(bytes.littleEndian).number(2, 4);
  sized(systems.text('kvm_hv\0').number(1, 4), hcallFormat);
  sized(systems.text('sched\0').number(1, 4), wakeFormat);
  return { ftrace, systems: systems.done() };
}

function fileHead(spec: DatSpec, pageSize: number): Bytes {
  const bytes = new Bytes(spec.littleEndian).raw([0x17, 0x08, 0x44]).text('tracing').text(`${spec.version}\0`);
  return bytes
    .number(spec.littleEndian ? 0 : 1, 1)
    .number(8, 1)
    .number(pageSize, 4);
}

/** The bytes of a trace.dat. */
export function traceDatFile(spec: DatSpec): Uint8Array {
  return spec.version === 6 ? fileV6(spec) : fileV7(spec);
}

function fileV6(spec: DatSpec): Uint8Array {
  const pageSize = spec.pageSize ?? 4096;
  const [top, ...instances] = spec.buffers;
  const cpus = top?.cpus ?? [];
  const bytes = headerInfo(fileHead(spec, pageSize), pageSize);
  const { ftrace, systems } = formats(bytes);
  bytes.raw(ftrace).raw(systems).number(0, 4).number(0, 4);
  sized(bytes, spec.comms ?? '7 vmm\n');
  bytes.number(cpus.length, 4).text('options  \0');
  const options: Array<readonly [number, Uint8Array]> = [...(spec.options ?? [])];
  options.push([4, new Bytes(spec.littleEndian).text(`local [${top?.clock}] global\n\0`).done()]);
  for (const [id, data] of options) {
    bytes.number(id, 2).number(data.length, 4).raw(data);
  }
  // The places of the instances' tables, which come behind everything else, are only known when the rest is.
  const instanceSize = (name: string): number => 2 + 4 + 8 + name.length + 1;
  const instanceOptions = instances.reduce((sum, { name }) => sum + instanceSize(name), 0);
  const tableEnd = bytes.length + instanceOptions + 2 + 10 + cpus.length * 16;
  let dataAt = Math.ceil(tableEnd / pageSize) * pageSize;
  const place = (list: readonly DatCpu[]): Array<readonly [number, Uint8Array]> =>
    list.map((cpu) => {
      const data = cpuData(spec, cpu, pageSize);
      const at = dataAt;
      dataAt += data.length;
      return [at, data] as const;
    });
  const topData = place(cpus);
  const placed = instances.map(({ name, cpus: list }) => {
    const table = dataAt;
    dataAt = Math.ceil((table + 10 + list.length * 16) / pageSize) * pageSize;
    return { name, table, data: place(list) };
  });
  for (const { name, table } of placed) {
    bytes
      .number(3, 2)
      .number(8 + name.length + 1, 4)
      .number(table, 8)
      .text(`${name}\0`);
  }
  if (spec.latencyText !== undefined) {
    return bytes.number(0, 2).text('latency  \0').text(spec.latencyText).done();
  }
  bytes.number(0, 2).text('flyrecord\0');
  const writeTable = (data: ReadonlyArray<readonly [number, Uint8Array]>): void => {
    for (const [at, content] of data) {
      bytes.number(at, 8).number(content.length, 8);
    }
    for (const [at, content] of data) {
      bytes.zeros(at - bytes.length).raw(content);
    }
  };
  writeTable(topData);
  for (const { table, data } of placed) {
    bytes.zeros(table - bytes.length).text('flyrecord\0');
    writeTable(data);
  }
  return bytes.done();
}

function fileV7(spec: DatSpec): Uint8Array {
  const pageSize = spec.pageSize ?? 4096;
  const compression = spec.compression ?? 'none';
  const packed = compression === 'zlib';
  const bytes = fileHead(spec, pageSize).text(`${compression}\0`).text('1\0');
  const optionsAtPlace = bytes.length;
  const options: Array<readonly [number, Uint8Array]> = [...(spec.options ?? [])];
  const { littleEndian: little } = spec;
  const rest = new Bytes(little);
  const base = optionsAtPlace + 8;
  const here = (): number => base + rest.length;
  const section = (id: number, data: Uint8Array): number => {
    const at = here();
    const body = packed ? deflateSync(data) : data;
    rest
      .number(id, 2)
      .number(packed ? 1 : 0, 2)
      .number(0, 4)
      .number(body.length + (packed ? 8 : 0), 8);
    if (packed) {
      rest.number(body.length, 4).number(data.length, 4);
    }
    rest.raw(body);
    return at;
  };
  const offset = (at: number): Uint8Array => new Bytes(little).number(at, 8).done();
  options.push([16, offset(section(16, headerInfo(new Bytes(little), pageSize).done()))]);
  const { ftrace, systems } = formats(rest);
  options.push([17, offset(section(17, ftrace))], [18, offset(section(18, systems))]);
  options.push([21, offset(section(21, sized(new Bytes(little), spec.comms ?? '7 vmm\n').done()))]);
  for (const { name, clock, cpus } of spec.buffers) {
    const at = here();
    const option = new Bytes(little)
      .number(at, 8)
      .text(`${name}\0${clock}\0`)
      .number(pageSize, 4)
      .number(cpus.length, 4);
    rest
      .number(3, 2)
      .number(packed ? 1 : 0, 2)
      .number(0, 4)
      .number(0, 8);
    for (const cpu of cpus) {
      rest.zeros((pageSize - (here() % pageSize)) % pageSize);
      const data = cpuData(spec, cpu, pageSize);
      const start = here();
      if (packed) {
        // Two chunks, as trace-cmd makes one for every few pages.
        const half = Math.ceil(data.length / pageSize / 2) * pageSize;
        const chunks = [data.subarray(0, half), data.subarray(half)].filter((chunk) => chunk.length > 0);
        rest.number(chunks.length, 4);
        for (const chunk of chunks) {
          const body = deflateSync(chunk);
          rest.number(body.length, 4).number(chunk.length, 4).raw(body);
        }
      } else {
        rest.raw(data);
      }
      option
        .number(cpu.cpu, 4)
        .number(start, 8)
        .number(here() - start, 8);
    }
    options.push([3, option.done()]);
  }
  if (spec.latencyText !== undefined) {
    const at = section(22, new TextEncoder().encode(spec.latencyText));
    options.push([22, new Bytes(little).number(at, 8).text('\0local\0').done()]);
  }
  const optionBytes = new Bytes(little);
  for (const [id, data] of [...options, [0, offset(0)] as const]) {
    optionBytes.number(id, 2).number(data.length, 4).raw(data);
  }
  const optionsAt = here();
  rest.number(0, 2).number(0, 2).number(0, 4).number(optionBytes.length, 8).raw(optionBytes.done());
  return bytes.number(optionsAt, 8).raw(rest.done()).done();
}
