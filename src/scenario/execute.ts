// Does one statement on the machine: reads its fields, calls the model, and says how it ended.

import {
  H_ANDCOND,
  H_AVPN,
  H_COPY_PAGE,
  H_EXACT_HI,
  H_LOCAL,
  H_READ_4_HI,
  H_ZERO_PAGE,
  MSR_DR,
  MSR_IR,
  MSR_PR,
} from '../model/bits';
import type { HcallResult } from '../model/machine';
import { DEFAULT_MSR } from '../model/machine';
import { toBig } from '../model/words';
import type { Statement } from './ast';
import { isNumeral } from './ast';
import { type Ended, type Executor, type How, returned } from './ended';
import { fieldOf, has, numberOf, switchOf, wimgOf, wordOf } from './evaluate';
import { HOST_STATEMENTS } from './executeHost';
import { VMM_STATEMENTS } from './executeVmm';
import { RETURN_CODES } from './expectations';
import {
  dword0,
  dword1,
  type EntryWords,
  log2,
  primaryPteg,
  protectFlags,
  secondaryPteg,
  segmentOf,
  slbWords,
} from './hpteWords';
import { CannotDo, type RunState } from './runState';

const RETURN_NAMES = new Map([...RETURN_CODES].map(([name, value]) => [value, name]));

function hcallEnded({ ret, regs }: HcallResult): Ended {
  const value = BigInt(ret);
  return { outcome: RETURN_NAMES.get(value) ?? `${ret}`, ret: value, regs };
}

const hi = (bits: number): bigint => toBig(bits, 0);
const lo = (bits: number): bigint => toBig(0, bits);

// --- the machine's registers

const slb: Executor = ({ machine }, statement, { pass }) => {
  const number = (name: string) => numberOf(statement, name, pass);
  const words = has(statement, 'esid-word')
    ? { esid: number('esid-word') ?? 0n, vsid: number('vsid-word') ?? 0n }
    : slbWords({
        ea: number('ea') ?? 0n,
        vsid: number('vsid') ?? 0n,
        oneTb: number('segment') === 1n << 40n,
        pageShift: log2(number('page') ?? 4096n),
        ks: has(statement, 'ks'),
        kp: has(statement, 'kp'),
      });
  for (const vcpu of vcpusOf(machine.state.vcpus.length, statement, pass)) {
    machine.setSlb(vcpu, Number(number('entry') ?? 0n), words.esid, words.vsid);
  }
  return { outcome: 'ok' };
};

const amr: Executor = ({ machine }, statement, { pass }) => {
  for (const vcpu of vcpusOf(machine.state.vcpus.length, statement, pass)) {
    machine.setAmr(vcpu, numberOf(statement, 'value', pass) ?? 0n);
  }
  return { outcome: 'ok' };
};

/** The vCPU that `on vcpu` names, or all. */
function vcpusOf(count: number, statement: Statement, pass: bigint): number[] {
  const one = numberOf(statement, 'on', pass);
  return one === undefined ? Array.from({ length: count }, (_, vcpu) => vcpu) : [Number(one)];
}

const vcpu: Executor = (run, statement, { pass }) => {
  const number = Number(numberOf(statement, 'vcpu', pass) ?? 0n);
  run.vcpu = number;
  const msr = numberOf(statement, 'msr', pass);
  if (msr !== undefined) {
    run.vcpuMsr.set(number, msr);
    run.machine.setMsr(number, msr);
  }
  const running = switchOf(statement, 'running');
  if (running !== undefined) {
    if (running) run.runningVcpus.add(number);
    else run.runningVcpus.delete(number);
    run.machine.setVcpusRunning(run.runningVcpus.size > 0);
  }
  return { outcome: 'ok' };
};

// --- hypercalls

