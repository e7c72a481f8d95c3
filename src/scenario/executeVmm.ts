// What the VMM does: memslots, dirty log, the HTAB stream, resize and reset.

import type { Statement } from './ast';
import { type Executor, returned } from './ended';
import { has, numberOf, switchOf, wordOf } from './evaluate';
import { log2 } from './hpteWords';
import { CannotDo, type RunState } from './runState';
import { LARGEST_STREAM_ORDER } from './shapes';

const HTAB_BOLTED_ONLY = 1;
const HTAB_WRITE = 2;
/** Size of the buffer of an htab-read unless said. */
const READ_BYTES = 1024n * 1024n;
/** So many HPTEs of a VRMA are made at most. */
const MOST_VRMA = 1 << 20;

const slotNumber = (statement: Statement, pass: bigint) => Number(numberOf(statement, 'slot', pass) ?? 0n);

const memslot: Executor = ({ machine }, statement, { pass }) => {
  const number = (name: string) => Number(numberOf(statement, name, pass) ?? 0n);
  const { page } = machine.vm;
  const spec = {
    slot: number('slot'),
    baseGfn: Math.floor(number('gpa') / page),
    npages: number('size') / page,
    hva: number('hva'),
    logDirty: switchOf(statement, 'log-dirty') ?? false,
  };
  return returned(machine.addMemslot(spec));
};

const dirtyLog: Executor = ({ machine }, statement, { pass }) => {
  const id = slotNumber(statement, pass);
  const pages = machine.dirtyLog(id);
  if (typeof pages === 'number') return returned(pages);
  const base = machine.state.slotOfId(id)?.baseGfn ?? 0;
  return { outcome: 'ok', ret: 0n, pages: pages.map((page) => BigInt(base + page)) };
};

function stream(run: RunState, statement: Statement): number {
  const binding = run.bindings.get(wordOf(statement, 'stream') ?? '');
  if (binding?.kind !== 'stream') throw new CannotDo('this stream was never opened');
  return binding.fd;
}

const htabOpen: Executor = (run, statement, { pass }) => {
  const flags = (has(statement, 'write') ? HTAB_WRITE : 0) | (has(statement, 'bolted-only') ? HTAB_BOLTED_ONLY : 0);
  const fd = run.machine.htabOpen(flags, Number(numberOf(statement, 'start', pass) ?? 0n));
  if (fd >= 0 && statement.label !== undefined) run.bindings.set(statement.label.text, { kind: 'stream', fd });
  return returned(fd);
};

/** Indexes of the valid HPTEs in the records of a stream (big-endian header: index, n_valid, n_invalid). */
export function streamEntries(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: number[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const first = view.getUint32(at);
    const valid = view.getUint16(at + 4);
    for (let i = 0; i < valid; i++) entries.push(first + i);
    at += 8 + valid * 16;
  }
  return entries;
}

const htabRead: Executor = (run, statement, { pass }) => {
  const { machine } = run;
  const { order } = machine.state.hpt;
  if (order > LARGEST_STREAM_ORDER) {
    throw new CannotDo(
      `the table has order ${order} by now; ${LARGEST_STREAM_ORDER} is the most that can be read as a stream`,
    );
  }
  const own = has(statement, 'stream') ? undefined : machine.htabOpen(0, 0);
  const { ret, data } = machine.htabRead(
    own ?? stream(run, statement),
    Number(numberOf(statement, 'bytes', pass) ?? READ_BYTES),
  );
  if (own !== undefined) machine.htabClose(own);
  if (ret < 0) return returned(ret);
  if (statement.label !== undefined) run.bindings.set(statement.label.text, { kind: 'data', bytes: data });
  return { outcome: 'ok', ret: BigInt(ret), bytes: BigInt(ret), entries: streamEntries(data) };
};

function record(statement: Statement, pass: bigint): Uint8Array {
  const number = (name: string) => numberOf(statement, name, pass) ?? 0n;
  const valid = has(statement, 'v');
  const bytes = new Uint8Array(valid ? 24 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(number('index') & 0xffff_ffffn));
  view.setUint16(4, valid ? 1 : 0);
  view.setUint16(6, Number(number('invalid')));
  if (valid) {
    view.setBigUint64(8, number('v'));
    view.setBigUint64(16, number('r'));
  }
  return bytes;
}

