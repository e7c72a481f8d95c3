// The syntax tree of a scenario. Every node knows its place. The tree has two faces over the same nodes: the lines as
// they stand in the file (for the formatter and the editor), and the statements with what belongs to them (for the
// checker and the runner).

/** A stretch of one line. Line and column count from 0; columns and length are UTF-16 units, as VS Code counts. */
export interface Range {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A word of the text with its place. */
export interface Word {
  readonly text: string;
  readonly range: Range;
}

/** A number as written; `text` keeps the writer's form (0x…, 4K), `value` is what it means (64 bit; may be negative). */
export interface Numeral {
  readonly text: string;
  readonly value: bigint;
  readonly range: Range;
}

/** One term of a sum: a number, `pass` (the pass of the repeat around it, from 0), or `pass*number`. */
export interface Term {
  readonly numeral?: Numeral;
  readonly pass: boolean;
}

/** `pteg(x)` or `secondary(x)`: the primary or secondary PTEG of a label's address, or a PTEG by number. */
export interface PtegReference {
  readonly which: Word;
  readonly of: Word | Numeral;
  readonly range: Range;
}

export type Value =
  | { readonly kind: 'number'; readonly terms: readonly Term[]; readonly range: Range }
  | { readonly kind: 'word'; readonly text: string; readonly range: Range }
  | { readonly kind: 'label'; readonly text: string; readonly range: Range }
  | { readonly kind: 'list'; readonly items: readonly (Word | Numeral)[]; readonly range: Range }
  | { readonly kind: 'pteg'; readonly pteg: PtegReference; readonly range: Range }
  | { readonly kind: 'in-pteg'; readonly pteg: PtegReference; readonly range: Range }
  | { readonly kind: 'turns'; readonly turns: readonly Turn[]; readonly range: Range };

/** A turn of an actor in `parallel order …`: until it is done, or until it reaches a point. */
export interface Turn {
  readonly actor: Word;
  readonly until?: Word;
}

/** A field as given: `name` is the field's name in the grammar, also where the text has only the value (`power9`). */
export interface Field {
  readonly name: string;
  readonly value?: Value;
  /** The whole field, name and value. */
  readonly range: Range;
}

/** `racing POINT: statement`, attached to the statement in which the point lies. */
export interface Racing {
  readonly point: Word;
  readonly statement: Statement;
  readonly range: Range;
}

export interface Statement {
  readonly name: string;
  /** The words of the name (`swap-out`, `memslot remove`). */
  readonly range: Range;
  readonly label?: Word | undefined;
  readonly fields: readonly Field[];
  /** Clauses and expectations of its line and of the indented lines below; empty in the statement of a `Line`. */
  readonly racing: Racing[];
  readonly without: Word[];
  readonly expectations: Expectation[];
  /** The statements of `repeat`, of an actor, and the actors of `parallel`. */
  readonly body: Statement[];
  /** The statement has a syntax error; it is checked no further and cannot run. */
  readonly broken: boolean;
}

/** What is expected of an event kind: `hpte.absent x2`, `no fault.retry`, `fault.retry x1+ why seq`. */
export interface EventExpectation {
  readonly kind: 'event';
  readonly negated: boolean;
  readonly event: Word;
  readonly count?: { readonly times: bigint; readonly atLeast: boolean; readonly range: Range };
  readonly fields: readonly { readonly name: Word; readonly value: Word | Numeral }[];
  readonly range: Range;
}

/** What is expected of a thing: `a valid C`, `ring(a) = a b`, `rmap(0x10).C`. `of` is `label` for a bare label. */
export interface SubjectExpectation {
  readonly kind: 'subject';
  readonly negated: boolean;
  readonly of: string;
  readonly argument: Word | Numeral;
  readonly checks: readonly Check[];
  readonly range: Range;
}

export interface Check {
  readonly negated: boolean;
  readonly name: Word;
  readonly value?: Value;
}

/** What is expected of the statement's own result: `H_PTEG_FULL`, `r4 0x8`, `dsi`, `pages 0x10`. */
export interface ResultExpectation {
  readonly kind: 'result';
  readonly negated: boolean;
  readonly name: Word;
  readonly value?: Value;
  readonly range: Range;
}

export type Expectation = EventExpectation | SubjectExpectation | ResultExpectation;

/** One line of the file as it stands there; a tree built anew after an edit shares the lines that are the same. */
export interface Line {
  readonly line: number;
  readonly text: string;
  /** Width of the white space at the start, a tab counting to the next multiple of four. */
  readonly indent: number;
  readonly statement?: Statement | undefined;
  /** `end` of a parallel block. */
  readonly end?: Word | undefined;
  /** The word `expect` that starts an expectation line. */
  readonly expect?: Word;
  readonly arrow?: Range | undefined;
  /** Clauses and expectations that stand on this very line. */
  readonly racing: readonly Racing[];
  readonly without: readonly Word[];
  readonly expectations: readonly Expectation[];
  readonly comment?: Word | undefined;
  /** The line has a syntax error: the formatter leaves it as it is. */
  readonly broken: boolean;
  /** Its syntax errors. */
  readonly problems: readonly Diagnostic[];
}

export interface QuickFix {
  readonly title: string;
  readonly edits: readonly { readonly range: Range; readonly newText: string }[];
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** A short stable name of the kind of problem. */
  readonly code: string;
  readonly message: string;
  readonly range: Range;
  readonly fixes: readonly QuickFix[];
}

export interface ScenarioTree {
  readonly lines: readonly Line[];
  /** How deep each line belongs (0 is the top level), by line number. */
  readonly depths: readonly number[];
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The range from the start of one to the end of another on the same line. */
export function span(from: Range, to: Range): Range {
  return { line: from.line, column: from.column, length: Math.max(from.length, to.column + to.length - from.column) };
}

export function isNumeral(value: Word | Numeral): value is Numeral {
  return 'value' in value;
}
