// Scenario texts for the tests: the example of the reference, random ones that follow the grammar table, and mutations.

import fc from 'fast-check';
import { EVENT_NAMES } from '../../../src/model/events';
import { MUTATION_NAMES } from '../../../src/model/mutations';
import { POINTS } from '../../../src/model/points';
import { RESULTS, RETURN_CODES, SUBJECTS } from '../../../src/scenario/expectations';
import type { FieldDefinition, Shape } from '../../../src/scenario/grammar';
import { STATEMENTS } from '../../../src/scenario/grammar';

export const EXAMPLE = `# One guest page behind two HPTEs is taken away, and comes back one HPTE at a time
machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000 log-dirty        # backed by an anonymous mapping unless a vma line says else
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M

a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2            # size 4K, WIMG M and key 0 unless said
b: h_enter ea 0xc000000000020000 gpa 0x10000 pp 2
store a                     -> fault.exit x1, a valid C
load b                      -> ring(a) = a b
swap-out gpa 0x10000        -> a absent, b absent, ring(a) empty, hpte.absent x2, tlbie.page x2
load b                      -> b valid, a absent
dirty-log 0                 -> pages 0x10
load a racing page_fault.before_lock: swap-out gpa 0x10000   -> fault.retry x1 why seq, a valid, b absent
load b racing page_fault.before_lock: swap-out gpa 0x10000 without seq-check   -> invariant.broken   # what the check is for
`;

const oneOf = (words: readonly string[]) => fc.constantFrom(...words);
const joined = (parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((words) => words.filter((word) => word !== '').join(' '));
const label = oneOf(['p', 'q', 'text-1', 'Heap', 'stack_2']);
const numeral = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((n) => `0x${n.toString(16)}`),
  fc.nat().map(String),
  oneOf(['4K', '64K', '16M', '1T', '0', '0xC000']),
);
const sum = fc.oneof(
  { weight: 6, arbitrary: numeral },
  fc.tuple(numeral, numeral).map(([a, b]) => `${a} + pass*${b}`),
  numeral.map((a) => `pass + ${a}`),
);
const pteg = fc.tuple(oneOf(['pteg', 'secondary']), fc.oneof(label, numeral)).map(([which, of]) => `${which}( ${of} )`);

function valueText(shape: Shape): fc.Arbitrary<string> {
  switch (shape.kind) {
    case 'flag':
      return fc.constant('');
    case 'switch':
      return oneOf(['', 'on', 'off']);
    case 'number':
      return shape.optional ? fc.oneof(fc.constant(''), sum) : sum;
    case 'size':
      return sum;
    case 'address':
      return shape.inPteg
        ? fc.oneof(
            sum,
            pteg.map((text) => `in ${text}`),
          )
        : sum;
    case 'numbers':
      return fc.oneof(
        fc.constant('none'),
        fc.array(numeral, { minLength: 1, maxLength: 4 }).map((all) => all.join('  ')),
      );
    case 'labels':
      return fc.array(fc.oneof(label, numeral), { minLength: 1, maxLength: 3 }).map((all) => all.join(' '));
    case 'choice':
      return oneOf(shape.of);
    case 'wimg':
      return oneOf(['M', 'IG', 'WIM', 'none', '7']);
    case 'pteg':
      return pteg;
    case 'label':
      return label;
    case 'vcpu':
      return numeral.map((n) => `vcpu ${n}`);
    case 'turns':
      return fc
        .array(fc.tuple(label, oneOf(['', ...POINTS.map(({ name }) => `@${name}`)])), { minLength: 1, maxLength: 4 })
        .map((all) => all.map(([actor, until]) => actor + until).join(' '));
  }
}

const fieldText = (field: FieldDefinition) => valueText(field.shape).map((value) => `${field.name} ${value}`.trim());

/** A list as an operand begins with a label, so that it is not taken for a number of another field. */
const operandText = ({ shape }: FieldDefinition) =>
  shape.kind === 'labels'
    ? fc.array(label, { minLength: 1, maxLength: 3 }).map((all) => all.join(' '))
    : valueText(shape);

const simpleStatement: fc.Arbitrary<string> = oneOf(
  STATEMENTS.filter(({ block }) => !block).map(({ name }) => name),
).chain((name) => {
  const definition = STATEMENTS.find((one) => one.name === name);
  const operands = definition?.operands.map(operandText) ?? [];
  const fields = fc.shuffledSubarray([...(definition?.fields ?? [])]).chain((chosen) => joined(chosen.map(fieldText)));
  return joined([fc.constant(name), ...operands, fields]);
});

const check = (checks: readonly FieldDefinition[]) =>
  oneOf(checks.map(({ name }) => name)).chain((name) => {
    const shape = checks.find((one) => one.name === name)?.shape ?? { kind: 'flag' as const };
    return fc
      .tuple(oneOf(['', 'no ']), valueText(shape))
      .map(([no, value]) => `${name === '=' ? '' : no}${name} ${value}`.trim());
  });