const hEnter: Executor = (run, statement, how) => {
  const { pass } = how;
  const vcpu = run.vcpuOf(statement, how.vcpu, pass);
  const { words, index, flags } = has(statement, 'v')
    ? rawEntry(statement, pass)
    : describedEntry(run, statement, vcpu, pass);
  const call = { flags, index, v: words.v, r: words.r, vcpu };
  const result = run.machine.hEnter({ ...call, handler: has(statement, 'virtual') ? 'virtual' : 'both' });
  const ended = hcallEnded(result);
  const { ea } = words;
  if (ea !== undefined) run.usedPages.add(ea >> 12n);
  if (statement.label !== undefined) {
    run.bindings.set(statement.label.text, {
      kind: 'hpte',
      index: result.ret === 0 ? Number(result.regs[0] ?? 0n) : undefined,
      ...words,
      segment: ea === undefined ? undefined : segmentOf(run.store(vcpu), ea),
      line: statement.range.line,
      ended: ended.outcome,
    });
  }
  return ended;
};

interface Words {
  readonly ea: bigint | undefined;
  readonly gpa: bigint | undefined;
  readonly v: bigint;
  readonly r: bigint;
}

function rawEntry(statement: Statement, pass: bigint): { words: Words; index: bigint; flags: bigint } {
  const number = (name: string) => numberOf(statement, name, pass) ?? 0n;
  const exact = has(statement, 'exact') ? hi(H_EXACT_HI) : 0n;
  return {
    words: { ea: numberOf(statement, 'ea', pass), gpa: undefined, v: number('v'), r: number('r') },
    index: number('index'),
    flags: number('flags') | exact,
  };
}

function describedEntry(
  run: RunState,
  statement: Statement,
  vcpu: number,
  pass: bigint,
): { words: Words; index: bigint; flags: bigint } {
  const number = (name: string) => numberOf(statement, name, pass);
  const given = fieldOf(statement, 'ea')?.value;
  const ea = given === undefined ? 0n : run.address(given, pass, vcpu);
  const segment = segmentOf(run.store(vcpu), ea);
  if (segment === undefined) throw new CannotDo(`vCPU ${vcpu} has no segment for 0x${ea.toString(16)}`);
  const size = number('size');
  const wimg = fieldOf(statement, 'wimg')?.value;
  const entry: EntryWords = {
    ea,
    gpa: number('gpa') ?? 0n,
    shift: size === undefined ? segment.baseShift : log2(size),
    pp: number('pp') ?? 2n,
    wimg: wimg === undefined ? 2n : wimgOf(wimg, pass),
    key: number('key') ?? 0n,
    noExecute: has(statement, 'no-execute'),
    referenced: has(statement, 'R'),
    changed: has(statement, 'C'),
    bolted: has(statement, 'bolted'),
    secondary: has(statement, 'secondary'),
  };
  const { hpt } = run.machine.state;
  const primary = primaryPteg(hpt, segment, ea);
  const pteg = BigInt(entry.secondary ? secondaryPteg(hpt, primary) : primary);
  return {
    words: { ea, gpa: entry.gpa, v: dword0(segment, entry), r: dword1(segment, entry) },
    index: number('index') ?? pteg * 8n + (number('slot') ?? 0n),
    flags: (number('flags') ?? 0n) | (has(statement, 'exact') ? hi(H_EXACT_HI) : 0n),
  };
}

/** Index, flags and AVPN of a call about one HPTE that stands in the table. */
function target(run: RunState, statement: Statement, how: How) {
  const { pass } = how;
  const number = (name: string) => numberOf(statement, name, pass);
  const label = wordOf(statement, 'hpte');
  const index = label === undefined ? (number('index') ?? 0n) : run.neededIndex(label);
  let flags = number('flags') ?? 0n;
  let avpn = 0n;
  if (has(statement, 'avpn')) {
    const own = label === undefined ? run.machine.hpte(Number(index)).v : run.hpte(label).v;
    avpn = number('avpn') ?? own & ~0x7fn;
    if (!has(statement, 'flags')) flags |= lo(H_AVPN);
  }
  if (has(statement, 'andcond')) {
    avpn = number('andcond') ?? 0n;
    flags |= lo(H_ANDCOND);
  }
  if (has(statement, 'local')) flags |= lo(H_LOCAL);
  return { index, flags, avpn, vcpu: run.vcpuOf(statement, how.vcpu, pass) };
}

