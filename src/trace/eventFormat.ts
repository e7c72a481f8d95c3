// The layout of a binary event as the kernel describes it (/sys/kernel/tracing/events/SYSTEM/EVENT/format, and header_page):
//
//     name: kvm_hcall_enter
//     ID: 1292
//     format:
//         field:unsigned long req;	offset:16;	size:8;	signed:0;
//     print fmt: "…"

import { textOf } from './byteCursor';

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

/** The bytes of one record, with the view that its fields are read through. */
export class EventRecord {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** An integer field, signed ones as signed numbers; undefined if the record is too short for it or the field is no integer. */
  integer(field: FormatField | undefined): bigint | undefined {
    if (field === undefined || field.offset + field.size > this.bytes.length) {
      return undefined;
    }
    if (field.size === 8) {
      const view = this.#view;
      return field.signed
        ? view.getBigInt64(field.offset, this.littleEndian)
        : view.getBigUint64(field.offset, this.littleEndian);
    }
    const value = this.small(field);
    return value === undefined ? undefined : BigInt(value);
  }

  /** An integer field of at most 32 bits. */
  small(field: FormatField): number | undefined {
    const { offset, size, signed } = field;
    const view = this.#view;
    if (offset + size > this.bytes.length) {
      return undefined;
    }
    switch (size) {
      case 1:
        return signed ? view.getInt8(offset) : view.getUint8(offset);
      case 2:
        return signed ? view.getInt16(offset, this.littleEndian) : view.getUint16(offset, this.littleEndian);
      case 4:
        return signed ? view.getInt32(offset, this.littleEndian) : view.getUint32(offset, this.littleEndian);
      default:
        return undefined;
    }
  }

  /** A text field: a char array in place, one that reaches to the end of the record, or a `__data_loc`. */
  text(field: FormatField | undefined): string | undefined {
    if (field === undefined || field.offset > this.bytes.length) {
      return undefined;
    }
    let start = field.offset;
    let end = field.size === 0 ? this.bytes.length : field.offset + field.size;
    const relative = field.type.startsWith('__rel_loc');
    if (relative || field.type.startsWith('__data_loc')) {
      const where = this.small({ ...field, size: 4, signed: false });
      if (where === undefined) {
        return undefined;
      }
      start = (where & 0xffff) + (relative ? field.offset + 4 : 0);
      end = start + (where >>> 16);
    }
    const bytes = this.bytes.subarray(start, Math.min(end, this.bytes.length));
    const zero = bytes.indexOf(0);
    return textOf(zero < 0 ? bytes : bytes.subarray(0, zero));
  }
}
