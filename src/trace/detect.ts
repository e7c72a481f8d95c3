// Tells what an input is, from its first bytes and its name.

import { textOf } from './byteCursor';
import { TraceEvents } from './events';
import { FtraceLineParser } from './ftraceLine';
import { dressLength, EscapeFilter } from './lineDress';
import { adviceOn } from './strayLines';

export type InputKind =
  | 'scenario'
  | 'ftrace-text'
  | 'perf-script'
  | 'trace-dat'
  | 'htab'
  | 'htabfd'
  | 'pagemap'
  | 'recording'
  | 'session'
  | 'gzip'
  | 'xz'
  | 'zstd';

/** The kind of an input, or why it is none that this tool reads. */
export type Detected =
  | { readonly kind: InputKind }
  | { readonly kind: undefined; readonly why: 'empty' | 'binary' | 'unknown'; readonly message: string };

/** How many bytes from the start of a file `detectInput` wants to see. */
export const detectBytes = 64 * 1024;

const magics: ReadonlyArray<readonly [InputKind, readonly number[]]> = [
  ['trace-dat', [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67]],
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

const readable =
  'a scenario (*.hpt), an ftrace text, perf script text, a trace.dat, a debugfs htab dump, a KVM_PPC_GET_HTAB_FD stream ' +
  '(*.htabfd) or a recording (hptscope.json)';

/** Kinds whose empty file has a meaning: a table or a memory without entries. */
const namedDumps: ReadonlyArray<readonly [InputKind, RegExp]> = [
  ['htab', /\.htab(\.txt)?$/i],
  ['pagemap', /\.pagemap(\.txt)?$/i],
  ['htabfd', /\.(htabfd|htabinc)(\.bin)?$/i],
];

/**
 * Tells what an input is.
 *
 * @param name file name or path; endings such as `.gz` are looked through
 * @param head the first bytes of the file, `detectBytes` of them if it has so many
 */
export function detectInput(name: string, head: Uint8Array): Detected {
  const plain = (name.split(/[/\\]/).pop() ?? name).replace(/\.(gz|xz|zst)$/i, '');
  const magic = magics.find(([, bytes]) => bytes.every((byte, i) => head[i] === byte));
  if (magic !== undefined) {
    return { kind: magic[0] };
  }
  const dump = namedDumps.find(([, pattern]) => pattern.test(plain));
  if (head.length === 0) {
    return dump === undefined ? empty(plain) : { kind: dump[0] };
  }
  if (plain === 'hptscope.json') {
    return { kind: 'recording' };
  }
  if (dump?.[0] === 'htabfd') {
    return { kind: 'htabfd' };
  }
  if (looksBinary(head)) {
    return looksLikeHtabStream(head) ? { kind: 'htabfd' } : binary(head);
  }
  if (/\.hpt$/i.test(plain)) {
    return { kind: 'scenario' };
  }
  if (/\.hptsession$/i.test(plain)) {
    return { kind: 'session' };
  }
  const text = textOf(head).replace(/^\ufeff/, '');
  const kind = detectText(text, head) ?? dump?.[0];
  return kind === undefined ? unknown(text) : { kind };
}

function empty(name: string): Detected {
  const what = /\.hpt$/i.test(name)
    ? 'A scenario begins with a line such as "machine power9 linux-6.1 order 18 page 4K".'
    : `Expected ${readable}.`;
  return { kind: undefined, why: 'empty', message: `The file is empty. ${what}` };
}

function binary(head: Uint8Array): Detected {
  const mark = ((head[0] ?? 0) << 8) | (head[1] ?? 0);
  if (mark === 0xfffe || mark === 0xfeff) {
    const what = 'The text is in UTF-16, as PowerShell writes it. Convert it first: iconv -f UTF-16 -t UTF-8.';
    return { kind: undefined, why: 'binary', message: what };
  }
  const message = `The file is binary, but neither a trace.dat (trace-cmd version 6 or 7) nor a KVM_PPC_GET_HTAB_FD stream. Expected ${readable}.`;
  return { kind: undefined, why: 'binary', message };
}

function unknown(text: string): Detected {
  const advice = adviceOn(text);
  const why = advice === undefined ? '' : `: ${advice}`;
  return {
    kind: undefined,
    why: 'unknown',
    message: `The text is in none of the known forms${why}. Expected ${readable}.`,
  };
}

/** True if the bytes hold characters that no text has. */
function looksBinary(head: Uint8Array): boolean {
  const end = Math.min(head.length, 8192);
  for (let i = 0; i < end; i++) {
    const c = head[i] as number;
    if (c < 32 && c !== 9 && c !== 10 && c !== 13 && c !== 12 && c !== 27) {
      return true;
    }
  }
  return false;
}

const htabLine = /^\s*[0-9a-f]{1,8} [0-9a-f]{16} [0-9a-f]{16} [0-9a-f]{16}$/;
const pagemapLine = /^(?:\S{1,32} )?[0-9a-f]{1,16} [0-9a-f]{16}$/;
const perfLine = /\]\s+\d+\.\d+:\s+(?:\d+\s+)?[a-z]\w*:\w+:/;

function detectText(text: string, head: Uint8Array): InputKind | undefined {
  const lines = text.split('\n', 400).map((line) => line.replace(/\r$/, ''));
  if (/^\s*\{/.test(text)) {
    return /"hptscope"\s*:/.test(text) ? 'recording' : undefined;
  }
  if (text.startsWith('# tracer:')) {
    return 'ftrace-text';
  }
  const filled = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const first = filled[0] ?? '';
  if (htabLine.test(first)) {
    return 'htab';
  }
  if (pagemapLine.test(first)) {
    return 'pagemap';
  }
  if (filled.some((line) => perfLine.test(line))) {
    return 'perf-script';
  }
  return hasFtraceLine(head) ? 'ftrace-text' : undefined;
}

/** True if one of the first lines is an ftrace event. */
function hasFtraceLine(bytes: Uint8Array): boolean {
  const head = new EscapeFilter().strip(bytes);
  const parser = new FtraceLineParser(new TraceEvents());
  let start = 0;
  for (let line = 0; line < 400 && start < head.length; line++) {
    const found = head.indexOf(10, start);
    let end = found < 0 ? head.length : found;
    const next = end + 1;
    end = head[end - 1] === 13 ? end - 1 : end;
    start += dressLength(head, start, end);
    if (end > start && head[start] !== 35 && parser.parse(head, start, end)) {
      return true;
    }
    start = next;
  }
  return false;
}

/**
 * True if the bytes begin like an HTAB_FD stream: a header `{u32 index; u16 n_valid; u16 n_invalid}` in either byte order,
 * then big-endian HPTEs with the valid bit set.
 */
function looksLikeHtabStream(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (head.length < 24) {
    return false;
  }
  return [true, false].some((little) => {
    const valid = view.getUint16(4, little);
    return valid > 0 && view.getUint32(0, little) < 1 << 25 && (view.getUint8(15) & 1) === 1 && view.getUint8(8) < 0xc1;
  });
}