const hRemove: Executor = (run, statement, how) => hcallEnded(run.machine.hRemove(target(run, statement, how)));

const hProtect: Executor = (run, statement, how) => {
  const call = target(run, statement, how);
  const number = (name: string) => numberOf(statement, name, how.pass) ?? 0n;
  const bits = has(statement, 'pp') ? protectFlags(number('pp'), number('key'), has(statement, 'no-execute')) : 0n;
  return hcallEnded(run.machine.hProtect({ ...call, flags: call.flags | bits }));
};

const hRead: Executor = (run, statement, how) => {
  const call = target(run, statement, how);
  return hcallEnded(
    run.machine.hRead({ ...call, flags: call.flags | (has(statement, 'four') ? hi(H_READ_4_HI) : 0n) }),
  );
};

const hBulkRemove: Executor = (run, statement, how) => {
  const vcpu = run.vcpuOf(statement, how.vcpu, how.pass);
  const words: bigint[] = [];
  for (const name of ['hptes', 'words']) {
    const list = fieldOf(statement, name)?.value;
    for (const item of list?.kind === 'list' ? list.items : []) {
      if (isNumeral(item)) words.push(item.value);
      else {
        const avpn = has(statement, 'avpn');
        words.push((1n << 62n) | (avpn ? 2n << 56n : 0n) | run.neededIndex(item.text));
        words.push(avpn ? run.hpte(item.text).v & ~0x7fn : 0n);
      }
    }
  }
  return hcallEnded(run.machine.hBulkRemove(words, vcpu));
};

const hPageInit: Executor = (run, statement, how) => {
  const number = (name: string) => numberOf(statement, name, how.pass);
  const src = number('from');
  const flags =
    (number('flags') ?? 0n) |
    (has(statement, 'zero') ? lo(H_ZERO_PAGE) : 0n) |
    (src === undefined ? 0n : lo(H_COPY_PAGE));
  const vcpu = run.vcpuOf(statement, how.vcpu, how.pass);
  return hcallEnded(run.machine.hPageInit({ flags, dest: number('gpa') ?? 0n, src: src ?? 0n, vcpu }));
};

// --- accesses

/** Sets the MSR of an access, does it, and puts the MSR back. */
function withMsr<T>(run: RunState, statement: Statement, vcpu: number, pass: bigint, work: () => T): T {
  const usual = run.vcpuMsr.get(vcpu) ?? DEFAULT_MSR;
  let msr = numberOf(statement, 'msr', pass) ?? usual;
  if (has(statement, 'user')) msr |= lo(MSR_PR);
  if (has(statement, 'real')) msr &= ~lo(MSR_IR | MSR_DR);
  if (msr === usual) return work();
  run.machine.setMsr(vcpu, msr);
  const done = work();
  run.machine.setMsr(vcpu, usual);
  return done;
}

function accessAddress(run: RunState, statement: Statement, vcpu: number, pass: bigint): bigint {
  const given = fieldOf(statement, 'ea')?.value;
  const label = wordOf(statement, 'at');
  const base = given === undefined ? run.eaOf(label ?? '') : run.address(given, pass, vcpu);
  return (base + (numberOf(statement, 'offset', pass) ?? 0n)) & 0xffff_ffff_ffff_ffffn;
}

const access =
  (kind: 'load' | 'store' | 'ifetch'): Executor =>
  (run, statement, how) => {
    const vcpu = run.vcpuOf(statement, how.vcpu, how.pass);
    const ea = accessAddress(run, statement, vcpu, how.pass);
    if (statement.label !== undefined) run.bindings.set(statement.label.text, { kind: 'access', ea });
    const result = withMsr(run, statement, vcpu, how.pass, () => run.machine.access(kind, ea, vcpu));
    if (result.outcome === 'host_error') return { outcome: 'error', ret: BigInt(result.status) };
    const address = toBig(result.raHi, result.raLo);
    const status = BigInt(result.status >>> 0);
    return { outcome: result.outcome, ...(['ok', 'mmio'].includes(result.outcome) ? { address } : { status }) };
  };

