// What a recording could tell, and what it could not: which kinds of events it has, which question each missing one leaves open, how
// many unknowns each cause explains, and what to record the next time (docs/traces.md, "Recording" and "Causes of the unknown").

import { eventCode } from '../eventKinds';
import { FIELDS, type Field } from './checkpoint';
import type { ReplayInput } from './input';
import { CAUSES, type Cause } from './knowledge';
import type { Replay } from './replay';

/** Something that a recording may have. */
export interface Source {
  readonly name: string;
  readonly kind: 'event' | 'kprobe' | 'recording';
  /** how often it is there: events, dumps, facts, memslots */
  readonly count: number;
}

export interface Question {
  readonly question: string;
  /** names of the sources that the recording lacks */
  readonly missing: readonly string[];
  /** more could not be recorded on this machine */
  readonly unanswerable: boolean;
}

export interface CauseCount {
  readonly cause: Cause;
  /** unknown values over all dumps, by field */
  readonly fields: Readonly<Partial<Record<Field, number>>>;
  /** what would have told; empty: nothing could */
  readonly wouldTell: readonly string[];
}

export interface Coverage {
  readonly sources: readonly Source[];
  readonly questions: readonly Question[];
  readonly causes: readonly CauseCount[];
  /** commands that record what is missing, in order; empty when nothing is */
  readonly commands: readonly string[];
  /** what there is to say of events that could not be read; left out when all could */
  readonly unread?: string;
}

const DUMPS = 'table dumps';
const PAGEMAPS = 'pagemap dumps';
const HCALL_FACTS = 'hypercall facts';
const PAGE_FACTS = 'page facts';
const MEMSLOTS = 'memslots';
const HPT = 'hpt';

const addRevmap = 'hpt:add_revmap';

/** What would have told what a cause leaves unknown, the best first. */
const wouldTell: Readonly<Record<Cause, readonly string[]>> = {
  'no first dump': [DUMPS],
  'hidden bulk pairs': [HCALL_FACTS, DUMPS],
  'slot not told': [HCALL_FACTS, addRevmap, DUMPS],
  'host presence': [PAGE_FACTS, PAGEMAPS, addRevmap, DUMPS],
  'frame not traced': [PAGEMAPS, PAGE_FACTS, DUMPS],
  'R and C not traced': [DUMPS],
  VRMA: ['hpt:map_vrma', DUMPS],
  'untraced ioctl': [HPT, 'tlbie', DUMPS],
  resize: [DUMPS],
  race: [DUMPS],
  'memslots not told': [MEMSLOTS],
  'real-mode hypercalls': [],
  'lost events': ['larger ring buffers'],
  'events not recorded': ['kvm_unmap_hva_range', 'kvm_page_fault_enter', 'kvm_page_fault_exit', 'kvm_hcall_enter'],
  divergence: [DUMPS],
};

const questions: readonly { readonly question: string; readonly needs: readonly string[] }[] = [
  { question: 'which entries exist', needs: ['kvm_hcall_enter', 'kvm_hcall_exit', HPT, DUMPS] },
  { question: 'which slot an entry took', needs: ['kvm_hcall_enter', HCALL_FACTS] },
  {
    question: 'which entries are valid',
    needs: ['kvm_unmap_hva_range', 'kvm_page_fault_enter', 'kvm_page_fault_exit', MEMSLOTS],
  },
  { question: 'which host page an entry maps', needs: ['kvm_unmap_hva_range', MEMSLOTS, PAGEMAPS] },
  {
    question: 'what came of a fault',
    needs: ['kvm_guest_exit', 'kvm_page_fault_enter', 'kvm_page_fault_exit', 'kvm_userspace_exit'],
  },
  { question: 'how long a fault took', needs: ['kvm_guest_exit', 'kvm_guest_enter'] },
  {
    question: 'why an invalidation came',
    needs: ['kvm_unmap_hva_range', 'sys_enter_madvise', 'sys_enter_mprotect', 'sys_enter_munmap'],
  },
  { question: 'how long an invalidation took', needs: ['kvm_unmap_hva_range', 'sys_exit_madvise'] },
  { question: 'whether R was cleared', needs: ['kvm_age_hva'] },
  { question: 'which machine an event belongs to', needs: ['kvmppc_run_vcpu_enter', 'tlbie'] },
  { question: 'how a reverse-map ring is linked', needs: [addRevmap, 'hpt:unmap_hpte', 'hpt:remove_revmap'] },
];

/** Questions of which POWER8's real-mode handlers leave no trace. */
const hiddenOnPower8: ReadonlySet<string> = new Set([
  'which entries exist',
  'which slot an entry took',
  'which entries are valid',
]);

/** Events that only some kernels have (linux-6.12 has neither): their lack is no fault of the recording. */
const optional: ReadonlySet<string> = new Set(['kvm_age_hva', 'kvm_set_spte_hva']);

const groups: Readonly<Record<string, string>> = {
  kvm_unmap_hva_range: 'kvm',
  kvm_age_hva: 'kvm',
  kvm_userspace_exit: 'kvm',
  tlbie: 'powerpc',
};

