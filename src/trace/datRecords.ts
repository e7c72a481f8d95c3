// Decodes the binary records of a trace.dat into the same objects as the text decoders give. Layouts come from the event
// formats inside the file; only the names of the fields are known here.

import type { DecodedEvent } from './decoded';
import { type EventFields, eventOfFields } from './eventFields';
import type { EventFormat, EventRecord, FormatField } from './eventFormat';
import type { RecordField } from './events';
import type { Kallsyms } from './kallsyms';

/** Reads the fields of one record by name; `missing` notes the first one that is not there. */
class Fields implements EventFields {
  missing: string | undefined;

  constructor(
    readonly record: EventRecord,
    readonly format: EventFormat,
  ) {}

  big(name: string): bigint {
    const value = this.record.integer(this.format.fields.get(name));
    if (value === undefined) {
      this.missing ??= name;
      return 0n;
    }
    return value;
  }

  num(name: string): number {
    const field = this.format.fields.get(name);
    const value = field === undefined ? undefined : this.record.small(field);
    return value ?? Number(this.big(name));
  }

  u64(name: string): bigint {
    return BigInt.asUintN(64, this.big(name));
  }

  text(name: string): string {
    const value = this.record.text(this.format.fields.get(name));
    if (value === undefined) {
      this.missing ??= name;
      return '';
    }
    return value;
  }
}

function isCommon(field: FormatField): boolean {
  return field.name.startsWith('common_');
}

/** The place of a kprobe, or `caller <- function` of a kretprobe. */
function probePlace(f: Fields, symbols: Kallsyms): string {
  return f.format.fields.has('__probe_func')
    ? `${symbols.place(f.u64('__probe_ret_ip'))} <- ${symbols.symbol(f.u64('__probe_func'))}`
    : symbols.place(f.u64('__probe_ip'));
}

/** A kprobe or kretprobe record: every integer field behind the addresses. */
function probe(f: Fields, symbols: Kallsyms): DecodedEvent {
  const fields: Record<string, bigint> = {};
  for (const field of f.format.fields.values()) {
    if (!isCommon(field) && !field.name.startsWith('__probe_')) {
      fields[field.name] = f.big(field.name);
    }
  }
  return { kind: 'probe', name: f.format.name, where: probePlace(f, symbols), fields };
}

function syscallEnter(f: Fields): DecodedEvent {
  const args: Array<{ name: string; value: bigint }> = [];
  for (const field of f.format.fields.values()) {
    if (!isCommon(field) && field.name !== '__syscall_nr') {
      args.push({ name: field.name, value: f.u64(field.name) });
    }
  }
  return { kind: 'sys_enter', name: f.format.name.slice('sys_enter_'.length), args };
}

/** Every field of a record, the common ones too, as the event format in the file describes it. */
export function recordFields(record: EventRecord, format: EventFormat): RecordField[] {
  return [...format.fields.values()].map((field) => {
    const isText = field.isArray && /\bchar\b/.test(field.type);
    const { name, type, offset, size } = field;
    return { name, type, offset, size, value: isText ? record.text(field) : record.integer(field) };
  });
}

/** Fields of an event that has no decoder, as `name=value` (`trace-cmd report -R` does the same). */
function fieldsAsText(f: Fields): string {
  const parts: string[] = [];
  for (const { name, size, value } of recordFields(f.record, f.format)) {
    if (value !== undefined && !name.startsWith('common_')) {
      parts.push(`${name}=${typeof value === 'bigint' ? `0x${BigInt.asUintN(size * 8, value).toString(16)}` : value}`);
    }
  }
  return parts.join(' ');
}

/** System calls and probes tell by their fields what they are. */
function describedEvent(f: Fields, symbols: Kallsyms): DecodedEvent | undefined {
  const { name, fields } = f.format;
  if (fields.has('__probe_ip') || fields.has('__probe_func')) {
    return probe(f, symbols);
  }
  if (name.startsWith('sys_enter_')) {
    return syscallEnter(f);
  }
  return name.startsWith('sys_exit_')
    ? { kind: 'sys_exit', name: name.slice('sys_exit_'.length), ret: BigInt.asIntN(64, f.big('ret')) }
    : undefined;
}

/** Decodes one record by its format. `symbols` name the places of kprobes. */
export function decodeRecord(record: EventRecord, format: EventFormat, symbols: Kallsyms): DecodedEvent {
  const f = new Fields(record, format);
  const known = eventOfFields(format.name, f);
  const event = known ?? describedEvent(f, symbols);
  if (event !== undefined && f.missing === undefined) {
    return event;
  }
  const other = { kind: 'other', name: format.name, text: fieldsAsText(f) } as const;
  return f.missing === undefined || known === undefined
    ? other
    : { ...other, why: `the record has no field ${f.missing}` };
}
