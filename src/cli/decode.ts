// `hptscope decode KIND WORD…`: takes words apart, field by field. `hptscope decode line 'TEXT'`: a trace line.

import { dword0, dword1, hostPte, msrWord, rmapWord, segmentWord, statusWord } from '../debug/decode';
import { show, type Thing } from '../debug/values';
import { Machine } from '../model/machine';
import { FtraceTextReader } from '../trace/ftraceText';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';

const KINDS: Readonly<Record<string, { readonly words: string; decode(words: readonly bigint[]): Thing[] }>> = {
  hpte: {
    words: 'V R [GUEST]',
    decode: ([v = 0n, r = 0n, guest]) => [
      dword0(v),
      dword1(r, false),
      ...(guest === undefined ? [] : [dword1(guest, true)]),
    ],
  },
  guest: { words: 'WORD', decode: ([word = 0n]) => [dword1(word, true)] },
  rmap: { words: 'WORD', decode: ([word = 0n]) => [rmapWord(new Machine({ kernel: 'linux-6.1' }).vm, word)] },
  'rmap-3.4': { words: 'WORD', decode: ([word = 0n]) => [rmapWord(new Machine({ kernel: 'linux-3.4' }).vm, word)] },
  dsisr: { words: 'WORD', decode: ([word = 0n]) => [statusWord(word)] },
  msr: { words: 'WORD', decode: ([word = 0n]) => [msrWord(word)] },
  slb: { words: 'VSID-WORD', decode: ([word = 0n]) => [segmentWord(word)] },
  pte: { words: 'WORD', decode: ([word = 0n]) => [hostPte(word)] },
};

export const decodeCommand: Command = {
  name: 'decode',
  usage: `decode KIND WORD… [--json] | decode line TEXT [--json]`,
  summary: `takes words apart; KIND is ${Object.entries(KINDS)
    .map(([name, { words }]) => `${name} (${words})`)
    .join(', ')}`,
  async run(args, surroundings) {
    const { files, flags } = splitArguments(args, ['--json']);
    const [kind = '', ...words] = files;
    if (kind === 'line') return decodeLine(words.join(' '), flags.has('--json'), surroundings);
    const decoder = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (decoder === undefined) throw new UsageError(`there is no kind ${kind}: ${Object.keys(KINDS).join(', ')}, line`);
    const things = decoder.decode(words.map(wordOf));
    if (flags.has('--json')) surroundings.out(JSON.stringify(things.map(fieldsOf), undefined, 2));
    else for (const thing of things) for (const line of linesOf(thing)) surroundings.out(line);
    return EXIT_GOOD;
  },
};

function wordOf(text: string): bigint {
  if (!/^(0x)?[0-9a-f]{1,16}$/i.test(text)) throw new UsageError(`${text} is no word of up to 64 bits in hexadecimal`);
  return BigInt(text.startsWith('0x') ? text : `0x${text}`);
}

function fieldsOf(thing: Thing): Record<string, string> {
  return Object.fromEntries(thing.names.map((name) => [name, show(thing.get(name))]));
}

function linesOf(thing: Thing): string[] {
  return [
    `${thing.kind} ${thing.text}`,
    ...Object.entries(fieldsOf(thing)).map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
  ];
}

function decodeLine(text: string, asJson: boolean, { out, problem }: Parameters<Command['run']>[1]): number {
  const reader = new FtraceTextReader('line');
  reader.push(new TextEncoder().encode(`${text}\n`));
  const { events, problems } = reader.end();
  if (events.count === 0) {
    problem(`this is no trace line${problems[0] === undefined ? '' : `: ${problems[0].message}`}`);
    return EXIT_TROUBLE;
  }
  const { kind, ...fields } = events.decode(0);
  const shown = JSON.stringify(
    { kind, task: events.taskOf(0).comm, ...fields },
    (_, value: unknown) => (typeof value === 'bigint' ? `0x${BigInt.asUintN(64, value).toString(16)}` : value),
    asJson ? 2 : undefined,
  );
  if (asJson) out(shown);
  else
    for (const [name, value] of Object.entries(JSON.parse(shown) as Record<string, unknown>))
      out(`${name.padEnd(12)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return EXIT_GOOD;
}
