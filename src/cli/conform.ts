/** `hptscope conform FILE…`: runs vector files on the emulator and compares every field of every answer. */
import type { Answer, Json, Operation } from './vectors';
import { VectorDriver } from './vectors';

export interface ConformResult {
  readonly passed: number;
  readonly failed: number;
  /** place and content of the first difference */
  readonly first: string | null;
}

/** First difference between two JSON values, as "path: expected …, seen …", or null. */
export function difference(expected: Json | undefined, seen: Json | undefined, path = ''): string | null {
  if (expected === seen) return null;
  if (
    typeof expected === 'object' &&
    typeof seen === 'object' &&
    expected !== null &&
    seen !== null &&
    Array.isArray(expected) === Array.isArray(seen)
  ) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(seen)])) {
      const diff = difference(
        (expected as Record<string, Json>)[key],
        (seen as Record<string, Json>)[key],
        path === '' ? key : `${path}.${key}`,
      );
      if (diff !== null) return diff;
    }
    return null;
  }
  return `${path}: expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}`;
}

/**
 * Compares the operations of one vector file (JSON lines). Lines without "in" are notes.
 * @param text the whole file
 */
export function conform(text: string): ConformResult {
  const driver = new VectorDriver();
  let passed = 0;
  let failed = 0;
  let first: string | null = null;
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const line = lines[n] as string;
    if (line.trim() === '') continue;
    const diff = compareLine(driver, line);
    if (diff === undefined) continue;
    if (diff === null) passed++;
    else {
      failed++;
      first ??= `line ${n + 1}: ${diff}`;
    }
  }
  return { passed, failed, first };
}

function compareLine(driver: VectorDriver, line: string): string | null | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof record !== 'object' || record === null || !('in' in record)) return undefined;
  const { in: op, out } = record as { in: Operation; out: Answer };
  if (typeof op !== 'object' || op === null || typeof op.op !== 'string') return '"in" is not an operation';
  try {
    const diff = difference(out, driver.run(op));
    return diff === null ? null : `${op.op} ${JSON.stringify(op)}\n    ${diff}`;
  } catch (error) {
    return `${op.op}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