const htabWrite: Executor = (run, statement, { pass, vcpu }) => {
  const from = wordOf(statement, 'from');
  let data: Uint8Array;
  if (from === undefined) data = record(statement, pass);
  else {
    const binding = run.bindings.get(from);
    if (binding?.kind !== 'data') throw new CannotDo(`nothing was read into ${from}`);
    data = binding.bytes;
  }
  const ret = run.machine.htabWrite(stream(run, statement), data, vcpu);
  return ret < 0 ? returned(ret) : { outcome: 'ok', ret: BigInt(ret), bytes: BigInt(ret) };
};

const resizeCommit: Executor = (run, statement, { pass }) => {
  const number = (name: string) => Number(numberOf(statement, name, pass) ?? 0n);
  const ended = returned(run.machine.resizeCommit(number('flags'), number('order')));
  if (ended.outcome === 'ok') run.rebind();
  return ended;
};

/** Prepare, the work item, and commit; ends with the first that is refused. */
const resize: Executor = (run, statement, how) => {
  const { machine } = run;
  const order = Number(numberOf(statement, 'order', how.pass) ?? 0n);
  const prepared = returned(machine.resizePrepare(0, order));
  if (prepared.outcome !== 'ok') return prepared;
  machine.runResizeWork();
  return resizeCommit(run, statement, how);
};

/** KVM_PPC_ALLOCATE_HTAB; the table is ready again as soon as a vCPU runs, which is taken to be at once. */
const reset: Executor = (run, statement, { pass }) => {
  const order = Number(numberOf(statement, 'order', pass) ?? BigInt(run.machine.state.hpt.order));
  const resized = order !== run.machine.state.hpt.order;
  const ended = returned(run.machine.resetHpt(order));
  if (ended.outcome === 'ok') {
    run.machine.setMmuReady(true);
    if (resized) run.rebind();
  }
  return ended;
};

const mapVrma: Executor = (run, statement, { pass, vcpu }) => {
  const { machine } = run;
  const id = slotNumber(statement, pass);
  const page = numberOf(statement, 'page', pass);
  const porder = page === undefined ? machine.vm.pageShift : log2(page);
  const slot = machine.state.slotOfId(id);
  const pages =
    slot === null ? 0 : Math.min((slot.npages * machine.vm.page) / 2 ** porder, machine.state.hpt.entries / 8);
  if (pages > MOST_VRMA)
    throw new CannotDo(
      `this would make ${pages} HPTEs; ${MOST_VRMA} is the most: take a smaller memslot or larger pages`,
    );
  return returned(machine.mapVrma(id, porder, vcpu));
};

export const VMM_STATEMENTS: readonly (readonly [string, Executor])[] = [
  ['memslot', memslot],
  [
    'memslot remove',
    ({ machine }, statement, { pass }) => returned(machine.deleteMemslot(slotNumber(statement, pass))),
  ],
  [
    'memslot change',
    ({ machine }, statement, { pass }) =>
      returned(machine.setMemslotFlags(slotNumber(statement, pass), switchOf(statement, 'log-dirty') ?? true)),
  ],
  ['dirty-log', dirtyLog],
  ['htab-open', htabOpen],
  ['htab-read', htabRead],
  ['htab-write', htabWrite],
  ['htab-close', (run, statement) => returned(run.machine.htabClose(stream(run, statement)))],
  ['htab-dump', ({ machine }) => ({ outcome: 'ok', text: machine.debugfsHtab() })],
  [
    'resize prepare',
    ({ machine }, statement, { pass }) =>
      returned(
        machine.resizePrepare(
          Number(numberOf(statement, 'flags', pass) ?? 0n),
          Number(numberOf(statement, 'order', pass) ?? 0n),
        ),
      ),
  ],
  ['resize', resize],
  ['resize work', ({ machine }) => returned(machine.runResizeWork())],
  ['resize commit', resizeCommit],
  ['reset', reset],
  ['map-vrma', mapVrma],
];
