// Decodes what a person pastes, with no run open: a trace line, a line of a table dump, an HPTE pair, a DSISR, an rmap word, or any other
// word that the kernel or the ISA gives a meaning. A text that can mean several things is decoded as each of them.

import * as l10n from '@vscode/l10n';
import { Machine } from '../model/machine';
import type { Vm } from '../model/vm';
import type { DecodedEvent } from '../trace/decoded';
import { FtraceTextReader } from '../trace/ftraceText';
import { printEvent } from '../trace/printEvent';
import { hcallNames } from '../trace/symbols';
import { dword0, dword1, hostPte, msrWord, rmapWord, segmentWord, statusWord } from './decode';
import { hex, isThing, show, type Thing, type Value } from './values';

/** A field of a decoded text, and what it is made of. */
export interface Part {
  readonly name: string;
  readonly value: string;
  readonly parts: readonly Part[];
}

/** One way to decode a text. */
export interface Decoded {
  /** what it was taken for: "DSISR", "HPTE" */
  readonly as: string;
  readonly parts: readonly Part[];
}

/** A kind of word, or words that belong together. */
export interface WordKind {
  /** how the words are called in a usage line */
  readonly words: string;
  /** how people call it */
  readonly title: string;
  decode(words: readonly bigint[]): readonly (readonly [name: string, thing: Thing])[];
}

let machines: { readonly now: Vm; readonly old: Vm } | undefined;
/** Machines that lend their layout of the rmap word. */
function layouts(): { readonly now: Vm; readonly old: Vm } {
  machines ??= { now: new Machine({ kernel: 'linux-6.1' }).vm, old: new Machine({ kernel: 'linux-3.4' }).vm };
  return machines;
}

/** Kinds of words by name. */
export const WORD_KINDS = {
  hpte: {
    words: 'V R [GUEST]',
    title: 'HPTE',
    decode: ([v = 0n, r = 0n, guest]) => [
      ['dword 0', dword0(v)],
      ['dword 1', dword1(r, false)],
      ...(guest === undefined ? [] : [['guest view', dword1(guest, true)] as const]),
    ],
  },
  guest: {
    words: 'WORD',
    title: 'guest view of dword 1',
    decode: ([word = 0n]) => [['guest view', dword1(word, true)]],
  },
  rmap: { words: 'WORD', title: 'rmap word', decode: ([word = 0n]) => [['rmap', rmapWord(layouts().now, word)]] },
  'rmap-3.4': {
    words: 'WORD',
    title: 'rmap word of Linux 3.4',
    decode: ([word = 0n]) => [['rmap', rmapWord(layouts().old, word)]],
  },
  dsisr: { words: 'WORD', title: 'DSISR', decode: ([word = 0n]) => [['DSISR', statusWord(word)]] },
  msr: { words: 'WORD', title: 'MSR', decode: ([word = 0n]) => [['MSR', msrWord(word)]] },
  slb: {
    words: 'VSID-WORD',
    title: 'VSID word of an SLB entry',
    decode: ([word = 0n]) => [['VSID word', segmentWord(word)]],
  },
  pte: { words: 'WORD', title: 'host PTE', decode: ([word = 0n]) => [['PTE', hostPte(word)]] },
} as const satisfies Readonly<Record<string, WordKind>>;
export type WordKindName = keyof typeof WORD_KINDS;

/** @returns the kind of that name, or undefined */
export function wordKind(name: string): WordKind | undefined {
  return Object.hasOwn(WORD_KINDS, name) ? WORD_KINDS[name as WordKindName] : undefined;
}

const MOST_LINES = 50;
const LONGEST = 10_000;
const wordPattern = /^(?:0x)?[0-9a-f]{1,16}$/i;

/** Decodes a text. @returns every way to decode it, or a short sentence that says what is wrong with it */
export function decodePasted(text: string): readonly Decoded[] | string {
  const lines = text
    .slice(0, LONGEST)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const decoded = lines.slice(0, MOST_LINES).flatMap((line) => decodeLine(line));
  return decoded.length > 0 ? decoded : mistakeIn(lines[0] ?? '');
}

function partsOf(line: string): string[] {
  return line.split(/[\s,:=/]+/).filter((part) => part !== '');
}

function mistakeIn(line: string): string {
  const [first = '', ...rest] = partsOf(line);
  const kind = wordKind(first.toLowerCase());
  if (kind === undefined) return l10n.t('This is neither a trace line nor words of up to 64 bits in hex.');
  const wrong = rest.find((part) => !isWord(part));
  return wrong === undefined
    ? l10n.t('Expected {0}.', `${first.toLowerCase()} ${kind.words}`)
    : l10n.t('{0} is no word of up to 64 bits in hex.', wrong.length > 24 ? `${wrong.slice(0, 24)}…` : wrong);
}

function decodeLine(line: string): readonly Decoded[] {
  const traced = traceLine(line);
  if (traced !== undefined) return [traced];
  const [first = '', ...rest] = partsOf(line);
  const kind = wordKind(first.toLowerCase());
  if (kind !== undefined) return rest.length > 0 && rest.every(isWord) ? [wordsAs(kind, rest.map(wordOf))] : [];
  const words = [first, ...rest];
  if (!words.every(isWord)) return [];
  if (words.length === 4) return [dumpLine(words)];
  if (words.length === 2 || words.length === 3) return [wordsAs(WORD_KINDS.hpte, words.map(wordOf))];
  return words.length === 1 ? singleWord(wordOf(first)) : [];
}

/** A line of a debugfs htab file: index, dword 0, dword 1, guest view. */
function dumpLine([index = '0', ...words]: readonly string[]): Decoded {
  const { as, parts } = wordsAs(WORD_KINDS.hpte, words.map(wordOf));
  return { as: `${as} ${hex(wordOf(index))}`, parts };
}

