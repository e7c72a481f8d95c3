// Typed access to the fields of a parsed JSON text: each mistake becomes a problem with line, column and JSON path, and the
// reading goes on, so that one look tells everything that is wrong with a file.

import { type JsonArray, type JsonNode, type JsonObject, positionOf } from './json';
import type { ProblemList } from './problem';

const largestU64 = (1n << 64n) - 1n;

/** The fields of one object of a JSON file. */
export class JsonFields {
  readonly #seen = new Set<string>();

  constructor(
    readonly text: string,
    readonly object: JsonObject,
    /** JSON path of the object; empty for the root. */
    readonly path: string,
    readonly problems: ProblemList,
    /** Line of the file on which the text begins: 1, or that of one line of a JSON-lines file. */
    readonly firstLine = 1,
  ) {}

  /** Path of a key of this object. */
  pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  /** Adds a problem at a node. */
  wrong(
    message: string,
    at: { readonly start: number },
    path: string,
    severity: 'error' | 'warning' = 'error',
  ): undefined {
    const { line, column } = positionOf(this.text, at.start);
    const place = path === '' ? {} : { path };
    this.problems.add(severity, message, { line: line + this.firstLine - 1, column, offset: at.start, ...place });
    return undefined;
  }

  /** The node of a key; a missing required key is a problem. */
  node(key: string, required = true): JsonNode | undefined {
    this.#seen.add(key);
    const node = this.object.members.get(key);
    if (node === undefined && required) {
      return this.wrong(`"${key}" is missing`, this.object, this.pathOf(key));
    }
    return node;
  }

  /** A string. */
  string(key: string, required = true): string | undefined {
    const node = this.node(key, required);
    if (node === undefined) {
      return undefined;
    }
    return node.type === 'string' ? String(node.value) : this.#unexpected(key, node, 'a string');
  }

  /** A string out of a list. */
  choice<T extends string>(key: string, choices: readonly T[], required = true): T | undefined {
    const node = this.node(key, required);
    if (node === undefined) {
      return undefined;
    }
    const chosen = choices.find((choice) => node.type === 'string' && node.value === choice);
    return chosen ?? this.#unexpected(key, node, choices.map((c) => `"${c}"`).join(' or '));
  }

  /** A whole number from `least` to `most`. */
  integer(key: string, least: number, most: number, required = true): number | undefined {
    const node = this.node(key, required);
    if (node === undefined) {
      return undefined;
    }
    const value = node.type === 'number' ? Number(node.value) : Number.NaN;
    return Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.#unexpected(key, node, `a whole number from ${least} to ${most}`);
  }

  /** true or false. */
  boolean(key: string, required = true): boolean | undefined {
    const node = this.node(key, required);
    if (node === undefined) {
      return undefined;
    }
    return node.type === 'boolean' ? node.value === true : this.#unexpected(key, node, 'true or false');
  }

  /** A 64-bit number written as `"0x…"`. */
  hex(key: string, required = true): bigint | undefined {
    const node = this.node(key, required);
    return node === undefined ? undefined : this.hexNode(node, this.pathOf(key));
  }

  /** The 64-bit number of a node that holds `"0x…"`. */
  hexNode(node: JsonNode, path: string): bigint | undefined {
    const text = node.type === 'string' ? String(node.value) : '';
    if (/^0x[0-9a-f]{1,32}$/i.test(text) && BigInt(text) <= largestU64) {
      return BigInt(text);
    }
    return this.wrong(`expected a hexadecimal number of at most 64 bits in quotes, such as "0x1000"`, node, path);
  }

  /** The fields of an object. */
  fields(key: string, required = true): JsonFields | undefined {
    const node = this.node(key, required);
    return node === undefined ? undefined : this.fieldsOf(node, this.pathOf(key));
  }

  /** The fields of a node that is an object. */
  fieldsOf(node: JsonNode, path: string): JsonFields | undefined {
    if (node.type !== 'object') {
      return this.wrong(`expected an object, found ${described(node)}`, node, path);
    }
    return new JsonFields(this.text, node, path, this.problems, this.firstLine);
  }

  /** An array; undefined (with a problem, if required) where there is none. */
  array(key: string, required = true): JsonArray | undefined {
    const node = this.node(key, required);
    if (node === undefined) {
      return undefined;
    }
    return node.type === 'array' ? node : this.#unexpected(key, node, 'an array');
  }

  /** The objects of an array. */
  objects(key: string, required = true): JsonFields[] {
    const items = this.array(key, required)?.items ?? [];
    const all = items.map((item, i) => this.fieldsOf(item, `${this.pathOf(key)}[${i}]`));
    return all.filter((fields) => fields !== undefined);
  }

  /** Warns of keys that nothing has asked for. */
  rejectOthers(): void {
    for (const [key, place] of this.object.keys) {
      if (!this.#seen.has(key)) {
        const known = [...this.#seen].map((k) => `"${k}"`).join(', ');
        this.wrong(`"${key}" is not known here and is ignored; known are ${known}`, place, this.pathOf(key), 'warning');
      }
    }
  }

  #unexpected(key: string, node: JsonNode, expected: string): undefined {
    return this.wrong(`expected ${expected}, found ${described(node)}`, node, this.pathOf(key));
  }
}

/** A node in words for a message. */
export function described(node: JsonNode): string {
  if (node.type === 'object' || node.type === 'array') {
    return node.type === 'array' ? 'an array' : 'an object';
  }
  const text = JSON.stringify(node.value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
