// Reads what comes into a file, a FIFO or trace_pipe, without ever waiting: opened and read non-blocking, looked at again and again.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { reasonOf } from './files';

/** Bytes asked for at a time. */
const PIECE = 1 << 18;
/** Pieces smaller than this are copied by whoever takes them, so that the buffer can be used again (ftraceText.ts). */
const KEPT_FROM = 1 << 15;

export class Tail {
  readonly #path: string;
  readonly #take: (bytes: Uint8Array) => void;
  readonly #say: (text: string) => void;
  #fd: number;
  #buffer = new Uint8Array(PIECE);
  /** bytes read of the file that is open */
  #position = 0;
  /** whether it has a size: a FIFO and trace_pipe have none */
  #sized = false;

  /**
   * Opens what is followed. Throws an Error fit for people.
   * @param take gets the bytes; those of large pieces are its own
   * @param say gets sentences about what happened to the file
   */
  constructor(path: string, take: (bytes: Uint8Array) => void, say: (text: string) => void) {
    this.#path = path;
    this.#take = take;
    this.#say = say;
    this.#fd = this.#open();
  }

  #open(): number {
    try {
      const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      if (fstatSync(fd).isDirectory()) {
        closeSync(fd);
        throw Object.assign(new Error(), { code: 'EISDIR' });
      }
      return fd;
    } catch (error) {
      throw new Error(`cannot follow ${this.#path}: ${reasonOf(error)}`);
    }
  }

  /**
   * Takes what is there, until it has taken this many bytes. Throws an Error fit for people when it can no longer be read.
   * @returns whether there may be more at once
   */
  drain(most: number): boolean {
    for (let taken = 0; taken < most; ) {
      const read = this.#read();
      if (read === 0) {
        return this.#replaced();
      }
      taken += read;
      this.#position += read;
      const bytes = this.#buffer.subarray(0, read);
      if (read >= KEPT_FROM) {
        this.#buffer = new Uint8Array(PIECE);
      }
      this.#take(bytes);
    }
    return true;
  }

  /** Bytes read into the buffer; 0 when there are none now. */
  #read(): number {
    try {
      return readSync(this.#fd, this.#buffer, 0, PIECE, null);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EAGAIN' || code === 'EINTR') {
        return 0;
      }
      throw new Error(`cannot read on in ${this.#path}: ${reasonOf(error)}`);
    }
  }

  /** Whether another file stands in the place of this one, or it was cut: then reading goes on at its beginning. */
  #replaced(): boolean {
    const here = fstatSync(this.#fd);
    const there = statSync(this.#path, { throwIfNoEntry: false });
    this.#sized ||= here.size > 0;
    const rotated = there !== undefined && (there.ino !== here.ino || there.dev !== here.dev);
    const cut = this.#sized && here.size < this.#position;
    if (!rotated && !cut) {
      return false;
    }
    this.#say(
      rotated
        ? `${this.#path} was replaced by another file, which is followed from its beginning`
        : `${this.#path} was cut to ${here.size} bytes, and is followed from its beginning`,
    );
    const fd = this.#open();
    closeSync(this.#fd);
    this.#fd = fd;
    this.#position = 0;
    this.#sized = false;
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
