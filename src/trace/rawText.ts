// Decodes the fields of an event as `trace-cmd report -R` prints them: `vcpu_id=0 req=0xf0f0 gpr4=0x0 …`, by their names.

import type { DecodedEvent } from './decoded';
import { type EventFields, eventOfFields } from './eventFields';

const fieldPattern = /(?:^|\s)([A-Za-z_]\w*)=(\S*)/g;
const numberPattern = /^-?(?:0x[0-9a-f]{1,16}|\d{1,20})$/;

class RawFields implements EventFields {
  readonly texts: ReadonlyMap<string, string>;
  /** The first field asked for that is not there, or no number. */
  missing: string | undefined;

  constructor(text: string) {
    this.texts = new Map(Array.from(text.matchAll(fieldPattern), ([, name = '', value = '']) => [name, value]));
  }

  big(name: string): bigint {
    const text = this.texts.get(name) ?? '';
    if (!numberPattern.test(text)) {
      this.missing ??= name;
      return 0n;
    }
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  }

  num(name: string): number {
    return Number(this.big(name));
  }

  u64(name: string): bigint {
    return BigInt.asUintN(64, this.big(name));
  }

  text(name: string): string {
    return this.texts.get(name) ?? '';
  }

  /** The fields but those that the kernel adds, as numbers. */
  own(): { readonly name: string; readonly value: bigint }[] {
    const names = [...this.texts.keys()].filter((name) => !name.startsWith('__'));
    return names.map((name) => ({ name, value: this.u64(name) }));
  }
}

/** The event of a name with this text; undefined if the text does not hold the event's fields in this form. */
export function decodeRawText(name: string, text: string): DecodedEvent | undefined {
  if (!/^[A-Za-z_]\w*=/.test(text)) {
    return undefined;
  }
  const fields = new RawFields(text);
  const event = eventOfFields(name, fields) ?? describedEvent(name, fields);
  return fields.missing === undefined ? event : undefined;
}

/** System calls and probes tell by their fields what they are. */
function describedEvent(name: string, fields: RawFields): DecodedEvent | undefined {
  const { texts } = fields;
  if (texts.has('__syscall_nr')) {
    return name.startsWith('sys_exit_')
      ? { kind: 'sys_exit', name: name.slice('sys_exit_'.length), ret: BigInt.asIntN(64, fields.big('ret')) }
      : { kind: 'sys_enter', name: name.replace(/^sys_enter_/, ''), args: fields.own() };
  }
  if (texts.has('__probe_ip') || texts.has('__probe_func')) {
    const at = texts.get('__probe_ip') ?? `${texts.get('__probe_ret_ip')} <- ${texts.get('__probe_func')}`;
    const values = fields.own().map((field) => [field.name, fields.big(field.name)] as const);
    return { kind: 'probe', name, where: at, fields: Object.fromEntries(values) };
  }
  return undefined;
}
