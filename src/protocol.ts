// The messages between the extension and its webviews. Each webview has one channel: a map of requests (asked by the
// webview, answered by the extension) and a map of notices (told by the extension). Name, question and answer are
// tied together there, and both ends are checked to be exhaustive: `RequestHandlers` and `NoticeHandlers` have one
// member for each name. Bulk data travels as ArrayBuffer, never as JSON or base64.
//
// The cell byte, by which the heatmap knows an HPTE, is defined here too: it is part of the messages.

// ---------------------------------------------------------------------------------------------------------------------
// The cell byte

/** The state of an HPTE as the heatmap colours it: the low three bits of a cell byte. */
export const cellState = {
  /** Neither HPTE_V_VALID nor HPTE_V_ABSENT. A cell byte of 0 is a free entry. */
  free: 0,
  /** HPTE_V_VALID: the hardware may use it. */
  valid: 1,
  /** HPTE_V_ABSENT without HPTE_V_VALID, backed by a memslot: the guest thinks it valid, the host page is gone. */
  absent: 2,
  /** HPTE_V_ABSENT with key 31: emulated MMIO. */
  mmio: 3,
  /** Nobody knows: not observed, and not forced by what was observed. */
  unknown: 4,
} as const;

export type CellStateName = keyof typeof cellState;

/** What a cell byte says besides the state, one bit each. */
export const cellFlag = {
  /** HPTE_V_BOLTED. */
  bolted: 0x08,
  /** R (HPTE_R_R) in the entry or in the guest's view of it. */
  referenced: 0x10,
  /** C (HPTE_R_C) in the entry or in the guest's view of it. */
  changed: 0x20,
  /** HPTE_V_LARGE. */
  large: 0x40,
  /** A replayed table: that the entry is in this state is assumed. */
  assumed: 0x80,
} as const;

export const cellStateMask = 0x07;

const cellStateNames = Object.keys(cellState) as CellStateName[];

/** The state that a cell byte holds; a byte that no source should send reads as unknown. */
export function stateOfCell(cell: number): CellStateName {
  return cellStateNames[cell & cellStateMask] ?? 'unknown';
}

/** HPTEs in a PTEG (Power ISA: a group is eight entries of 16 bytes). */
export const slotsPerPteg = 8;

/** The largest table that the heatmap draws: order 29, 2^25 entries. */
export const maxHeatmapCells = 2 ** 25;

/** The most cells that one `cells` request may ask for. */
export const maxCellsPerRequest = 2 ** 22;

// ---------------------------------------------------------------------------------------------------------------------
// The heatmap's channel

/** The table that is drawn. A resize or reset starts a new generation; an HPTE's identity is (generation, index). */
export interface TableShape {
  readonly generation: number;
  /** log2 of the table's size in bytes. */
  readonly order: number;
  /** Number of PTEGs, a power of two. */
  readonly npteg: number;
}

/** What the heatmap shows, without the cells. */
export interface HeatmapPicture {
  /** What the run is called: usually the file's name. */
  readonly title: string;
  readonly table: TableShape;
  /** The moment in words, for instance "moment 17 of 214 · hpte.absent". */
  readonly moment: string;
  /** Cells that the last travel changed, to be outlined; at most `maxOutlined`. */
  readonly outlined: readonly number[];
  /** How many cells the last travel changed; may exceed `outlined.length`. */
  readonly outlinedTotal: number;
  /** The selection that all views share. */
  readonly cursor?: number;
}

/** The most outlined cells that travel in one message. */
export const maxOutlined = 4096;

/** One named field of an entry, decoded. */
export interface CellField {
  /** The kernel's or the ISA's name: "AVPN", "pp", "WIMG". */
  readonly name: string;
  readonly value: string;
  /** What the value means, in a few words. */
  readonly meaning?: string;
}

/** An HPTE decoded for a reader. 64-bit words are "0x" and 16 digits. */
export interface CellDescription {
  readonly index: number;
  readonly state: CellStateName;
  /** The cell byte. */
  readonly cell: number;
  /** The scenario's label of this entry. */
  readonly label?: string;
  /** Dword 0 and dword 1 as they are in memory; left out where unknown. */
  readonly dword0?: string;
  readonly dword1?: string;
  /** The guest's view of dword 1 (guest_rpte). */
  readonly guestRpte?: string;
  /** Guest frame number, "0x…". */
  readonly gfn?: string;
  /** Memslot id. */
  readonly memslot?: number;
  /** The HPTEs of the page's rmap ring, head first; empty when the entry is on none. */
  readonly ring: readonly number[];
  /** Decoded fields, in the order in which they are shown. */
  readonly fields: readonly CellField[];
  /** How the entry is known, in a word; left out in an emulated run, where everything is exact. */
  readonly certainty?: string;
  /** Why it is unknown or assumed. */
  readonly cause?: string;
}

