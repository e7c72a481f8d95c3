// Where in a launch.json a mistake stands. The file is JSON with comments and trailing commas, which are blanked out so that everything
// keeps its place.

import { type JsonNode, parseJson } from '../trace/json';

/** A stretch of a text, by offsets. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The same text with spaces for comments and trailing commas. */
function withoutComments(text: string): string {
  const blank = (part: string) => (part.startsWith('"') ? part : part.replace(/[^\n]/g, ' '));
  const bare = text.replace(/"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, blank);
  return bare.replace(/"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])/g, blank);
}

function member(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.type === 'object' ? node.members.get(name) : undefined;
}

/**
 * Where a property of a configuration stands.
 * @param text of launch.json
 * @param property its value's place is told; that of the configuration's name when it has no such property
 * @returns undefined when the file holds no configuration of that name, or cannot be read
 */
export function placeInLaunch(text: string, configuration: string, property: string): Stretch | undefined {
  const parsed = parseJson(withoutComments(text));
  if ('error' in parsed) return undefined;
  const list = member(parsed.root, 'configurations');
  const nodes = list?.type === 'array' ? list.items : [];
  for (const node of nodes) {
    const name = member(node, 'name');
    if (node.type !== 'object' || name?.type !== 'string' || name.value !== configuration) continue;
    return member(node, property) ?? node.keys.get(property) ?? name;
  }
  return undefined;
}
