// A KVM_PPC_GET_HTAB_FD stream as the editor of binary files shows it: each entry and each run of free slots a row, pass by pass.

import { dword0, dword1 } from '../../debug/decode';
import { show, type Thing } from '../../debug/values';
import { type FileKind, type FilePicture, type FileRecord, slotsPerPteg } from '../../protocol';
import type { FreeRun, HtabStreamEntry, HtabStreamFile } from '../../trace/htabStream';
import { formatProblem } from '../../trace/problem';
import { count, hex, hex64, l10n } from '../texts';
import type { FileContent } from './content';

/** Bytes of an entry in the stream. */
const entrySize = 16;

type Row =
  | { readonly kind: 'entry'; readonly pass: number; readonly entry: HtabStreamEntry }
  | { readonly kind: 'free'; readonly pass: number; readonly run: FreeRun };

export class StreamContent implements FileContent {
  readonly kinds: readonly FileKind[];
  readonly picture: FilePicture;
  private readonly rows: readonly Row[];

  constructor(
    stream: HtabStreamFile,
    private readonly bytes: Uint8Array,
  ) {
    this.rows = stream.passes.flatMap((pass, number) => rowsOf(pass, number + 1));
    const entries = this.rows.filter(({ kind }) => kind === 'entry').length;
    this.kinds = [
      { name: l10n.t('entry'), count: entries },
      { name: l10n.t('free slots'), count: this.rows.length - entries },
    ];
    this.picture = pictureOf(stream, this.rows.length, this.kinds);
  }

  cells(number: number): readonly string[] {
    const row = this.rows[number];
    if (row === undefined) {
      return [];
    }
    const index = row.kind === 'entry' ? row.entry.index : row.run.index;
    const place = [String(row.pass), hex(index), hex(Math.floor(index / slotsPerPteg))];
    if (row.kind === 'free') {
      const last = hex(index + row.run.count - 1);
      return [...place, '', '', l10n.t('{0} free slots, to {1}', count(row.run.count), last)];
    }
    const { v, guest } = row.entry;
    return [...place, hex64(v), hex64(guest), meaningOf(row.entry)];
  }

  kindOf(number: number): number {
    return this.rows[number]?.kind === 'entry' ? 0 : 1;
  }

  searchText(number: number): string {
    return this.cells(number).join(' ').toLowerCase();
  }

  find(text: string): { number: number | undefined; sentence: string } {
    const [, digits] = /^(0x[0-9a-f]{1,8}|\d{1,9})$/i.exec(text) ?? [];
    if (digits === undefined) {
      return { number: undefined, sentence: l10n.t('"{0}" is no HPTE index.', text) };
    }
    const wanted = Number(digits);
    const number = this.rows.findIndex((row) =>
      row.kind === 'entry'
        ? row.entry.index === wanted
        : wanted >= row.run.index && wanted < row.run.index + row.run.count,
    );
    return number < 0
      ? { number: undefined, sentence: l10n.t('The stream says nothing of HPTE {0}.', hex(wanted)) }
      : { number, sentence: l10n.t('HPTE {0}, pass {1}', hex(wanted), String(this.rows[number]?.pass)) };
  }

  record(number: number): FileRecord {
    const row = this.rows[number];
    if (row === undefined || row.kind === 'free') {
      const run = row?.run;
      return {
        title: l10n.t('Free slots'),
        place: l10n.t('pass {0}', String(row?.pass ?? 0)),
        fields: [
          { name: l10n.t('first'), value: hex(run?.index ?? 0) },
          { name: l10n.t('number'), value: count(run?.count ?? 0) },
        ],
        bytes: new ArrayBuffer(0),
      };
    }
    const { index, v, guest, offset } = row.entry;
    const [first, second] = [dword0(v), dword1(guest, true)];
    // The bits that are set stand beside their word; what is left are the fields with values.
    const fieldsOf = (word: Thing) =>
      word.names.flatMap((name) => {
        const value = word.get(name);
        return typeof value === 'boolean' ? [] : [{ name, value: show(value) }];
      });
    return {
      title: l10n.t('HPTE {0}', hex(index)),
      place: l10n.t('pass {0}, byte {1} of the stream', String(row.pass), count(offset)),
      fields: [
        { name: 'dword 0', value: hex64(v), meaning: bitsOf(first) },
        ...fieldsOf(first),
        { name: 'guest dword 1', value: hex64(guest), meaning: bitsOf(second) },
        ...fieldsOf(second),
      ],
      bytes: new Uint8Array(this.bytes.subarray(offset, offset + entrySize)).buffer,
    };
  }
}

/** The rows of a pass in the order of their index. */
function rowsOf({ entries, free }: HtabStreamFile['passes'][number], pass: number): Row[] {
  const rows: Row[] = [
    ...entries.map((entry): Row => ({ kind: 'entry', pass, entry })),
    ...free.map((run): Row => ({ kind: 'free', pass, run })),
  ];
  const indexOf = (row: Row) => (row.kind === 'entry' ? row.entry.index : row.run.index);
  return rows.sort((a, b) => indexOf(a) - indexOf(b));
}

/** The names of a word's bits, without its digits. */
function bitsOf(word: Thing): string {
  return word.text.replace(/^0x[0-9a-f]+\s*/, '');
}

function meaningOf({ v, guest }: HtabStreamEntry): string {
  return `${bitsOf(dword0(v))} | ${bitsOf(dword1(guest, true))}`;
}

function pictureOf(stream: HtabStreamFile, rows: number, kinds: readonly FileKind[]): FilePicture {
  const { passes, problems, littleEndian } = stream;
  const worst = problems[0];
  const entries = kinds[0]?.count ?? 0;
  return {
    title: stream.file,
    facts: [
      l10n.t('KVM_PPC_GET_HTAB_FD stream'),
      passes.length === 1 ? l10n.t('1 pass') : l10n.t('{0} passes', count(passes.length)),
      l10n.t('{0} entries', count(entries)),
      littleEndian ? l10n.t('little-endian host') : l10n.t('big-endian host'),
    ],
    rowName: l10n.t('entry'),
    columns: [
      { title: l10n.t('Pass'), width: 5, align: 'right' },
      { title: 'HPTE', width: 9, align: 'right' },
      { title: 'PTEG', width: 9, align: 'right' },
      { title: l10n.t('Dword 0'), width: 19 },
      { title: l10n.t('Guest dword 1'), width: 19 },
      { title: l10n.t('Meaning'), width: 40 },
    ],
    rows,
    kinds,
    goToHint: l10n.t('HPTE index'),
    sections: [
      {
        title: l10n.t('Passes'),
        note: l10n.t(
          'The first pass is complete, later ones hold what changed. A stream does not tell absent entries from valid ones, nor host frames. Dword 0 is in the layout before ISA 3.0; its lock bit, which the reading sets, is left out.',
        ),
        columns: [l10n.t('Pass'), l10n.t('Entries'), l10n.t('Free slots told')],
        rows: passes
          .slice(0, 1000)
          .map((pass, i) => [
            String(i + 1),
            count(pass.entries.length),
            count(pass.free.reduce((sum, run) => sum + run.count, 0)),
          ]),
      },
      {
        title: l10n.t('Problems'),
        ...(problems.length === 0 ? { note: l10n.t('None.') } : {}),
        columns: [l10n.t('Severity'), l10n.t('Message')],
        rows: problems.map((problem) => [problem.severity, formatProblem(problem)]),
      },
    ],
    ...(worst ? { problem: formatProblem(worst) } : {}),
    isTrace: false,
  };
}
