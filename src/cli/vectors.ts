/**
 * Runs operations in the form of the conformance vectors ({"in": OPERATION, "out": ANSWER} lines) on the emulator. The answers
 * have the vectors' own form, so that every field can be compared.
 */
import { EBADF, ENOENT } from '../model/bits';
import type { PageOp } from '../model/bulk';
import { decodeEvent, EVENT_NAMES, EVENT_WORDS, type Event } from '../model/events';
import type { CpuName } from '../model/kernel';
import { Log, REC_EVENT, readLog } from '../model/log';
import { DEFAULT_MSR, type HcallResult, Machine } from '../model/machine';
import { slotPhysArrays } from '../model/memslots';
import type { AccessKind, AccessStep } from '../model/mmu';
import { Point } from '../model/points';
import { pfnOf } from '../model/ranges';
import { Scalar, Vcpu } from '../model/state';
import { hex64, numHi, numLo, toBig, toSigned } from '../model/words';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Operation = { readonly op: string; readonly [key: string]: Json };
export type Answer = Record<string, Json>;

const OFFSET_BASIS = '0xcbf29ce484222325';

const HOOK_POINTS: Readonly<Record<string, Point>> = {
  before_hv_fault: Point.beforeHvFault,
  before_fault: Point.beforeFault,
  after_gup: Point.afterGup,
  before_lock: Point.beforeLock,
  after_pte: Point.enterAfterPte,
};

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** What an operation caused besides its answer. */
interface Seen {
  readonly tlbie: Json[];
  readonly trace: Json[];
}

class Fields {
  constructor(private readonly op: Operation) {}

  private raw(name: string): Json | undefined {
    return this.op[name];
  }

  big(name: string, fallback?: bigint): bigint {
    const value = this.raw(name);
    if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) {
      try {
        return BigInt.asUintN(64, BigInt(value));
      } catch {
        throw new Error(`${this.op.op}: ${name} is not a number: ${JSON.stringify(value)}`);
      }
    }
    if (value === undefined && fallback !== undefined) return fallback;
    throw new Error(`${this.op.op}: ${name} is missing or not a number: ${JSON.stringify(value)}`);
  }

  num(name: string, fallback?: number): number {
    return Number(BigInt.asIntN(64, this.big(name, fallback === undefined ? undefined : BigInt(fallback))));
  }

  text(name: string, fallback: string): string {
    const value = this.raw(name);
    return typeof value === 'string' ? value : fallback;
  }

  list(name: string): readonly Json[] {
    const value = this.raw(name);
    return Array.isArray(value) ? value : [];
  }
}

/** One virtual machine driven by vector operations. */
export class VectorDriver {
  private machine: Machine | null = null;
  private ver61 = false;
  /** The journal of the last operation. */
  readonly log = new Log();
  private drained = 0;
  private seen: Seen = { tlbie: [], trace: [] };

  /** Carries out one operation. Throws a sentence when it is not one. */
  run(op: Operation): Answer {
    this.log.clear();
    this.drained = 0;
    const answer = this.runNested(op);
    answer.h = this.machine === null ? OFFSET_BASIS : this.machine.hash();
    return answer;
  }

  private runNested(op: Operation): Answer {
    this.drain();
    const outer = this.seen;
    this.seen = { tlbie: [], trace: [] };
    const answer: Answer = { op: op.op, ...this.execute(op, new Fields(op)) };
    this.drain();
    answer.tlbie = this.seen.tlbie;
    if (this.seen.trace.length > 0 && op.op === 'access') answer.trace = this.seen.trace;
    this.seen = outer;
    return answer;
  }

  /** Takes the events since the last call into what the current operation has seen. */
  private drain(): void {
    const { seen, ver61 } = this;
    readLog(this.log, this.drained, this.log.end, EVENT_WORDS, (type, value, chunk, at) => {
      if (type !== REC_EVENT) return;
      const name = EVENT_NAMES[value];
      if (name === 'tlbie.page' || (ver61 && (name === 'fault.enter' || name === 'fault.exit')))
        collect(decodeEvent(value, chunk, at + 1), seen);
    });
    this.drained = this.log.end;
  }

  private get m(): Machine {
    if (this.machine === null) throw new Error('the first operation must be create');
    return this.machine;
  }

