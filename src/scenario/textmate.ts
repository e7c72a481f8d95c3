// The colours of a scenario as a TextMate grammar, made from the grammar table. syntaxes/hpt-scenario.tmLanguage.json is
// what this gives; a test fails when it is stale.

import { EVENT_NAMES } from '../model/events';
import { MUTATION_NAMES } from '../model/mutations';
import { POINTS } from '../model/points';
import { ERRORS, RESULTS, RETURN_CODES, SUBJECTS } from './expectations';
import { STATEMENTS } from './grammar';

interface Pattern {
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly beginCaptures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly Pattern[];
}

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Any of the words, standing alone; longer ones first, so that `htab-read` is not seen as `htab`. */
function anyOf(words: Iterable<string>): string {
  const sorted = [...new Set(words)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return `(?<![\\w.-])(?:${sorted.map(escaped).join('|')})(?![\\w-]|\\.\\w)`;
}

const scope = (name: string) => `${name}.hpt-scenario`;

export function textMateGrammar() {
  const structure = STATEMENTS.filter(({ block }) => block).map(({ name }) => name);
  const statements = STATEMENTS.filter(({ block }) => !block).map(({ name }) => name);
  const fields = STATEMENTS.flatMap((statement) => statement.fields.map(({ name }) => name));
  const words = STATEMENTS.flatMap(({ operands, fields: named }) =>
    [...operands, ...named].flatMap(({ shape }) => (shape.kind === 'choice' ? shape.of : [])),
  );
  const checks = SUBJECTS.flatMap((subject) => subject.checks.map(({ name }) => name)).filter((name) => name !== '=');
  const subjects = SUBJECTS.map(({ name }) => name).filter((name) => name !== 'label');

  const numbers: Pattern = {
    name: scope('constant.numeric'),
    match: '(?<![\\w.-])-?(?:0x[0-9a-fA-F]+|[0-9]+[KMGT]?)(?!\\w)',
  };
  const events: Pattern = { name: scope('support.function.event'), match: anyOf(EVENT_NAMES) };
  const label: Pattern = {
    match: '(?:^\\s*|(?<=:)\\s*)([A-Za-z_][\\w-]*)\\s*(:)',
    captures: { 1: { name: scope('entity.name.label') }, 2: { name: scope('punctuation.separator.label') } },
  };
  const subject: Pattern = {
    match: anyOf(subjects).replace(/\(\?!\[.*$/, '(?=\\s*\\()'),
    name: scope('support.function.subject'),
  };
  const expectations: Pattern = {
    begin: '(->)|(?<![\\w.-])(expect)(?![\\w-])',
    beginCaptures: { 1: { name: scope('keyword.operator.arrow') }, 2: { name: scope('keyword.control.expect') } },
    end: '(?=#)|$',
    patterns: [
      events,
      subject,
      { name: scope('keyword.operator.logical'), match: '(?<![\\w.-])no(?![\\w-])' },
      { name: scope('constant.numeric.count'), match: '(?<![\\w.-])x[0-9]+\\+?(?!\\w)' },
      { name: scope('support.constant.return-code'), match: anyOf([...RETURN_CODES.keys(), ...ERRORS.keys()]) },
      { name: scope('support.variable.result'), match: anyOf(RESULTS.map(({ name }) => name)) },
      { name: scope('constant.language.state'), match: `${anyOf([...checks, 'none'])}|(?<=\\)\\.)[RC]\\b` },
      numbers,
    ],
  };
  return {
    $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
    name: 'HPT scenario',
    scopeName: 'source.hpt-scenario',
    patterns: [
      { name: scope('comment.line.number-sign'), match: '#.*$' },
      expectations,
      { name: scope('support.constant.point'), match: anyOf(POINTS.map(({ name }) => name)) },
      {
        match: `(?<![\\w.-])(without)\\s+(${MUTATION_NAMES.map(escaped).join('|')})?`,
        captures: { 1: { name: scope('keyword.control.clause') }, 2: { name: scope('support.constant.mutation') } },
      },
      { name: scope('keyword.control.clause'), match: anyOf(['racing', 'without']) },
      { name: scope('keyword.control.structure'), match: anyOf([...structure, 'end', 'pass']) },
      label,
      { name: scope('keyword.other.statement'), match: anyOf(statements) },
      { name: scope('constant.language.choice'), match: anyOf(words) },
      { name: scope('variable.parameter.field'), match: anyOf(fields) },
      subject,
      numbers,
    ] satisfies Pattern[],
  };
}
