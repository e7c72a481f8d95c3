// The header of a zstd frame (RFC 8878, 3.1.1.1), as far as it tells how much memory decoding takes.

/** Bytes of a frame's start that `windowSize` wants to see: magic, descriptor, window, dictionary id, content size. */
export const frameHeaderSize = 18;

/** The window that the frame at the start of the data needs, in bytes; undefined if there is no whole header. */
export function windowSize(data: Uint8Array): number | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) {
    return undefined;
  }
  const descriptor = view.getUint8(4);
  if ((descriptor & 0x20) === 0) {
    const window = view.getUint8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  // A single segment: the window is the content, whose size stands behind the dictionary's id.
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const size = [1, 2, 4, 8][descriptor >> 6] ?? 1;
  if (data.length < at + size) {
    return undefined;
  }
  switch (size) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
