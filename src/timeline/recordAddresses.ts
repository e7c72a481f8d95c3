/** Where the records of some types stand in a journal. The address of every fourth is kept; those behind it are found by reading on. */
import { EVENT_WORDS } from '../model/events';
import { LOG_CHUNK, LOG_CHUNK_SHIFT, type Log, REC_PAD, recordWords } from '../model/log';
import { Column } from './column';

const BLOCK_SHIFT = 2;
const BLOCK = 1 << BLOCK_SHIFT;

export class RecordAddresses {
  /** Number of the records. */
  length = 0;
  /** address of the first record of each block */
  private readonly first = new Column();
  /** addresses of the records of the block that was read last, and its number */
  private readonly block = new Uint32Array(BLOCK);
  private blockRead = -1;
  /** by type of record, a bit each */
  private readonly types: number;

  constructor(
    private readonly log: Log,
    types: readonly number[],
  ) {
    this.types = types.reduce((bits, type) => bits | (1 << type), 0);
  }

  get bytes(): number {
    return this.first.bytes;
  }

  /** Takes the next record of these types by its address. */
  push(address: number): void {
    const within = this.length++ & (BLOCK - 1);
    if (within === 0) this.first.push(address);
    else if (this.first.length - 1 === this.blockRead) this.block[within] = address;
  }

  /** Gives back memory that was kept for more of them. */
  trim(): void {
    this.first.trim();
  }

  /** The address of a record. */
  at(record: number): number {
    const block = record >>> BLOCK_SHIFT;
    if (block !== this.blockRead) this.read(block);
    return this.block[record & (BLOCK - 1)] as number;
  }

  /** Number of these records that begin at an address or before it. */
  upTo(address: number): number {
    const block = this.first.upTo(address) - 1;
    if (block < 0) return 0;
    const end = Math.min(this.length, (block + 1) << BLOCK_SHIFT);
    let record = (block << BLOCK_SHIFT) + 1;
    while (record < end && this.at(record) <= address) record++;
    return record;
  }

  private read(block: number): void {
    const { chunks } = this.log;
    const count = Math.min(BLOCK, this.length - (block << BLOCK_SHIFT));
    let address = this.first.at(block);
    for (let found = 0; found < count; ) {
      const number = address >>> LOG_CHUNK_SHIFT;
      const word = (chunks[number] as Int32Array)[address & (LOG_CHUNK - 1)] as number;
      const type = word >>> 28;
      if (((this.types >>> type) & 1) === 1) this.block[found++] = address;
      address = type === REC_PAD ? (number + 1) * LOG_CHUNK : address + recordWords(word, EVENT_WORDS);
    }
    this.blockRead = block;
  }
}
