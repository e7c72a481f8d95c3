// docs/events.md, made from the event table.

import { EVENT_NAMES, EVENTS, type EventKind } from '../model/events';
import { INVARIANTS } from '../model/invariants';
import { MUTATIONS } from '../model/mutations';
import { POINTS } from '../model/points';

const TYPES: Readonly<Record<string, string>> = {
  index: 'HPTE index (PTEG number for `pteg`)',
  dword: '64-bit word',
  addr: '64-bit address',
  gfn: 'guest frame number, in host pages',
  pfn: 'host page frame number',
  count: 'number',
  status: '32-bit status bits',
  ret: 'signed return value',
  flag: 'yes or no',
};

function fieldType(field: EventKind['fields'][string]): string {
  if (typeof field === 'string') return TYPES[field] ?? field;
  return `one of ${field.map((name) => `\`${name}\``).join(', ')}`;
}

function section(name: string, kind: EventKind): string[] {
  return [
    `### \`${name}\`: ${kind.title}`,
    '',
    `${sentence(kind.text)} Happens in: ${kind.fn}.`,
    '',
    '| field | holds |',
    '|---|---|',
    ...Object.entries(kind.fields).map(([field, type]) => `| \`${field}\` | ${fieldType(type)} |`),
    '',
  ];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** The page of all events, points, mutations and invariants. */
export function eventsPage(): string {
  const domains = [...new Set(EVENT_NAMES.map((name) => name.split('.')[0] ?? name))];
  return [
    '# Events',
    '',
    '<!-- Made by `npm run docs` from src/model/events.ts and its neighbours: change those, not this page. -->',
    '',
    'Every fact that a run can report. The debugger’s event breakpoints, the event list, `expect` in scenarios and',
    '`hptscope run` use these names and fields. Words in braces are fields.',
    '',
    ...domains.flatMap((domain) => [
      `## ${domain}`,
      '',
      ...EVENT_NAMES.filter((name) => name.startsWith(`${domain}.`) || name === domain).flatMap((name) =>
        section(name, EVENTS[name]),
      ),
    ]),
    '## Points',
    '',
    'The named places of the kernel paths at which another processor can get in between.',
    '',
    '| point | at which |',
    '|---|---|',
    ...POINTS.map(({ name, text }) => `| \`${name}\` | ${text} |`),
    '',
    '## Mutations',
    '',
    'Switches that leave out one step of a kernel path, to show what the step is for.',
    '',
    '| mutation | what it leaves out |',
    '|---|---|',
    ...Object.entries(MUTATIONS).map(([name, text]) => `| \`${name}\` | ${text} |`),
    '',
    '## Invariants',
    '',
    'What must hold whenever no kernel path is under way. `invariant.broken` carries the number.',
    '',
    '| number | invariant | what holds |',
    '|---|---|---|',
    ...INVARIANTS.map(({ name, text }, number) => `| ${number} | \`${name}\` | ${text} |`),
    '',
  ].join('\n');
}
