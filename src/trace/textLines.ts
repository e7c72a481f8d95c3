// The lines of a text trace as source of its events.

import type { DecodedEvent } from './decoded';
import { decodeText } from './decodeText';
import type { EventSource } from './events';
import type { TextBlocks } from './textBlocks';

export class TextLines implements EventSource {
  readonly isText = true;

  constructor(
    readonly file: string,
    readonly blocks: TextBlocks,
  ) {}

  record(offset: number, length: number): Uint8Array {
    return this.blocks.bytes(offset, length);
  }

  decode(code: number, name: string, offset: number, length: number, textAt: number): DecodedEvent {
    const at = this.blocks.positionOf(offset);
    return decodeText(code, name, this.blocks.blockAt(offset), at + textAt, at + length);
  }
}
