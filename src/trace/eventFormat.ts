// The layout of a binary event as the kernel describes it (/sys/kernel/tracing/events/SYSTEM/EVENT/format, and header_page):
//
//     name: kvm_hcall_enter
//     ID: 1292
//     format:
//         field:unsigned long req;	offset:16;	size:8;	signed:0;
//     print fmt: "…"

/** One field of a record. */
export interface FormatField {
  readonly name: string;
  /** C type without the name, such as `unsigned long` or `__data_loc char[]`. */
  readonly type: string;
  readonly offset: number;
  /** Bytes; 0 for an array that reaches to the end of the record. */
  readonly size: number;
  readonly signed: boolean;
  readonly isArray: boolean;
}

export interface EventFormat {
  readonly system: string;
  readonly name: string;
  readonly id: number;
  readonly fields: ReadonlyMap<string, FormatField>;
}

/** Largest record offset believed. */
const largestOffset = 0xffff;

const fieldPattern = /^\s*field:([^;]+);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?/;

/** The fields that a format text describes, whatever else stands in it. */
export function parseFields(text: string): Map<string, FormatField> {
  const fields = new Map<string, FormatField>();
  for (const line of text.split('\n')) {
    const match = fieldPattern.exec(line);
    const declared = match === null ? null : /^(.*?)\s*\b(\w+)((?:\[[^\]]*\])?)\s*$/.exec(match[1] ?? '');
    if (match === null || declared === null) {
      continue;
    }
    const offset = Number(match[2]);
    const size = Number(match[3]);
    if (offset > largestOffset || size > largestOffset) {
      continue;
    }
    const type = (declared[1] ?? '').trim();
    const name = declared[2] ?? '';
    const isArray =
      declared[3] !== '' || type.endsWith(']') || type.startsWith('__data_loc') || type.startsWith('__rel_loc');
    fields.set(name, { name, type, offset, size, signed: match[4] === '1', isArray });
  }
  return fields;
}

/** Parses a format file; undefined if it names no event. */
export function parseEventFormat(text: string, system: string): EventFormat | undefined {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = /^ID:\s*(\d{1,5})\s*$/m.exec(text)?.[1];
  if (name === undefined || id === undefined) {
    return undefined;
  }
  return { system, name, id: Number(id), fields: parseFields(text) };
}

/** Reads fields out of records of one byte order. Fields that a record is too short for read as undefined. */
export class RecordFields {
  readonly #little: boolean;

  constructor(littleEndian: boolean) {
    this.#little = littleEndian;
  }

  /** An integer field: signed ones as signed numbers. */
  integer(record: Uint8Array, field: FormatField | undefined): bigint | undefined {
    if (field === undefined || field.offset + field.size > record.length) {
      return undefined;
    }
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const little = this.#little;
    switch (field.size) {
      case 1:
        return BigInt(field.signed ? view.getInt8(field.offset) : view.getUint8(field.offset));
      case 2:
        return BigInt(field.signed ? view.getInt16(field.offset, little) : view.getUint16(field.offset, little));
      case 4:
        return BigInt(field.signed ? view.getInt32(field.offset, little) : view.getUint32(field.offset, little));
      case 8:
        return field.signed ? view.getBigInt64(field.offset, little) : view.getBigUint64(field.offset, little);
      default:
        return undefined;
    }
  }

  /** A text field: a char array in place, one that reaches to the end of the record, or a `__data_loc`. */
  text(record: Uint8Array, field: FormatField | undefined): string | undefined {
    if (field === undefined || field.offset > record.length) {
      return undefined;
    }
    let start = field.offset;
    let end = field.size === 0 ? record.length : field.offset + field.size;
    if (field.type.startsWith('__data_loc') || field.type.startsWith('__rel_loc')) {
      const where = this.integer(record, { ...field, size: 4, signed: false });
      if (where === undefined) {
        return undefined;
      }
      start = Number(where & 0xffffn) + (field.type.startsWith('__rel_loc') ? field.offset + 4 : 0);
      end = start + Number(where >> 16n);
    }
    const bytes = record.subarray(start, Math.min(end, record.length));
    const zero = bytes.indexOf(0);
    return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  }
}
