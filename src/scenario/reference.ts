// The generated parts of docs/scenarios.md: every statement, clause, subject, result, point and mutation of the grammar
// table, in Markdown, each with an example that a test runs. Hover texts take the same sentences.

import { INVARIANTS } from '../model/invariants';
import { MUTATIONS } from '../model/mutations';
import { POINTS } from '../model/points';
import { describeShape } from './cursor';
import { RESULTS, SUBJECTS } from './expectations';
import type { FieldDefinition, FieldRule, StatementDefinition, StatementGroup } from './grammar';
import { STATEMENTS } from './grammar';

/** The lines before every example that does not begin with `machine`. */
export const PRELUDE = `machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000 log-dirty
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
store a
`;

/** The whole scenario of an example. */
export function exampleText(example: string): string {
  return `${example.startsWith('machine') ? '' : PRELUDE}${example}\n`;
}

const GROUPS: Readonly<Record<StatementGroup, string>> = {
  machine: 'The machine',
  hypercall: 'Hypercalls',
  access: 'Accesses of the guest',
  host: 'What the host does',
  vmm: 'What the VMM does',
  structure: 'Structure',
};

function fieldLine({ name, shape, summary }: FieldDefinition, operand: boolean): string {
  const shown = operand ? `*${name}*` : `\`${name}\``;
  const value = shape.kind === 'flag' ? '' : ` (${describeShape(shape)})`;
  return `* ${shown}${value}: ${summary}`;
}

const codes = (names: readonly string[]) => names.map((name) => `\`${name}\``);
const either = (names: readonly string[]) => codes(names).join(' or ');

/** The rules of a statement in words. Rules that say the same of several fields are said together. */
function ruleSentences(rules: readonly FieldRule[]): string[] {
  const required = rules.flatMap((rule) => (rule.rule === 'required' ? [rule.field] : []));
  const sentences = required.length === 0 ? [] : [`needs ${codes(required).join(', ')}`];
  const together = new Map<string, string[]>();
  for (const rule of rules) {
    if (rule.rule === 'exactly-one') sentences.push(`either ${either(rule.of)}`);
    if (rule.rule === 'needs') gather(together, `only with ${either(rule.one)}`, rule.field);
    if (rule.rule === 'at-most-one') gather(together, `not with ${either(rule.of.slice(-1))}`, ...rule.of.slice(0, -1));
  }
  return [...sentences, ...[...together].map(([how, fields]) => `${codes(fields).join(', ')} ${how}`)];
}

function gather(together: Map<string, string[]>, how: string, ...fields: string[]): void {
  together.set(how, [...(together.get(how) ?? []), ...fields]);
}

/** One statement as Markdown: what it does, what it takes, an example. */
export function statementReference(definition: StatementDefinition): string {
  const { name, summary, operands, fields, rules, kernels, labels, example } = definition;
  const lines = [`#### \`${name}\``, '', summary, ''];
  if (kernels !== undefined) lines.push(`Only ${kernels.join(', ')}.`, '');
  if (labels !== undefined && labels !== 'actor') lines.push(`A label before it names ${labelWords[labels]}.`, '');
  const given = [...operands.map((field) => fieldLine(field, true)), ...fields.map((field) => fieldLine(field, false))];
  if (given.length > 0) lines.push(...given, '');
  const sentences = ruleSentences(rules);
  if (sentences.length > 0) lines.push(`Fields: ${sentences.join('; ')}.`, '');
  lines.push('```hpt-scenario', example, '```', '');
  return lines.join('\n');
}

const labelWords = {
  hpte: 'the HPTE',
  access: 'the access',
  stream: 'the open stream',
  data: 'what was read',
} as const;

function statementsReference(): string {
  const groups = Object.entries(GROUPS) as [StatementGroup, string][];
  return groups
    .map(
      ([group, title]) =>
        `### ${title}\n\n${STATEMENTS.filter((one) => one.group === group)
          .map(statementReference)
          .join('\n')}`,
    )
    .join('\n');
}

function subjectsReference(): string {
  return SUBJECTS.map(({ name, argument, summary, checks, example }) => {
    const title = name === 'label' ? 'LABEL' : `${name}(…)`;
    const lines = checks.map((check) => fieldLine(check, false));
    const takes = name === 'label' ? '' : ` In the brackets: ${argument}.`;
    return `#### \`${title}\`\n\n${summary}${takes}\n\n${lines.join('\n')}\n\n\`\`\`hpt-scenario\n${example}\n\`\`\`\n`;
  }).join('\n');
}

function resultsReference(): string {
  return RESULTS.map(({ name, shape, summary, example }) => {
    const value = shape.kind === 'flag' ? '' : ` (${describeShape(shape)})`;
    return `#### \`${name}\`\n\n${summary.replace(/\.$/, '')}${value}.\n\n\`\`\`hpt-scenario\n${example}\n\`\`\`\n`;
  }).join('\n');
}

/** The generated sections by the name that their markers in docs/scenarios.md carry. */
export function referenceSections(): Readonly<Record<string, string>> {
  return {
    statements: statementsReference(),
    subjects: subjectsReference(),
    results: resultsReference(),
    points: POINTS.map(({ name, text }) => `* \`${name}\`: ${text}`).join('\n'),
    invariants: INVARIANTS.map(({ name, text }) => `* \`${name}\`: ${text}`).join('\n'),
    mutations: Object.entries(MUTATIONS)
      .map(([name, text]) => `* \`${name}\`: ${text}`)
      .join('\n'),
  };
}

/** Puts the generated sections between their markers; the text around them stays as it is. */
export function withSections(text: string): string {
  return Object.entries(referenceSections()).reduce((now, [name, section]) => {
    const marker = (word: string) => `<!-- ${word} ${name}: made from the grammar table -->`;
    const from = now.indexOf(marker('begin'));
    const to = now.indexOf(marker('end'));
    if (from < 0 || to < from) return now;
    return `${now.slice(0, from)}${marker('begin')}\n\n${section.trimEnd()}\n\n${now.slice(to)}`;
  }, text);
}
