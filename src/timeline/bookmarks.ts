/** Marked moments of a run, with names and notes. A bookmark follows its statement when the program changes. */
import type { Run } from './run';

/** A marked moment, The statement tells whether the program has changed since. */
export interface Bookmark {
  readonly moment: number;
  readonly name: string;
  readonly note?: string;
  /** text of the statement that the moment belongs to */
  readonly statement: string;
  /** moments since the statement began */
  readonly offset: number;
}

/** Marks a moment of a run. */
export function bookmarkAt(run: Run, moment: number, name: string, note?: string): Bookmark {
  const first = run.momentOfSource(run.sourceNumber(moment));
  const bookmark = { moment, name, statement: run.source(moment).text, offset: Math.max(0, moment - first) };
  return note === undefined || note === '' ? bookmark : { ...bookmark, note };
}

/**
 * Where a bookmark lies in a run: at its moment while that is the same step of the same statement, else as far behind the first statement
 * that says the same.
 * @returns undefined when the program no longer has the statement
 */
export function momentOfBookmark(run: Run, { moment, statement, offset }: Bookmark): number | undefined {
  const offsetAt = (at: number) => at - run.momentOfSource(run.sourceNumber(at));
  if (moment < run.length && run.source(moment).text === statement && offsetAt(moment) === offset) {
    return moment;
  }
  for (let source = 0; source < run.statements.length; source++) {
    if (run.statements.at(source)?.text === statement) {
      const first = run.momentOfSource(source);
      const found = first + offset;
      return first >= 0 && found < run.length && run.sourceNumber(found) === source ? found : Math.max(0, first);
    }
  }
  return undefined;
}