  private create(f: Fields): Answer {
    this.ver61 = f.text('ver', 'B') === 'B';
    const cpu = f.text('cpu', this.ver61 ? 'POWER8' : 'POWER7') as CpuName;
    this.machine = new Machine({
      kernel: this.ver61 ? 'linux-6.1' : 'linux-3.4',
      cpu,
      order: f.num('order'),
      pageShift: f.num('page_shift'),
      onlineVcpus: f.num('online_vcpus', 2),
      onlineVcores: f.num('online_vcores', 2),
      realmode: f.num('realmode', 0) !== 0,
      pacaVcpu: f.num('paca_vcpu', 1) !== 0,
      usingMmuNotifiers: f.num('notifiers', cpu === 'PPC970' ? 0 : 1) !== 0,
      tlbieStqBug: f.num('tlbie_stq_bug', 0) !== 0,
      tlbieEratBug: f.num('tlbie_erat_bug', 0) !== 0,
    });
    this.machine.setVcpusRunning(f.num('vcpus_running', 0) !== 0);
    this.machine.record(this.log);
    return { ret: 0 };
  }

  private execute(op: Operation, f: Fields): Answer {
    if (op.op === 'create') return this.create(f);
    const m = this.m;
    const h = m.host;
    const bool = (value: boolean): Answer => ({ ret: value ? 1 : 0 });
    switch (op.op) {
      case 'memslot_add':
        return {
          ret: m.addMemslot({
            slot: f.num('slot'),
            baseGfn: f.num('base_gfn'),
            npages: f.num('npages'),
            hva: f.num('hva'),
            logDirty: f.num('log_dirty', 0) !== 0,
          }),
        };
      case 'memslot_del':
        return { ret: m.deleteMemslot(f.num('slot')) };
      case 'memslot_flags':
        return { ret: m.setMemslotFlags(f.num('slot'), f.num('log_dirty', 0) !== 0) };
      case 'vma_map':
        return {
          ret: h.map({
            hva: f.num('hva'),
            npages: f.num('npages'),
            writable: f.num('writable', 1) !== 0,
            pfnmap: f.num('pfnmap', 0) !== 0,
            pfn: f.num('pfn', 0),
            cache: f.num('cache', 0),
            order: f.num('order', 0),
            cow: f.num('cow', 0) !== 0,
          }),
        };
      case 'vma_unmap':
        return { ret: h.unmap(f.num('hva')) };
      case 'unmap_hva':
        return { ret: h.unmapPage(f.num('hva')) };
      case 'unmap_range':
        return { ret: h.unmapRange(f.num('start'), f.num('end')) };
      case 'unmap_range_start':
        m.invalidateRangeStart(f.num('start'), f.num('end'));
        return { ret: 0 };
      case 'unmap_range_end':
        m.invalidateRangeEnd(f.num('start'), f.num('end'));
        return { ret: 0 };
      case 'age_hva':
        return bool(h.age(f.num('hva')));
      case 'test_age_hva':
        return bool(h.testAge(f.num('hva')));
      case 'set_spte_hva':
        return { ret: h.merge(f.num('hva')) };
      case 'wrprotect_hva':
        return { ret: h.writeProtect(f.num('hva')) };
      case 'dirty_log':
        return this.dirtyLog(f.num('slot'));
      case 'pin_unpin': {
        const page = m.pinUnpin(f.big('gpa'), f.num('dirty', 1) !== 0);
        return page === null ? { ret: -1 } : { pa: hex(page.pa), nb: hex(page.bytes), ret: 0 };
      }
      case 'slb':
        m.setSlb(0, f.num('i'), f.big('esid'), f.big('vsid'));
        return { ret: 0 };
      case 'amr':
        m.setAmr(0, f.big('value'));
        return { ret: 0 };
      case 'map_vrma':
        return { ret: m.mapVrma(f.num('slot'), f.num('porder')) };
      case 'xlate':
        return this.xlate(f);
      case 'access':
        return this.access(f);
      case 'dump':
        return this.dump();
      case 'run_work':
        return { ret: m.runResizeWork() };
      case 'resize_prepare':
        return { ret: m.resizePrepare(f.num('flags'), f.num('shift')) };
      case 'resize_commit':
        return { ret: m.resizeCommit(f.num('flags'), f.num('shift')) };
      case 'reset_hpt': {
        const ret = m.resetHpt(f.num('order'));
        m.setMmuReady(true);
        return { ret };
      }
      case 'get_order':
        return { ret: m.state.hpt.order };
      case 'set_vcpus_running':
        m.setVcpusRunning(f.num('value') !== 0);
        return { ret: 0 };
      case 'set_mmu_ready':
        m.setMmuReady(f.num('value') !== 0);
        return { ret: 0 };
      case 'htab_open':
        return { ret: m.htabOpen(f.num('flags'), f.num('start')) };
      case 'htab_read': {
        const read = m.htabRead(f.num('fd'), f.num('count'));
        return read.ret === EBADF ? { ret: EBADF } : { data: bytesHex(read.data), ret: read.ret };
      }
      case 'htab_write':
        return { ret: m.htabWrite(f.num('fd'), hexBytes(f.text('data', ''))) };
      case 'htab_close':
        return { ret: m.htabClose(f.num('fd')) };
      case 'debugfs_htab':
        return { text: m.debugfsHtab(), ret: 0 };
      default:
        return this.hypercall(op, f);
    }
  }

