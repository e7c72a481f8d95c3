/** Runs the operations of vector files on the emulator and compares every field of every answer. */
import type { Log } from '../model/log';
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
 * Compares the operations of one vector file (JSON lines). A line may also be a note: {"note": …}.
 * @param text the whole file
 * @param look is called after each operation with its journal
 */
export function conform(text: string, look?: (log: Log) => void): ConformResult {
  const driver = new VectorDriver();
  let passed = 0;
  let failed = 0;
  let first: string | null = null;
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const line = lines[n] as string;
    if (line.trim() === '') continue;
    const diff = compareLine(driver, line);
    look?.(driver.log);
    if (diff === undefined) continue;
    if (diff === null) passed++;
    else {
      failed++;
      first ??= `line ${n + 1}: ${diff}`;
    }
  }
  return { passed, failed, first };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOperation(value: unknown): value is Operation {
  return isObject(value) && typeof value.op === 'string';
}

/** null when the line's operation agrees, a sentence when it does not, undefined for a note. */
function compareLine(driver: VectorDriver, line: string): string | null | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${sentence(error)}`;
  }
  if (isObject(record) && 'note' in record && !('in' in record)) return undefined;
  if (!isObject(record) || !isOperation(record.in))
    return `expected {"in": {"op": …}, "out": {…}} or {"note": …}, found ${line.slice(0, 80)}`;
  const { in: op, out } = record;
  if (!isObject(out)) return `${op.op}: "out" is not an object`;
  try {
    const diff = difference(out as Answer, driver.run(op));
    return diff === null ? null : `${op.op} ${JSON.stringify(op)}\n    ${diff}`;
  } catch (error) {
    return `${op.op}: ${sentence(error)}`;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