/** Probes on kernel functions: their arguments stand in GPR 3 and on. */
const probes: Readonly<Record<string, string>> = {
  'hpt:add_revmap': 'p:hpt/add_revmap kvmppc_add_revmap_chain idx=%gpr6:u64',
  'hpt:unmap_hpte': 'p:hpt/unmap_hpte kvmppc_unmap_hpte idx=%gpr4:u64 gfn=%gpr7:x64',
  'hpt:remove_revmap': 'p:hpt/remove_revmap remove_revmap_chain idx=%gpr4:u64 hpte_v=%gpr6:x64 hpte_r=%gpr7:x64',
  'hpt:map_vrma': 'p:hpt/map_vrma kvmppc_map_vrma porder=%gpr5:u64',
};

/** The coverage of a recording that has been replayed. */
export function coverageOf(replay: Replay): Coverage {
  const counts = countsOf(replay.input);
  const has = (name: string): boolean => (counts.get(name) ?? 0) > 0;
  const open = questions.map(({ question, needs }): Question => {
    const hidden = !replay.isa3 && hiddenOnPower8.has(question);
    return {
      question,
      missing: hidden
        ? [DUMPS].filter((name) => !has(name))
        : needs.filter((name) => !has(name) && !optional.has(name)),
      unanswerable: hidden,
    };
  });
  const causes = causesOf(replay);
  const missing = new Set(open.flatMap((one) => one.missing));
  for (const { wouldTell: sources } of causes) {
    for (const name of sources.filter((one) => one in probes && !has(one))) {
      missing.add(name);
    }
  }
  return {
    sources: [...counts].map(([name, count]) => ({ name, kind: kindOf(name), count })),
    questions: open,
    causes,
    commands: commandsFor(missing),
    ...(replay.unread.told !== undefined && { unread: replay.unread.told }),
  };
}

function kindOf(name: string): Source['kind'] {
  if (name.startsWith('hpt:')) {
    return 'kprobe';
  }
  return recordingParts.has(name) ? 'recording' : 'event';
}

const recordingParts: ReadonlySet<string> = new Set([DUMPS, PAGEMAPS, HCALL_FACTS, PAGE_FACTS, MEMSLOTS, HPT]);

/** How often each source is there, also those that are not. */
function countsOf({ events, tables, pagemaps, hcalls, pages, slots, hpts }: ReplayInput): Map<string, number> {
  const byKind = new Array<number>(events.kindNames.length).fill(0);
  for (let i = 0; i < events.count; i++) {
    byKind[events.kind[i] as number] = (byKind[events.kind[i] as number] ?? 0) + 1;
  }
  const counts = new Map<string, number>();
  for (const { needs } of questions) {
    for (const name of needs.filter((one) => !recordingParts.has(one))) {
      counts.set(name, 0);
    }
  }
  const firstProbe = eventCode.add_revmap;
  events.kindNames.forEach((name, kind) => {
    const isProbe = kind >= firstProbe && kind <= eventCode.map_vrma;
    const count = byKind[kind] ?? 0;
    if (count > 0) {
      counts.set(isProbe ? `hpt:${name}` : name, count);
    }
  });
  counts.set(DUMPS, tables.length);
  counts.set(PAGEMAPS, pagemaps.length);
  counts.set(HCALL_FACTS, hcalls.size);
  counts.set(PAGE_FACTS, pages.length);
  counts.set(MEMSLOTS, slots?.filter(({ is }) => is !== null).length ?? 0);
  counts.set(HPT, hpts.length);
  return counts;
}

function causesOf({ comparison }: Replay): CauseCount[] {
  return CAUSES.flatMap((cause) => {
    const fields: Partial<Record<Field, number>> = {};
    for (const field of FIELDS) {
      const count = comparison.fields[field].causes[cause];
      if (count !== undefined) {
        fields[field] = count;
      }
    }
    return Object.keys(fields).length === 0 ? [] : [{ cause, fields, wouldTell: wouldTell[cause] }];
  });
}

function commandsFor(missing: ReadonlySet<string>): string[] {
  const commands: string[] = [];
  for (const name of missing) {
    const probe = probes[name];
    if (probe !== undefined) {
      commands.push(`echo '${probe}' >> /sys/kernel/tracing/kprobe_events`);
    }
  }
  const events = [...missing].filter((name) => !recordingParts.has(name));
  if (events.length > 0) {
    const options = events.map((name) =>
      name === 'tlbie' ? "-e powerpc:tlbie -f 'lpid != 0'" : `-e ${groupOf(name)}`,
    );
    commands.push(`trace-cmd record -C mono -b 65536 ${options.join(' ')}`);
  }
  if (missing.has(DUMPS)) {
    commands.push(
      "cat /sys/kernel/debug/kvm/PID-FD/htab > dump.htab.txt    # after: echo 'dump 1' > /sys/kernel/tracing/trace_marker",
    );
  }
  if (missing.has(MEMSLOTS) || missing.has(HPT)) {
    commands.push('npx hptscope recording DIR    # joins trace and dumps; add memslots and hpt to its hptscope.json');
  }
  return commands;
}

function groupOf(name: string): string {
  if (name.startsWith('sys_')) {
    return `syscalls:${name}`;
  }
  return name.includes(':') ? name : `${groups[name] ?? 'kvm_hv'}:${name}`;
}