  private hypercall(op: Operation, f: Fields): Answer {
    const m = this.m;
    switch (op.op) {
      case 'h_enter':
        return this.hooked(f, () => this.hEnter(f));
      case 'h_remove':
        return regs(m.hRemove({ flags: f.big('flags', 0n), index: f.big('pte_index'), avpn: f.big('avpn', 0n) }));
      case 'h_protect':
        return regs(m.hProtect({ flags: f.big('flags', 0n), index: f.big('pte_index'), avpn: f.big('avpn', 0n) }));
      case 'h_read':
        return regs(m.hRead({ flags: f.big('flags', 0n), index: f.big('pte_index') }));
      case 'h_clear_ref':
        return regs(m.hClearRef({ flags: f.big('flags', 0n), index: f.big('pte_index') }));
      case 'h_clear_mod':
        return regs(m.hClearMod({ flags: f.big('flags', 0n), index: f.big('pte_index') }));
      case 'h_bulk_remove': {
        const words = f.list('args').map((word) => BigInt(String(word)));
        const result = m.hBulkRemove(words);
        return { regs: result.regs.map(hex), ret: result.ret };
      }
      case 'h_page_init': {
        const ops: PageOp[] = [];
        const result = m.hPageInit({ flags: f.big('flags', 0n), dest: f.big('dest'), src: f.big('src', 0n) }, ops);
        return { page_ops: ops.map(([kind, ...addresses]) => [kind, ...addresses.map(hex)]), ret: result.ret };
      }
      default:
        throw new Error(`unknown operation ${op.op}`);
    }
  }

  private hEnter(f: Fields): Answer {
    const m = this.m;
    const args = { flags: f.big('flags', 0n), index: f.big('pte_index'), v: f.big('pteh'), r: f.big('ptel') };
    if (this.ver61) return regs(m.hEnter(args));
    if (f.num('virt', 0) !== 0) return regs(m.hEnter({ ...args, handler: 'virtual' }));
    const real = m.hEnter({ ...args, handler: 'real' });
    if (real.ret !== 9999) return { rm_ret: real.ret, ...regs(real) };
    return { rm_ret: real.ret, ...regs(m.hEnter({ ...args, handler: 'virtual' })) };
  }

  /** Runs with the hooks of an operation: nested operations act as another vCPU, whose registers are put back. */
  private hooked(f: Fields, work: () => Answer): Answer {
    const m = this.m;
    const hooks = f.list('hooks').map((hook) => {
      const { at, ops } = hook as unknown as { at: string; ops: Operation[] };
      const point = HOOK_POINTS[at];
      if (point === undefined) throw new Error(`unknown hook point ${at}`);
      return { at, point, ops, fired: false };
    });
    if (hooks.length === 0) return work();
    const fired: Json[] = [];
    m.onPoint((point) => {
      const hook = hooks.find((candidate) => candidate.point === point && !candidate.fired);
      if (hook === undefined) return;
      hook.fired = true;
      const saved = this.saveVcpu();
      const before = m.vm.hook;
      m.onPoint(null);
      const res = hook.ops.map((op) => this.runNested(op));
      m.onPoint(before);
      this.restoreVcpu(saved);
      fired.push({ at: hook.at, res });
    });
    const answer = work();
    m.onPoint(null);
    if (fired.length > 0) answer.hooks = fired;
    return answer;
  }

  private saveVcpu(): bigint[] {
    const store = this.m.state.vcpus[0];
    if (store === undefined) return [];
    const words: bigint[] = [];
    for (let i = 0; i < Vcpu.mmio + 32; i++) words.push(toBig(store.hi(i), store.lo(i)));
    return words;
  }

  private restoreVcpu(words: readonly bigint[]): void {
    const store = this.m.state.vcpus[0];
    if (store === undefined) return;
    words.forEach((word, i) => {
      this.m.state.put(store, i, Number(word >> 32n) | 0, Number(word & 0xffffffffn) | 0);
    });
  }

  private access(f: Fields): Answer {
    const m = this.m;
    m.setMsr(0, f.big('msr', DEFAULT_MSR));
    const steps: AccessStep[] = [];
    return this.hooked(f, () => {
      const kind = f.text('kind', 'load') as AccessKind;
      const result = m.access(kind, f.big('ea'), 0, steps);
      const answer: Answer = { outcome: result.outcome, steps: steps.map(stepJson) };
      if (result.outcome === 'ok' || result.outcome === 'mmio') answer.ra = hex64(result.raHi, result.raLo);
      if (result.outcome === 'dsi' || result.outcome === 'isi') answer.status = hex64(0, result.status);
      return answer;
    });
  }

