// The two text classes that every host has (Node, browser, worker) and that the ES2022 library does not declare.
// Ring 1 may use them; nothing else of the hosts is visible there.

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}

declare class TextEncoder {
  encode(input?: string): Uint8Array;
}