/** Which kinds a word can be: a DSISR has 32 bits, the others are told apart by nobody but the reader. */
function singleWord(word: bigint): readonly Decoded[] {
  const kinds: readonly WordKind[] = [
    ...(word < 1n << 32n ? [WORD_KINDS.dsisr] : []),
    { words: 'V', title: 'HPTE dword 0', decode: ([v = 0n]) => [['dword 0', dword0(v)]] },
    { words: 'R', title: 'HPTE dword 1', decode: ([r = 0n]) => [['dword 1', dword1(r, false)]] },
    WORD_KINDS.guest,
    WORD_KINDS.rmap,
    WORD_KINDS['rmap-3.4'],
    WORD_KINDS.msr,
    WORD_KINDS.slb,
    WORD_KINDS.pte,
  ];
  return kinds.map((kind) => wordsAs(kind, [word]));
}

/** Whether a text is a word of up to 64 bits in hexadecimal. */
export function isWord(text: string): boolean {
  return wordPattern.test(text);
}

/** The word that a text writes in hexadecimal, with or without 0x. */
export function wordOf(text: string): bigint {
  return BigInt(/^0x/i.test(text) ? text : `0x${text}`);
}

function wordsAs(kind: WordKind, words: readonly bigint[]): Decoded {
  return { as: kind.title, parts: kind.decode(words).map(([name, thing]) => partOf(name, thing)) };
}

function partOf(name: string, value: Value | undefined): Part {
  const parts = isThing(value) ? value.names.map((field) => partOf(field, value.get(field))) : [];
  return { name, value: show(value), parts };
}

// ---- trace lines ----------------------------------------------------------------------------------------------------

function traceLine(line: string): Decoded | undefined {
  const reader = new FtraceTextReader('line');
  reader.push(new TextEncoder().encode(`${line}\n`));
  const { events } = reader.end();
  if (events.count === 0) return undefined;
  const event = events.decode(0);
  const { comm, pid } = events.taskOf(0);
  const time = events.timeOf(0);
  return {
    as: events.nameOf(0),
    parts: [
      { name: 'says', value: printEvent(event), parts: [] },
      { name: 'task', value: `${comm}-${pid}`, parts: [] },
      {
        name: 'time',
        value: `${time / 1_000_000_000n}.${(time % 1_000_000_000n).toString().padStart(9, '0')} s`,
        parts: [],
      },
      ...fieldsOf(event),
    ],
  };
}

/** Fields that hold a word which can be decoded further. */
const things: Readonly<Record<string, (word: bigint) => Thing>> = {
  hpteV: dword0,
  hpteR: (r) => dword1(r, false),
  gpteR: (r) => dword1(r, true),
  dsisr: statusWord,
  msr: msrWord,
};

/** What r4 to r7 are called, by the name of the hypercall (PAPR). */
const argumentNames: Readonly<Record<string, readonly string[]>> = {
  H_ENTER: ['flags', 'index', 'dword 0', 'dword 1'],
  H_REMOVE: ['flags', 'index', 'avpn'],
  H_READ: ['flags', 'index'],
  H_PROTECT: ['flags', 'index', 'avpn'],
  H_CLEAR_REF: ['flags', 'index'],
  H_CLEAR_MOD: ['flags', 'index'],
  H_PAGE_INIT: ['flags', 'destination', 'source'],
};

function fieldsOf(event: DecodedEvent): Part[] {
  const { kind: _, ...fields } = event;
  return Object.entries(fields).flatMap(([name, value]): Part[] => {
    if (name === 'args' && 'nr' in event) return argumentsOf(hcallNames.print(event.nr), value as readonly bigint[]);
    if (name === 'nr' && 'nr' in event)
      return [{ name: 'hcall', value: `${hcallNames.print(event.nr)} (${hex(event.nr)})`, parts: [] }];
    const decode = Object.hasOwn(things, name) ? things[name] : undefined;
    if (decode !== undefined && (typeof value === 'bigint' || typeof value === 'number')) {
      return [partOf(name, decode(BigInt(value)))];
    }
    return [plainPart(name, value)];
  });
}

function argumentsOf(hcall: string, args: readonly bigint[]): Part[] {
  const names = Object.hasOwn(argumentNames, hcall) ? argumentNames[hcall] : undefined;
  return args.slice(0, names?.length ?? args.length).map((word, i) => {
    const name = names?.[i] ?? `r${i + 4}`;
    if (name === 'dword 0') return partOf(name, dword0(word));
    return name === 'dword 1' ? partOf(name, dword1(word, true)) : partOf(name, word);
  });
}

function plainPart(name: string, value: unknown): Part {
  if (typeof value === 'bigint') return { name, value: hex(BigInt.asUintN(64, value)), parts: [] };
  const text =
    typeof value === 'object'
      ? JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? hex(v) : v))
      : String(value);
  return { name, value: text, parts: [] };
}

// ---- text -----------------------------------------------------------------------------------------------------------

/** Decoded parts as lines for a mail, indented below what they belong to. */
export function decodedText(decoded: readonly Decoded[]): string {
  return decoded.map(({ as, parts }) => [as, ...partLines(parts, 1)].join('\n')).join('\n\n');
}

function partLines(parts: readonly Part[], depth: number): string[] {
  const width = Math.max(0, ...parts.map(({ name }) => name.length));
  return parts.flatMap(({ name, value, parts: inner }) => [
    `${'  '.repeat(depth)}${name.padEnd(width)}  ${value}`,
    ...partLines(inner, depth + 1),
  ]);
}