  private xlate(f: Fields): Answer {
    const m = this.m;
    m.setMsr(0, f.big('msr', DEFAULT_MSR));
    const result = m.xlate(f.big('ea'), f.num('data', 1) !== 0);
    if (typeof result === 'number') return { ret: result };
    return {
      vpage: hex(result.vpage),
      raddr: hex(result.raddr),
      r: result.mayRead ? 1 : 0,
      w: result.mayWrite ? 1 : 0,
      x: result.mayExecute ? 1 : 0,
      ret: 0,
    };
  }

  private dirtyLog(id: number): Answer {
    const m = this.m;
    const slot = m.state.slotOfId(id);
    const pages = m.dirtyLog(id);
    if (pages === ENOENT || slot === null) return { ret: ENOENT };
    const bytes = new Uint8Array(Math.ceil(slot.npages / 64) * 8);
    for (const page of pages) bytes[page >> 3] = (bytes[page >> 3] as number) | (1 << (page & 7));
    return { bitmap: bytesHex(bytes), ret: 0 };
  }

  private dump(): Answer {
    const { state, vm } = this.m;
    const hpte: Json[] = [];
    const rev: Json[] = [];
    state.hpt.forEach((index, c, o) => {
      const word = (lane: number): string => hex64(c[o + lane + 1] as number, c[o + lane] as number);
      if (((c[o] as number) | (c[o + 1] as number) | (c[o + 2] as number) | (c[o + 3] as number)) !== 0)
        hpte.push([index, word(0), word(2)]);
      if (((c[o + 4] as number) | (c[o + 5] as number) | (c[o + 6] as number) | (c[o + 7] as number)) !== 0)
        rev.push([index, word(4), (c[o + 6] as number) >>> 0, (c[o + 7] as number) >>> 0]);
    });
    const rmap: Record<string, Json> = {};
    for (const slot of state.slots) rmap[slot.id] = storeJson(slot.rmap);
    const hostPte: Json[] = [];
    for (const vma of state.vmas)
      vma.ptes.forEach((block, hi, lo) => {
        hostPte.push([hex(vma.hva + block * 2 ** (vm.pageShift + vma.order)), hex(lo & 0xfff), hex(pfnOf(hi, lo))]);
      });
    const dirty: Json[] = [];
    state.dirtyPfns.forEach((pfn) => dirty.push(hex(pfn)));
    const signed = (scalar: number): number => toSigned(state.scalars.hi(scalar), state.scalars.lo(scalar));
    const answer: Answer = { hpte, rev, rmap, seq: signed(Scalar.seq), count: signed(Scalar.count) };
    if (this.ver61) answer.mmio_update = signed(Scalar.mmioUpdate);
    answer.host_pte = hostPte;
    answer.dirty_pfns = dirty;
    answer.next_pfn = hex64(state.scalars.hi(Scalar.nextPfn), state.scalars.lo(Scalar.nextPfn));
    answer.gup_refs = signed(Scalar.gupRefs);
    if (!this.ver61)
      answer.slot_phys = Object.fromEntries(slotPhysArrays(vm).map(([id, store]) => [id, storeJson(store)]));
    return answer;
  }
}

function collect(event: Event, seen: Seen): void {
  if (event.kind === 'tlbie.page') {
    const kind = event.scope === 'global' ? 'g' : event.scope === 'local' ? 'l' : event.scope;
    seen.tlbie.push([kind, hex(event.rb)]);
  } else if (event.kind === 'fault.enter') {
    seen.trace.push(
      `kvm_page_fault_enter: VCPU 0: hpte=${hex(event.v)}:${hex(event.r)} guest=${hex(event.guest)} ea=${hex(event.ea)},${event.dsisr.toString(16)} slot=${hex(event.baseGfn)},${hex(event.slotFlags)}`,
    );
  } else if (event.kind === 'fault.exit' && event.traced) {
    seen.trace.push(
      `kvm_page_fault_exit: VCPU 0: hpte=${hex(event.v)}:${hex(event.r)} ret=${hex64(numHi(event.ret), numLo(event.ret))}`,
    );
  }
}

function regs(result: HcallResult): Answer {
  return result.regs.length === 0 ? { ret: result.ret } : { regs: result.regs.map(hex), ret: result.ret };
}

function stepJson(step: AccessStep): Json {
  if (step[0] !== 'hw') return [step[0], step[1]];
  if (step[1] === 'hit') return [...step];
  return step[1] === 'prot' ? ['hw', 'prot', step[2], hex(step[3])] : ['hw', 'miss', hex(step[2])];
}

function storeJson(store: { forEach(visit: (index: number, hi: number, lo: number) => void): void }): Json {
  const words: Json[] = [];
  store.forEach((page, hi, lo) => words.push([page, hex64(hi, lo)]));
  return words;
}

function bytesHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function hexBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