const translate: Executor = (run, statement, how) => {
  const vcpu = run.vcpuOf(statement, how.vcpu, how.pass);
  const ea = accessAddress(run, statement, vcpu, how.pass);
  const result = withMsr(run, statement, vcpu, how.pass, () =>
    run.machine.xlate(ea, !has(statement, 'instruction'), vcpu),
  );
  return typeof result === 'number' ? returned(result) : { outcome: 'ok', address: result.raddr };
};

// --- structure

/** An H_ENTER for every free slot of a PTEG; ends with the first that is refused. */
const fill: Executor = (run, statement, how) => {
  const value = fieldOf(statement, 'pteg')?.value;
  if (value?.kind !== 'pteg') throw new CannotDo('which PTEG?');
  const pteg = run.ptegOf(value.pteg.which.text, value.pteg.of);
  const { machine } = run;
  const free = Array.from({ length: 8 }, (_, slot) => machine.hpte(pteg * 8 + slot)).filter(
    ({ state }) => state === 'free',
  ).length;
  const wanted = free - Number(numberOf(statement, 'leave', how.pass) ?? 0n);
  let ended: Ended = { outcome: 'ok' };
  for (let made = 0; made < wanted; made++) {
    const ea = run.unusedAddress(value.pteg, how.vcpu);
    const segment = segmentOf(run.store(how.vcpu), ea);
    if (segment === undefined) throw new CannotDo(`vCPU ${how.vcpu} has no segment for 0x${ea.toString(16)}`);
    run.usedPages.add(ea >> 12n);
    const gpa = numberOf(statement, 'gpa', how.pass) ?? 0n;
    const entry = {
      ea,
      gpa,
      shift: segment.baseShift,
      pp: 2n,
      wimg: 2n,
      key: 0n,
      noExecute: false,
      referenced: false,
      changed: false,
      bolted: false,
      secondary: false,
    };
    const result = machine.hEnter({
      index: BigInt(pteg * 8),
      v: dword0(segment, entry),
      r: dword1(segment, entry),
      vcpu: how.vcpu,
    });
    ended = hcallEnded(result);
    if (result.ret !== 0) break;
  }
  return ended;
};

const mmuReady: Executor = ({ machine }, statement) => {
  machine.setMmuReady(wordOf(statement, 'state') === 'on');
  return { outcome: 'ok' };
};

const EXECUTORS: ReadonlyMap<string, Executor> = new Map<string, Executor>([
  ['slb', slb],
  ['amr', amr],
  ['vcpu', vcpu],
  ['h_enter', hEnter],
  ['h_remove', hRemove],
  ['h_protect', hProtect],
  ['h_read', hRead],
  ['h_clear_ref', (run, statement, how) => hcallEnded(run.machine.hClearRef(target(run, statement, how)))],
  ['h_clear_mod', (run, statement, how) => hcallEnded(run.machine.hClearMod(target(run, statement, how)))],
  ['h_bulk_remove', hBulkRemove],
  ['h_page_init', hPageInit],
  ['load', access('load')],
  ['store', access('store')],
  ['fetch', access('ifetch')],
  ['translate', translate],
  ['fill', fill],
  ['mmu-ready', mmuReady],
  ...HOST_STATEMENTS,
  ...VMM_STATEMENTS,
]);

/** The statements that `execute` can do; the others are blocks, which the runner takes apart. */
export const EXECUTABLE: ReadonlySet<string> = new Set(EXECUTORS.keys());

/** Does a statement. What cannot be done as things stand is told in `problem`; nothing is thrown. */
export function execute(run: RunState, statement: Statement, how: How): Ended {
  const executor = EXECUTORS.get(statement.name);
  if (executor === undefined) return { outcome: 'ok' };
  try {
    return executor(run, statement, how);
  } catch (error) {
    if (error instanceof CannotDo) return { outcome: 'impossible', problem: error.message };
    return {
      outcome: 'impossible',
      problem: `the emulator failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
