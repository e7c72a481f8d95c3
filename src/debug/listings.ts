// Listings as sources: each kernel path is a read-only text whose lines are its steps.

import { PATHS, type Path } from '../model/listing';

/** Text lines of a listing before its first step. */
const HEAD = 3;
const SCHEME = 'hpt-listing:/';
/** Mime type of a listing; the extension's manifest gives it a language, so that breakpoints can be set in it. */
export const LISTING_MIME = 'text/x-hpt-listing';

/** Path of a listing as a source. */
export function listingPath(path: Path): string {
  return `${SCHEME}${path.key}`;
}

/** The path that a source names, by its path or its reference; undefined when it is no listing. */
export function listingOf(source: { readonly path?: string; readonly sourceReference?: number }): Path | undefined {
  if (source.path?.startsWith(SCHEME)) {
    const key = source.path.slice(SCHEME.length).split('?')[0];
    return PATHS.find((path) => path.key === key);
  }
  const reference = source.sourceReference;
  return reference === undefined || reference <= 0 ? undefined : PATHS[reference - 1];
}

/** Reference of a listing, for the source request. */
export function listingReference(path: Path): number {
  return path.id + 1;
}

/** Text of a listing. */
export function listingText(path: Path): string {
  const width = String(path.lines.length).length;
  const steps = path.lines.map(({ text }, i) => `${String(i + 1).padStart(width)}  ${text}`);
  return [`${path.title}`, `${path.fn}(${path.args.join(', ')})`, '', ...steps, ''].join('\n');
}

/** Text line, from 0, of a step; the title's for a path of which no step was done yet. */
export function lineOfListing(step: number): number {
  return step < 0 ? 0 : HEAD + step;
}

/** Step of a text line, from 0; -1 for the head and beyond the end. */
export function stepOfLine(path: Path, line: number): number {
  const step = line - HEAD;
  return step >= 0 && step < path.lines.length ? step : -1;
}

/** The step at or after a text line, or the last one. */
export function nearestStep(path: Path, line: number): number {
  return Math.max(0, Math.min(path.lines.length - 1, line - HEAD));
}

/** The paths that a kernel function's name, or a path's key, means. */
export function pathsNamed(name: string): readonly Path[] {
  const wanted = name.trim();
  return PATHS.filter(({ fn, key }) => key === wanted || fn === wanted || fn.split(/,\s*/).includes(wanted));
}
