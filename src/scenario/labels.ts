// The labels of a scenario: where each is made, what it names, where it is used.

import type { Range, Statement, Word } from './ast';
import type { Diagnostics } from './diagnostics';
import { replaceFix } from './diagnostics';
import { EXPECTATION_WORDS, SUBJECTS } from './expectations';
import type { LabelKind } from './grammar';
import { CLAUSES, STATEMENTS } from './grammar';
import { listed, nearest } from './suggest';

export interface LabelInfo {
  readonly name: string;
  readonly kind: LabelKind;
  readonly definition: Word;
  readonly statement: Statement;
  /** Every place where it is used, the definition not among them. */
  readonly references: Range[];
}

/** Among so many labels the one that was meant is looked for. */
const MOST_CANDIDATES = 500;

const kindWords: Readonly<Record<LabelKind, string>> = {
  hpte: 'an HPTE',
  access: 'an access',
  stream: 'an open HTAB stream',
  data: 'what an htab-read gave',
};

/** Words of the language; a label that is one of them could not be told from it where it is used. */
const RESERVED: ReadonlySet<string> = new Set([
  ...STATEMENTS.flatMap(({ name, operands, fields }) => [
    ...name.split(' '),
    ...[...operands, ...fields].flatMap(({ shape }) => (shape.kind === 'choice' ? shape.of : [])),
    ...fields.map((field) => field.name),
  ]),
  ...SUBJECTS.flatMap(({ checks }) => checks.map(({ name }) => name)),
  ...EXPECTATION_WORDS,
  ...Object.keys(CLAUSES),
  ...['no', 'none', 'in', 'pass', 'actor'],
]);

/** Why a word cannot be a label; undefined when it can. */
export function labelProblem(name: string): string | undefined {
  if (RESERVED.has(name)) return `\`${name}\` is a word of the language and cannot be a label`;
  if (name.includes('.')) return 'a label has no dots';
  if (/^x[0-9]+$/.test(name)) return `\`${name}\` reads as a count and cannot be a label`;
  return undefined;
}

export class Labels {
  readonly all = new Map<string, LabelInfo>();

  constructor(readonly diagnostics: Diagnostics) {}

  define(label: Word, kind: LabelKind, statement: Statement): void {
    const problem = labelProblem(label.text);
    if (problem !== undefined) {
      const free = label.text.replaceAll('.', '-') + (label.text.includes('.') ? '' : '-1');
      this.diagnostics.error('bad-label', label.range, problem, replaceFix(label.range, free));
    }
    const first = this.all.get(label.text);
    if (first === undefined) {
      this.all.set(label.text, { name: label.text, kind, definition: label, statement, references: [] });
      return;
    }
    let number = 2;
    while (this.all.has(`${label.text}-${number}`)) number++;
    const message = `label \`${label.text}\` is already made on line ${first.definition.range.line + 1}; each label is made once`;
    this.diagnostics.error('duplicate-label', label.range, message, replaceFix(label.range, `${label.text}-${number}`));
  }

  /** Notes a use, and says so when there is no such label or it names something of another kind. */
  use(name: string, range: Range, kinds: readonly LabelKind[]): LabelInfo | undefined {
    const label = this.all.get(name);
    if (label === undefined) {
      if (this.diagnostics.full) return undefined;
      const candidates = [...this.all.values()].filter(({ kind }) => kinds.includes(kind)).map((info) => info.name);
      const near = nearest(name, candidates.slice(0, MOST_CANDIDATES));
      const known = candidates.length === 0 ? 'none is made above' : `known are ${listed(candidates, 8)}`;
      const hint = near === undefined ? known : `did you mean \`${near}\`?`;
      const fixes = near === undefined ? [] : [replaceFix(range, near)];
      this.diagnostics.error('unknown-label', range, `unknown label \`${name.slice(0, 40)}\`; ${hint}`, ...fixes);
      return undefined;
    }
    label.references.push(range);
    if (kinds.includes(label.kind)) return label;
    const wanted = kinds.map((kind) => kindWords[kind]).join(' or ');
    this.diagnostics.error(
      'label-kind',
      range,
      `\`${name}\` names ${kindWords[label.kind]}, and ${wanted} is needed here`,
    );
    return undefined;
  }
}