const subject = oneOf(SUBJECTS.map(({ name }) => name)).chain((name) => {
  const checks = SUBJECTS.find((one) => one.name === name)?.checks ?? [];
  const argument = name === 'label' ? label : fc.oneof(label, numeral).map((text) => `${name}(${text})`);
  return name === 'ring'
    ? fc.tuple(argument, check(checks)).map((parts) => parts.join(' '))
    : fc
        .tuple(argument, fc.array(check(checks), { minLength: 1, maxLength: 3 }))
        .map(([what, all]) => `${what} ${all.join(' ')}`);
});

const expectation = fc.oneof(
  subject,
  check(RESULTS),
  oneOf([...RETURN_CODES.keys()]),
  fc
    .tuple(
      oneOf(EVENT_NAMES),
      oneOf(['', ' x2', ' x1+', ' x0']),
      oneOf(['', ' why seq', ' index p', ' cause unmap gfn 0x10']),
    )
    .map((parts) => parts.join('')),
  oneOf(EVENT_NAMES).map((name) => `no ${name}`),
);
const expectations = fc.array(expectation, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ,  '));

const clause = fc.oneof(
  oneOf(MUTATION_NAMES).map((name) => `without ${name}`),
  fc
    .tuple(
      oneOf(POINTS.map(({ name }) => name)),
      fc.oneof(
        simpleStatement,
        simpleStatement.map((text) => `r: ${text}`),
      ),
    )
    .map(([point, text]) => `racing ${point}: ${text}`),
);

const comment = oneOf(['', '', '', '  # a comment', '#x -> y']);
const statementLine = fc
  .tuple(
    oneOf(['', '', 'z: ']),
    simpleStatement,
    fc.array(clause, { maxLength: 2 }),
    fc.option(expectations, { nil: '' }),
    comment,
  )
  .map(
    ([name, text, clauses, expected, note]) =>
      `${name}${text} ${clauses.join('   ')}${expected === '' ? '' : `->${expected}`}${note}`,
  );

const indentedUnder = fc.oneof(
  expectations.map((text) => `expect ${text}`),
  expectations.map((text) => `-> ${text}`),
  clause,
);

function block(depth: number): fc.Arbitrary<string[]> {
  const simple = fc
    .tuple(statementLine, fc.array(indentedUnder, { maxLength: 1 }))
    .map(([line, below]) => [line, ...below.map((text) => `   ${text}`)]);
  if (depth === 0) return simple;
  const inner = fc.array(block(depth - 1), { minLength: 1, maxLength: 3 }).map((all) => all.flat());
  return fc.oneof(
    { weight: 5, arbitrary: simple },
    { weight: 1, arbitrary: oneOf(['', '# between the lines', '   # indented']).map((text) => [text]) },
    { weight: 1, arbitrary: statementLine.map((line) => [`repeat 3 ${line.replace(/^z: /, '')}`]) },
    { weight: 1, arbitrary: inner.map((lines) => ['repeat 0x10', ...lines.map((text) => ` ${text}`)]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(inner, oneOf(['', ' -> H_SUCCESS']))
        .map(([lines, tail]) => [
          'parallel order one two',
          '  one:',
          ...lines.map((text) => `      ${text}`),
          '  two: load p',
          `end${tail}`,
        ]),
    },
  );
}

/** Texts without a syntax error: any statement with any of its fields, clauses, expectations, blocks and comments. */
export const validText: fc.Arbitrary<string> = fc
  .array(block(2), { minLength: 1, maxLength: 6 })
  .map((all) => `${all.flat().join('\n')}\n`);

const FRAGMENTS = [
  '->',
  ':',
  '(',
  ')',
  ',',
  '#',
  '@',
  '=',
  '*',
  '+',
  '.',
  '\t',
  '\n',
  '  ',
  '0x',
  '-',
  'racing',
  'without',
  'repeat 2',
  'end',
  'parallel',
  'expect',
  'no',
  '\u2028',
  '\ud800',
  '9'.repeat(40),
  'x1',
  'é',
  '\0',
];

/** One way to damage a text: cut, double, swap or put something in at a place between 0 and 1. */
export const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(12),
  how: fc.constantFrom('cut', 'double', 'insert', 'replace'),
  fragment: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })),
});

export function damaged(
  text: string,
  damages: readonly { at: number; length: number; how: string; fragment: string }[],
): string {
  return damages.reduce((now, { at, length, how, fragment }) => {
    const start = Math.floor(at * now.length);
    const [before, piece, after] = [now.slice(0, start), now.slice(start, start + length), now.slice(start + length)];
    if (how === 'cut') return before + after;
    if (how === 'double') return before + piece + piece + after;
    return before + fragment + (how === 'insert' ? piece : '') + after;
  }, text);
}
