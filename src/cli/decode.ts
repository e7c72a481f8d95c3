// `hptscope decode KIND WORD…`: takes words apart, field by field. `hptscope decode line 'TEXT'`: a trace line.

import { decodedText, decodePasted, isWord, WORD_KINDS, wordKind, wordOf } from '../debug/pasted';
import { show, type Thing } from '../debug/values';
import { FtraceTextReader } from '../trace/ftraceText';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';

export const decodeCommand: Command = {
  name: 'decode',
  usage: `decode KIND WORD… [--json] | decode line TEXT [--json] | decode TEXT [--json]`,
  summary: `takes words apart, or whatever was pasted; KIND is ${Object.entries(WORD_KINDS)
    .map(([name, { words }]) => `${name} (${words})`)
    .join(', ')}`,
  async run(args, surroundings) {
    const { files, flags } = splitArguments(args, ['--json']);
    const [kind = '', ...words] = files;
    if (kind === 'line') return decodeLine(words.join(' '), flags.has('--json'), surroundings);
    const decoder = wordKind(kind);
    if (decoder === undefined) return decodeText(files.join(' '), flags.has('--json'), surroundings);
    const things = decoder.decode(words.map(wordAsked)).map(([, thing]) => thing);
    if (flags.has('--json')) surroundings.out(JSON.stringify(things.map(fieldsOf), undefined, 2));
    else for (const thing of things) for (const line of linesOf(thing)) surroundings.out(line);
    return EXIT_GOOD;
  },
};

function wordAsked(text: string): bigint {
  if (!isWord(text)) throw new UsageError(`${text} is no word of up to 64 bits in hexadecimal`);
  return wordOf(text);
}

/** Whatever was pasted, as everything that it can be. */
function decodeText(text: string, asJson: boolean, { out }: Parameters<Command['run']>[1]): number {
  const decoded = decodePasted(text);
  if (typeof decoded === 'string') throw new UsageError(decoded);
  out(asJson ? JSON.stringify(decoded, undefined, 2) : decodedText(decoded));
  return EXIT_GOOD;
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