/** Cells that may have changed since the webview was last told. */
export type HeatmapUpdate =
  | {
      readonly kind: 'cells';
      readonly picture: HeatmapPicture;
      /** from, to (exclusive), from, to, …: ascending and disjoint. */
      readonly ranges: readonly number[];
      /** The cell bytes of all ranges, one after the other. */
      readonly cells: ArrayBuffer;
    }
  /** Another run or another table generation: forget the cells and ask for all of them. */
  | { readonly kind: 'reset'; readonly picture: HeatmapPicture | undefined };

/** Where a search leads: indexes to visit in turn, and one sentence; no index means not found, and why. */
export interface FindAnswer {
  readonly indexes: readonly number[];
  readonly sentence: string;
}

export interface HeatmapChannel {
  readonly requests: {
    /** The webview has loaded. Answers what there is to see, or undefined when no run is open. */
    open: { ask: undefined; answer: HeatmapPicture | undefined };
    /** The bytes of cells from..to (exclusive). An empty answer says that all of them are free. */
    cells: { ask: { generation: number; from: number; to: number }; answer: ArrayBuffer };
    /** Everything that changed since the last `open` or `update`; asked after a `changed` notice. */
    update: { ask: undefined; answer: HeatmapUpdate };
    /** The eight entries of a PTEG. */
    describe: { ask: { generation: number; pteg: number }; answer: readonly CellDescription[] };
    /** Finds entries by what a person typed: an ea, gpa, gfn, hva or label. */
    find: { ask: { text: string }; answer: FindAnswer };
    /** The cell cursor moved; `reveal` when the person asked to see the entry in trees and editor. */
    select: { ask: { generation: number; index: number; reveal: boolean }; answer: undefined };
  };
  readonly notices: {
    /** There is something new: ask for an `update`. */
    changed: undefined;
    /** The selection that all views share moved. */
    cursor: { index: number };
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// The channel of the editor of binary files: a trace.dat, an HTAB_FD stream

/** A column of the table. */
export interface FileColumn {
  readonly title: string;
  /** About how many characters it shows; the last column takes the room that is left. */
  readonly width: number;
  readonly align?: 'right';
}

/** A part of the summary: a table, or a sentence where there is nothing to list. */
export interface FileSection {
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Something that rows can be filtered by. */
export interface FileKind {
  readonly name: string;
  readonly count: number;
}

/** What a file holds, without its rows. */
export interface FilePicture {
  readonly title: string;
  /** The file in a few words each: form, number of rows, time, machine. */
  readonly facts: readonly string[];
  /** What a row is called: "event", "entry". */
  readonly rowName: string;
  readonly columns: readonly FileColumn[];
  readonly rows: number;
  readonly kinds: readonly FileKind[];
  /** What can be typed into the "go to" box. */
  readonly goToHint: string;
  readonly sections: readonly FileSection[];
  /** Worst of what is wrong with the file, in one sentence. */
  readonly problem?: string;
  /** Whether it can be debugged and converted. */
  readonly isTrace: boolean;
}

/** Rows that are shown one below the other. */
export interface FileRows {
  /** Number of each row in the file, from 0. */
  readonly numbers: readonly number[];
  /** The cells of each row. */
  readonly cells: readonly (readonly string[])[];
}

/** A field of a record. */
export interface FileField extends CellField {
  /** C type, where the file tells it. */
  readonly type?: string;
}

/** The record behind a row. */
export interface FileRecord {
  readonly title: string;
  /** Where it stands: buffer, CPU, record. */
  readonly place: string;
  /** The record as the kernel prints it, where it has a text. */
  readonly text?: string;
  readonly fields: readonly FileField[];
  /** The record's bytes as they are in the file; empty where the file is none of bytes. */
  readonly bytes: ArrayBuffer;
}

/** The most rows that one `rows` request may ask for. */
export const maxRowsPerRequest = 500;

export interface FileChannel {
  readonly requests: {
    /** Answers what there is to see; undefined while the file is being read: `loaded` follows. */
    open: { ask: undefined; answer: FilePicture | undefined };
    /** Stops reading. */
    stop: { ask: undefined; answer: undefined };
    /** Shows only rows of these kinds (all when there is none) that hold the text. Refused when another filter follows. */
    filter: { ask: { text: string; kinds: readonly string[] }; answer: { rows: number } };
    /** Rows from..to (exclusive) of those that the filter shows. */
    rows: { ask: { from: number; to: number }; answer: FileRows };
    /** The row, among those shown, that a person names: a time, a number, a mark. */
    goTo: { ask: { text: string }; answer: { row: number | undefined; sentence: string } };
    record: { ask: { number: number }; answer: FileRecord };
    debug: { ask: undefined; answer: undefined };
    convert: { ask: undefined; answer: undefined };
  };
  readonly notices: {
    /** How far the reading is, in words. */
    progress: { text: string };
    /** The file is read: ask for it with `open`. */
    loaded: undefined;
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Channels in general

export interface Channel {
  readonly requests: object;
  readonly notices: object;
}

type Requests<C extends Channel> = C['requests'];
export type RequestName<C extends Channel> = keyof Requests<C> & string;
export type Ask<C extends Channel, N extends RequestName<C>> = Requests<C>[N] extends { ask: infer A } ? A : never;
export type Answer<C extends Channel, N extends RequestName<C>> = Requests<C>[N] extends { answer: infer A }
  ? A
  : never;
export type NoticeName<C extends Channel> = keyof C['notices'] & string;
export type Notice<C extends Channel, N extends NoticeName<C>> = C['notices'][N];

/** One function for each request of a channel: the extension's side. A thrown Error is refused with its message. */
export type RequestHandlers<C extends Channel> = {
  readonly [N in RequestName<C>]: (ask: Ask<C, N>) => Answer<C, N> | Promise<Answer<C, N>>;
};

/** One function for each notice of a channel: the webview's side. */
export type NoticeHandlers<C extends Channel> = {
  readonly [N in NoticeName<C>]: (notice: Notice<C, N>) => void;
};

/** What a webview posts. */
export type ToExtension<C extends Channel> = {
  [N in RequestName<C>]: { kind: 'ask'; id: number; name: N; ask: Ask<C, N> };
}[RequestName<C>];

/** What the extension posts. */
export type ToWebview<C extends Channel> =
  | { kind: 'answer'; id: number; answer: Answer<C, RequestName<C>> }
  | { kind: 'refusal'; id: number; message: string }
  | { [N in NoticeName<C>]: { kind: 'notice'; name: N; notice: Notice<C, N> } }[NoticeName<C>];

/**
 * Answers one message of a webview, which is not believed to be well formed.
 * @returns the message to post back, or undefined when the message was no request of this channel
 */
export async function answerRequest<C extends Channel>(
  handlers: RequestHandlers<C>,
  message: unknown,
): Promise<ToWebview<C> | undefined> {
  if (!isRequest<C>(handlers, message)) {
    return undefined;
  }
  const { id, name } = message;
  try {
    return { kind: 'answer', id, answer: await handlers[name](message.ask as Ask<C, typeof name>) };
  } catch (error) {
    return { kind: 'refusal', id, message: error instanceof Error ? error.message : String(error) };
  }
}

function isRequest<C extends Channel>(handlers: RequestHandlers<C>, message: unknown): message is ToExtension<C> {
  if (typeof message !== 'object' || message === null) {
    return false;
  }
  const { kind, id, name } = message as Record<string, unknown>;
  return kind === 'ask' && Number.isSafeInteger(id) && typeof name === 'string' && Object.hasOwn(handlers, name);
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The webview's end of a channel: asks, and hands notices to their handlers. */
export class ChannelEnd<C extends Channel> {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  constructor(
    private readonly post: (message: ToExtension<C>) => void,
    private readonly handlers: NoticeHandlers<C>,
  ) {}

  /** Asks the extension. Rejects with its message when it refuses, and when the channel is closed. */
  ask<N extends RequestName<C>>(name: N, ask: Ask<C, N>): Promise<Answer<C, N>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.post({ kind: 'ask', id, name, ask } as ToExtension<C>);
    });
  }

  /** Takes a message that the extension posted. */
  receive(message: ToWebview<C>): void {
    switch (message.kind) {
      case 'answer':
        this.settle(message.id)?.resolve(message.answer);
        break;
      case 'refusal':
        this.settle(message.id)?.reject(new Error(message.message));
        break;
      case 'notice':
        this.handlers[message.name](message.notice);
        break;
    }
  }

  /** Rejects what is still waiting: nobody will answer any more. */
  close(): void {
    for (const { reject } of this.waiting.values()) {
      reject(new Error('The connection to the extension is closed.'));
    }
    this.waiting.clear();
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
