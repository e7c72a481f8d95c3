// The nodes that the tree views show, without VS Code: trees.ts turns them into tree items, tests read them as they are.
// Children are made when somebody asks for them. An id names the same thing at every moment, so that what is expanded
// stays expanded while the run moves.

import { count, hex, l10n } from '../texts';

/** A codicon, with the contributed colour of a state. Shape and words say the same as the colour. */
export interface NodeIcon {
  readonly name: string;
  readonly color?: 'valid' | 'absent' | 'mmio' | 'bolted' | 'unknown' | 'changed' | 'warning' | 'current';
}

/** What a tooltip says: a heading, then rows of name and value. */
export interface NodeTooltip {
  readonly heading: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  /** a sentence below the rows */
  readonly note?: string;
}

export interface ViewNode {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: NodeTooltip;
  readonly icon?: NodeIcon;
  /** What a screen reader says: a sentence where the label is terse. */
  readonly spoken: string;
  /** The last travel changed it. */
  readonly changed?: boolean;
  /** What it is, for menus: `hpte`, `page`, `event`, … */
  readonly kind: string;
  /** Whether it shows its children unless the person closed it. */
  readonly expanded?: boolean;
  readonly children?: () => readonly ViewNode[];
  /** The HPTE that it stands for; selecting it selects that entry in all views. */
  readonly hpte?: number;
  /** The moment that it stands for; choosing it goes there. */
  readonly moment?: number;
  /** An expression (docs/debugging.md) that gives what it stands for: "Why" asks it. */
  readonly expression?: string;
  /** What the debugger's steps follow when asked to follow it: "gfn 0x10". */
  readonly follow?: string;
}

/** The most siblings that a tree shows; more are put into buckets above. */
export const mostSiblings = 500;

/**
 * Puts things with ascending keys into nodes, below buckets of equal key ranges when they are too many. The ranges depend on
 * the keys alone, so that a bucket keeps its id while things come and go in it.
 * @param parent id of the parent, which begins every id
 * @param name what the keys are called in a bucket's label
 */
export function bucketed<T>(
  parent: string,
  name: string,
  things: readonly T[],
  keyOf: (thing: T) => number,
  make: (thing: T) => ViewNode,
): ViewNode[] {
  if (things.length <= mostSiblings) {
    return things.map(make);
  }
  for (let shift = 4; ; shift += 4) {
    const span = 2 ** shift;
    const buckets = new Map<number, T[]>();
    for (const thing of things) {
      const first = Math.floor(keyOf(thing) / span) * span;
      const bucket = buckets.get(first);
      if (bucket) {
        bucket.push(thing);
      } else {
        buckets.set(first, [thing]);
      }
    }
    if (buckets.size <= mostSiblings) {
      return [...buckets].map(([first, inside]) => {
        const id = `${parent}/${shift}:${hex(first)}`;
        const label = `${name} ${hex(first)}–${hex(first + span - 1)}`;
        return {
          id,
          label,
          description: count(inside.length),
          spoken: l10n.t('{0} {1} to {2}: {3} entries', name, hex(first), hex(first + span - 1), count(inside.length)),
          kind: 'bucket',
          children: () => bucketed(id, name, inside, keyOf, make),
        };
      });
    }
  }
}

/** A node as text for a mail: its line, and its tooltip's rows below. */
export function nodeText({ label, description, tooltip }: ViewNode): string {
  const lines = [description === undefined ? label : `${label}  ${description}`];
  const width = Math.max(0, ...(tooltip?.rows ?? []).map(([name]) => name.length));
  for (const [name, value] of tooltip?.rows ?? []) {
    lines.push(`  ${name.padEnd(width)}  ${value}`);
  }
  if (tooltip?.note !== undefined) {
    lines.push(`  ${tooltip.note}`);
  }
  return lines.join('\n');
}

/** A node and what stands below it, as an indented text; at most `most` lines. */
export function treeText(node: ViewNode, depth: number, most = 2000): string {
  const lines: string[] = [];
  const add = (each: ViewNode, level: number): void => {
    if (lines.length >= most) {
      return;
    }
    const text = level === 0 ? nodeText(each) : `${each.label}${each.description ? `  ${each.description}` : ''}`;
    for (const line of text.split('\n')) {
      lines.push(`${'  '.repeat(level)}${line}`);
    }
    if (level < depth) {
      for (const child of each.children?.() ?? []) {
        add(child, level + 1);
      }
    }
  };
  add(node, 0);
  return lines.join('\n');
}
