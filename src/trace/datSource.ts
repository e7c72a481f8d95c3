// The records of one buffer of a trace.dat as source of its events.

import type { CpuPages, DatContainer } from './datContainer';
import { decodeRecord, recordFields } from './datRecords';
import type { DecodedEvent } from './decoded';
import { type EventFormat, EventRecord, type FormatField } from './eventFormat';
import type { EventSource, RecordField } from './events';

/** A record's address is the number of its CPU's pages times this, plus its position in them. */
export const cpuStride = 2 ** 40;

/** What of a file its records are decoded by. */
export type DatLayouts = Pick<DatContainer, 'littleEndian' | 'formats' | 'symbols'>;

export class DatSource implements EventSource {
  readonly isText = false;
  readonly #type: FormatField | undefined;

  constructor(
    readonly file: string,
    readonly container: DatLayouts,
    readonly pages: readonly CpuPages[],
  ) {
    this.#type = commonField(container, 'common_type');
  }

  record(offset: number, length: number): Uint8Array {
    const at = offset % cpuStride;
    return this.pages[Math.floor(offset / cpuStride)]?.data.subarray(at, at + length) ?? new Uint8Array(0);
  }

  decode(_code: number, name: string, offset: number, length: number): DecodedEvent {
    const record = this.#recordAt(offset, length);
    const format = this.#formatOf(record);
    if (format === undefined) {
      return { kind: 'other', name, text: '', why: 'the file has no format of this event' };
    }
    return decodeRecord(record, format, this.container.symbols);
  }

  fields(offset: number, length: number): readonly RecordField[] {
    const record = this.#recordAt(offset, length);
    const format = this.#formatOf(record);
    return format === undefined ? [] : recordFields(record, format);
  }

  #recordAt(offset: number, length: number): EventRecord {
    return new EventRecord(this.record(offset, length), this.container.littleEndian);
  }

  #formatOf(record: EventRecord): EventFormat | undefined {
    const id = this.#type === undefined ? undefined : record.small(this.#type);
    return id === undefined ? undefined : this.container.formats.get(id);
  }
}

/** A field that every event of the file has. */
export function commonField(container: DatLayouts, name: string): FormatField | undefined {
  for (const format of container.formats.values()) {
    return format.fields.get(name);
  }
  return undefined;
}
