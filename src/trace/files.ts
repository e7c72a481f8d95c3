// How ring 1 reads files: through an accessor that the host injects (src/platform for Node and the browser, the extension for
// workspace file systems). Paths are relative to the folder of the accessor and use `/`.

/** Reads the files of one folder. Compressed files (gzip, xz, zstd; known by content) come decompressed. */
export interface FileAccess {
  /** The whole file. Rejects with an `Error` whose message is fit for people when it cannot be read. */
  read(path: string): Promise<Uint8Array>;
  /** The file in chunks, as they come. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

/**
 * Undoes one compression, for readers of formats with compressed parts inside. Gives at most `limit` bytes, and rejects
 * when the data is damaged or longer.
 */
export interface Decompressors {
  zlib(data: Uint8Array, limit: number): Promise<Uint8Array>;
  zstd(data: Uint8Array, limit: number): Promise<Uint8Array>;
}
