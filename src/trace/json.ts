// A strict JSON parser (RFC 8259) that keeps where everything stands, so that what a file says wrongly can be shown at its
// place. Nesting is limited; nothing is thrown.

/** Deepest nesting believed. */
const deepest = 64;

interface Place {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

export interface JsonObject extends Place {
  readonly type: 'object';
  readonly members: ReadonlyMap<string, JsonNode>;
  /** Where each key stands. */
  readonly keys: ReadonlyMap<string, Place>;
}

export interface JsonArray extends Place {
  readonly type: 'array';
  readonly items: readonly JsonNode[];
}

export interface JsonScalar extends Place {
  readonly type: 'string' | 'number' | 'boolean' | 'null';
  readonly value: string | number | boolean | null;
}

export type JsonNode = JsonObject | JsonArray | JsonScalar;

/** The value, or what is wrong and where. */
export type JsonResult = { readonly root: JsonNode } | { readonly error: string; readonly at: number };

/** Line and column (from 1) of an offset in a text. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Parses a JSON text. */
export function parseJson(text: string): JsonResult {
  const parser = new JsonParser(text);
  const root = parser.value(0);
  if (root !== undefined) {
    parser.blanks();
    if (parser.at < text.length) {
      parser.fail('expected the end of the file after the JSON value');
    }
  }
  if (root === undefined || parser.error !== undefined) {
    return { error: parser.error ?? 'no JSON value', at: Math.min(parser.errorAt, text.length) };
  }
  return { root };
}

class JsonParser {
  at = 0;
  error: string | undefined;
  errorAt = 0;

  constructor(readonly text: string) {}

  fail(error: string, at = this.at): undefined {
    if (this.error === undefined) {
      this.error = error;
      this.errorAt = at;
    }
    return undefined;
  }

  blanks(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? 'x')) {
      this.at++;
    }
  }

  value(depth: number): JsonNode | undefined {
    this.blanks();
    const c = this.text[this.at];
    if (c === undefined) {
      return this.fail('the file ends here; expected a JSON value');
    }
    if (depth > deepest) {
      return this.fail(`nested more than ${deepest} deep`);
    }
    if (c === '{') {
      return this.#object(depth);
    }
    if (c === '[') {
      return this.#array(depth);
    }
    return c === '"' ? this.#string() : this.#word();
  }

  #object(depth: number): JsonObject | undefined {
    const start = this.at++;
    const members = new Map<string, JsonNode>();
    const keys = new Map<string, Place>();
    this.blanks();
    if (this.text[this.at] === '}') {
      return { type: 'object', members, keys, start, end: ++this.at };
    }
    for (;;) {
      this.blanks();
      if (this.text[this.at] !== '"') {
        return this.fail('expected a key in double quotes');
      }
      const key = this.#string();
      if (key === undefined) {
        return undefined;
      }
      const name = String(key.value);
      if (members.has(name)) {
        return this.fail(`the key ${JSON.stringify(name)} stands twice in this object`, key.start);
      }
      this.blanks();
      if (this.text[this.at] !== ':') {
        return this.fail('expected ":" after the key');
      }
      this.at++;
      const value = this.value(depth + 1);
      if (value === undefined) {
        return undefined;
      }
      members.set(name, value);
      keys.set(name, { start: key.start, end: key.end });
      this.blanks();
      const c = this.text[this.at];
      if (c === '}') {
        return { type: 'object', members, keys, start, end: ++this.at };
      }
      if (c !== ',') {
        return this.fail('expected "," or "}"');
      }
      this.at++;
    }
  }

  #array(depth: number): JsonArray | undefined {
    const start = this.at++;
    const items: JsonNode[] = [];
    this.blanks();
    if (this.text[this.at] === ']') {
      return { type: 'array', items, start, end: ++this.at };
    }
    for (;;) {
      const value = this.value(depth + 1);
      if (value === undefined) {
        return undefined;
      }
      items.push(value);
      this.blanks();
      const c = this.text[this.at];
      if (c === ']') {
        return { type: 'array', items, start, end: ++this.at };
      }
      if (c !== ',') {
        return this.fail('expected "," or "]"');
      }
      this.at++;
    }
  }

  #string(): JsonScalar | undefined {
    const start = this.at;
    for (let p = start + 1; p < this.text.length; p++) {
      const c = this.text.charCodeAt(p);
      if (c === 92 /* \ */) {
        p++;
      } else if (c < 32) {
        return this.fail('a string must end on its line; write \\n for a line end', start);
      } else if (c === 34 /* " */) {
        this.at = p + 1;
        return this.#scalar(start);
      }
    }
    return this.fail('this string has no closing quote', start);
  }

  #word(): JsonScalar | undefined {
    const start = this.at;
    while (/[-+.\w]/.test(this.text[this.at] ?? ' ')) {
      this.at++;
    }
    return this.#scalar(start);
  }

  /** The string, number, boolean or null in text[start, at): the language's own parser decides. */
  #scalar(start: number): JsonScalar | undefined {
    const place = { start, end: this.at };
    let value: unknown;
    try {
      value = JSON.parse(this.text.slice(start, this.at));
    } catch {
      const seen = this.text.slice(start, Math.min(this.at, start + 20)) || this.text[start] || '';
      return this.fail(`${JSON.stringify(seen)} is not a JSON value`, start);
    }
    switch (typeof value) {
      case 'string':
        return { type: 'string', value, ...place };
      case 'number':
        return { type: 'number', value, ...place };
      case 'boolean':
        return { type: 'boolean', value, ...place };
      default:
        return { type: 'null', value: null, ...place };
    }
  }
}
