// The Moments tree: the moments that the person marked, with notes, and the lines that log points wrote. Choosing one goes there.

import { type Bookmark, momentOfBookmark } from '../../timeline/bookmarks';
import type { Run } from '../../timeline/run';
import { count, l10n } from '../texts';
import type { NodeIcon, ViewNode } from './node';

/** A line that a log point wrote. */
export interface LogLine {
  readonly text: string;
  readonly moment: number;
}

/** Older lines than this many are no longer shown. */
export const mostLogLines = 500;

/** What a new bookmark is called unless the person says else: what happens at the moment. */
export function nameOfMoment(run: Run, moment: number): string {
  const event = run.events(moment).at(-1);
  const frame = run.frames(moment)[0];
  return event?.kind ?? (frame === undefined ? run.source(moment).text.replace(/\s+/g, ' ').trim() : frame.path.fn);
}

/** What the workspace kept, as far as it is what we keep. */
export function readBookmarks(kept: unknown): Bookmark[] {
  return (Array.isArray(kept) ? kept : []).flatMap((one: unknown): Bookmark[] => {
    const fields: Readonly<Record<string, unknown>> = typeof one === 'object' && one !== null ? { ...one } : {};
    const { moment, name, note, statement, offset } = fields;
    const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
    if (!isNumber(moment) || !isNumber(offset) || typeof name !== 'string' || typeof statement !== 'string') {
      return [];
    }
    return [{ moment, name, statement, offset, ...(typeof note === 'string' ? { note } : {}) }];
  });
}

/** The groups that hold something. */
export function momentNodes(run: Run, bookmarks: readonly Bookmark[], log: readonly LogLine[]): ViewNode[] {
  return [
    ...(bookmarks.length === 0
      ? []
      : [
          group(
            'bookmarks',
            l10n.t('Bookmarks'),
            'bookmark',
            bookmarks.map((bookmark) => bookmarkNode(run, bookmark)),
          ),
        ]),
    ...(log.length === 0
      ? []
      : [
          group(
            'log',
            l10n.t('Log'),
            'output',
            log.slice(-mostLogLines).map((line, i) => logNode(run, line, i)),
          ),
        ]),
  ];
}

function group(id: string, label: string, icon: string, children: readonly ViewNode[]): ViewNode {
  const description = count(children.length);
  return {
    id: `moments/${id}`,
    label,
    description,
    icon: { name: icon },
    spoken: `${label}: ${description}`,
    kind: id,
    expanded: true,
    children: () => children,
  };
}

/** Where a moment stands, in a few words. */
function where(run: Run, moment: number): string {
  return l10n.t('moment {0}, line {1}', count(moment + 1), run.source(moment).line + 1);
}

function iconAt(run: Run, moment: number | undefined, name: string): NodeIcon {
  return moment === run.position ? { name: 'debug-stackframe', color: 'current' } : { name };
}

function bookmarkNode(run: Run, bookmark: Bookmark): ViewNode {
  const { name, note } = bookmark;
  const moment = momentOfBookmark(run, bookmark);
  const place = moment === undefined ? l10n.t('the program no longer has this statement') : where(run, moment);
  const description = note === undefined ? place : `${note} · ${place}`;
  return {
    id: `bookmark:${bookmark.moment}`,
    label: name,
    description,
    icon: moment === undefined ? { name: 'warning', color: 'warning' } : iconAt(run, moment, 'bookmark'),
    spoken: l10n.t('Bookmark {0}: {1}', name, description),
    kind: 'bookmark',
    ...(moment === undefined ? {} : { moment }),
    tooltip: {
      heading: name,
      rows: [
        [l10n.t('at'), place],
        [l10n.t('statement'), bookmark.statement],
      ],
      ...(note === undefined ? {} : { note }),
    },
  };
}

function logNode(run: Run, { text, moment }: LogLine, number: number): ViewNode {
  const place = where(run, moment);
  return {
    id: `log:${number}:${moment}`,
    label: text,
    description: place,
    icon: iconAt(run, moment, 'output'),
    spoken: `${text}. ${place}`,
    kind: 'log',
    moment,
    tooltip: { heading: text, rows: [[l10n.t('at'), place]] },
  };
}
