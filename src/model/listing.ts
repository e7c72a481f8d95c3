/**
 * The listing: for each modelled kernel path one plain-language line per step, in order. The code announces a step by its id
 * right before carrying it out; a debugger's highlight moves along these lines. Every line is announced somewhere in the
 * model, and only lines of this file can be (a test and the types hold that).
 *
 * A step id is path number << 6 | line number; path numbers follow the order below.
 */

/** One kernel path and its lines. */
export interface Path {
  readonly id: number;
  readonly key: string;
  /** kernel function */
  readonly fn: string;
  readonly title: string;
  /** names of the two arguments that a frame carries */
  readonly args: readonly [string, string];
  readonly lines: readonly { readonly key: string; readonly text: string }[];
}

const paths: Path[] = [];

type Steps<L> = { readonly PATH: number } & { readonly [K in keyof L]: number };

function path<const L extends Readonly<Record<string, string>>>(
  key: string,
  fn: string,
  title: string,
  args: readonly [string, string],
  lines: L,
): Steps<L> {
  const id = paths.length;
  paths.push({ id, key, fn, title, args, lines: Object.entries(lines).map(([name, text]) => ({ key: name, text })) });
  const steps: Record<string, number> = { PATH: id };
  Object.keys(lines).forEach((name, i) => {
    steps[name] = (id << 6) | i;
  });
  // a copy: the engine looks names up by hashing in an object that was filled name by name
  return { ...steps } as Steps<L>;
}

/** All paths, by number. */
export const PATHS: readonly Path[] = paths;

/** The path of a step id. */
export function pathOfStep(step: number): Path | undefined {
  return paths[step >>> 6];
}

/** The listing line of a step id. */
export function lineOfStep(step: number): { readonly key: string; readonly text: string } | undefined {
  return paths[step >>> 6]?.lines[step & 63];
}

export const sAccess = path('access', 'guest access', 'A guest access and its interrupts', ['ea', 'msr'], {
  slb: 'Find the segment: in real mode the VRMA segment word, else the SLB entry whose ESID matches the effective address.',
  noSegment: 'No segment matches: the guest takes a segment interrupt.',
  realModeOffset:
    'PPC970 in real mode: addresses below RMLS go through the real mode offset, no page table is involved.',
  tlb: 'Look into the TLB: a cached translation is used without looking at the table.',
  walk: 'Hardware walk: search primary and secondary PTEG for a valid HPTE whose AVPN, hash bit and page size match.',
  complete: 'Permission is given: the hardware sets R, and C for a store, and the access completes.',
  denied: 'An HPTE was found but PP, N, G or the storage key forbid the access.',
  reflect: 'The hypervisor is not concerned: the interrupt goes to the guest.',
  hdsi: 'HDSI: the hypervisor gets a data storage interrupt with EA and HDSISR.',
  hisi: 'HISI: the hypervisor gets an instruction storage interrupt.',
  retry: 'The interrupt is over, the guest repeats the access.',
  mmio: 'The access is handed to MMIO emulation.',
  failed: 'The host cannot resolve the fault: KVM_RUN returns an error to the VMM.',
});

export const sHcall = path('hcall', 'kvmppc_pseries_do_hcall', 'A hypercall of the guest', ['nr', 'r4'], {
  call: 'The guest’s hypercall reaches its handler.',
});

export const sHvFault = path(
  'hpte_hv_fault',
  'kvmppc_hpte_hv_fault',
  'Real-mode part of an HDSI or HISI',
  ['ea', 'status'],
  {
    cache: 'HPTE not found: look into the MMIO cache for the same page, segment and mmio_update.',
    search: 'Search the table for an HPTE of this address: valid ones, and absent ones when the hardware found none.',
    none: 'No HPTE: a missing one is the guest’s own affair (DSI/ISI), a protection fault on a vanished one is retried.',
    raced: 'The HPTE is valid now: somebody reinstated it meanwhile, retry.',
    rights: 'Check PP, N, G and key against the guest view: what the guest itself forbids is reflected to it.',
    amr: 'Data with translation on: check the storage key of the guest view against the AMR.',
    remember: 'Remember EA, index, both dwords and the guest view for the host part.',
    fillCache: 'Key 31 means MMIO: write the translation into the MMIO cache.',
    toHost: 'Hand the fault to the host kernel (-1), or straight to MMIO emulation with a loaded instruction (-2).',
  },
);

export const sFind = path(
  'hv_find_lock_hpte',
  'kvmppc_hv_find_lock_hpte',
  'Search the two PTEGs for an HPTE',
  ['ea', 'slb_v'],
  {
    hash: 'Work out the page size of the segment, the VPN, the hash and the AVPN compare value.',
    primary: 'Compare the eight slots of the primary PTEG.',
    secondary: 'Compare the eight slots of the secondary PTEG, with SECONDARY set.',
    found: 'A slot matches and has the segment’s base page size: it is returned locked.',
    missing: 'No slot matches.',
  },
);

export const sPageFault = path('page_fault', 'kvmppc_book3s_hv_page_fault', 'Host part of the fault', ['ea', 'dsisr'], {
  remembered: 'Is this the fault that the real-mode part remembered? Otherwise the guest just repeats the access.',
  cached: 'It came from the MMIO cache and mmio_update still stands: emulate without looking at the table.',
  readHpte: 'Lock the HPTE, read both dwords and the guest view, unlock it.',
  changed: 'The HPTE is no longer what the real-mode part saw: back to the guest.',
  memslot: 'Work out page size and guest frame from the guest view, and find the memslot.',
  mmio: 'No memslot behind it: this is MMIO.',
  noNotifiers: 'Without MMU notifiers pages never go away: this cannot be resolved.',
  seq: 'Take a snapshot of the MMU notifier sequence.',
  gup: 'get_user_pages: have the host map the page and tell its frame.',
  gupFailed: 'There is no page; I/O memory mapped by frame number would do.',
  readPte: 'Read the host PTE: size, frame and cache attributes of what is mapped now.',
  noPte: 'An invalidation runs or the PTE is gone again: back to the guest, the access faults again.',
  tooSmall: 'The guest’s page is larger than the host’s: -EFAULT.',
  wimg: 'Check WIMG: RAM is forced to M, I/O memory must agree.',
  newR: 'Build the new dword 1: the real page number with the guest’s other bits.',
  readonly: 'The host page is not writable: make the new dword 1 read-only.',
  lock: 'Lock the HPTE again, and compare it with what was read before.',
  recheck:
    'Both dwords and the guest view must be as they were read; otherwise back to the guest, and nothing is touched.',
  notReady: 'The table is not ready (reset or resize): back to the guest.',
  lockRmap: 'Lock the rmap word of the guest page.',
  seqCheck:
    'No invalidation may run, nor have run since the snapshot; otherwise back to the guest, and nothing is touched.',
  rc: 'R and C stay only as far as the rmap word already has them.',
  upgrade: 'The entry is valid (protection fault): invalidate it and flush the TLBs, it stays on its ring.',
  link: 'The entry was absent: put it on the rmap ring of its guest page.',
  install: 'Write dword 1, then dword 0 with VALID: the entry is reinstated.',
  dirtyPage: 'The guest may write to it: tell the host that the page is dirty.',
  done: 'Back to the guest, which repeats the access.',
});

export const sEnter = path('h_enter', 'kvmppc_do_h_enter', 'H_ENTER', ['pte_index', 'ptel'], {
  size: 'Work out the page size from both dwords; an invalid encoding is H_PARAMETER.',
  clean: 'Drop the software bits from dword 0 and take the guest view.',
  seq: 'Take a snapshot of the MMU notifier sequence and find the memslot.',
  noSlot: 'No memslot: an emulated MMIO entry, absent and with key 31.',
  align: 'The memslot must be aligned to the page size.',
  hostPte: 'Look the page up in the host’s page tables (PPC970: in slot_phys).',
  tooHard: 'The page is not pinned yet: the virtual-mode handler must get it (H_TOO_HARD).',
  tooSmall: 'The guest’s page is larger than the host’s: H_PARAMETER.',
  readonly: 'The guest may write but the host PTE is read-only: make the entry read-only.',
  realR: 'Build dword 1 with the real page number; valid when a page was found, else absent.',
  wimg: 'Check WIMG: RAM is forced to M, I/O memory must agree.',
  index: 'The index must lie in the table.',
  slot: 'Take the first free slot of the PTEG, or exactly the one asked for.',
  full: 'No free slot: H_PTEG_FULL.',
  guest: 'Store the guest view in the reverse map.',
  lockRmap: 'Lock the rmap word of the guest page.',
  seqCheck: 'An invalidation runs, or one ran since the snapshot: the entry becomes absent instead of valid.',
  link: 'Put the entry on the rmap ring of its guest page.',
  rc: 'R and C stay only as far as the rmap word has them.',
  write: 'Write dword 1, then dword 0, which drops the lock.',
});

export const sVirtEnter = path(
  'virtmode_h_enter',
  'kvmppc_virtmode_h_enter',
  'H_ENTER in virtual mode',
  ['pte_index', 'ptel'],
  {
    check: 'Check page size and memslot as the real-mode handler does.',
    pin: 'Get the guest page and keep it pinned.',
    again: 'Run the handler again; a second H_TOO_HARD becomes H_RESOURCE.',
  },
);

export const sGetPage = path('get_guest_page', 'kvmppc_get_guest_page', 'Pin a guest page (PPC970)', ['gfn', 'size'], {
  known: 'Is the page in slot_phys already?',
  gup: 'get_user_pages for write; I/O memory mapped by frame number is taken as it is.',
  huge: 'A huge page is pinned as a whole when memslot and address are aligned to it.',
  record: 'Record frame, size and attributes in the empty words of slot_phys.',
});

export const sAddRevmap = path(
  'add_revmap_chain',
  'kvmppc_add_revmap_chain',
  'Link an HPTE into the ring of its page',
  ['index', 'rmap'],
  {
    join: 'The ring has entries: the new one becomes its tail.',
    first: 'The ring is empty: the new entry is alone and its head.',
    word: 'Write the rmap word, which drops its lock.',
  },
);

export const sRemoveRevmap = path(
  'remove_revmap_chain',
  'remove_revmap_chain',
  'Take an HPTE off its ring',
  ['index', 'r'],
  {
    harvest: 'Harvest R and C from dword 1 into the guest view.',
    memslot: 'Find the memslot of the guest page; without one the ring is left alone.',
    unlink:
      'Join the neighbours; when the entry was the head the next one becomes it, when it was alone the ring is empty.',
    word: 'Or R and C into the rmap word and drop its lock.',
    dirty: 'C was set: mark the page dirty in the memslot’s bitmap.',
  },
);

export const sRemove = path('h_remove', 'kvmppc_do_h_remove', 'H_REMOVE', ['pte_index', 'avpn'], {
  find: 'Lock the HPTE and compare it with what the flags ask for; otherwise H_NOT_FOUND.',
  invalidate: 'It is valid: clear VALID and flush the TLBs.',
  unlink: 'Take it off the rmap ring and harvest R and C.',
  clear: 'Clear dword 0 and return the old entry.',
});

export const sBulk = path('h_bulk_remove', 'kvmppc_h_bulk_remove', 'H_BULK_REMOVE', ['r4', 'r5'], {
  decode: 'Take the next pair: request type, flags and index.',
  parameter: 'Not a removal request, bad flags or a bad index: H_PARAMETER, the rest is left alone.',
  batch: 'The entry is locked by this very batch: finish the batch first.',
  compare: 'Compare the entry with what the flags ask for; otherwise the pair says not found.',
  absent: 'It is absent: clear it at once.',
  collect: 'It is valid: clear VALID and keep it locked for the batch.',
  flush: 'Flush the TLBs for the whole batch.',
  unlink: 'Take each entry of the batch off its ring, harvest R and C, clear it.',
});

export const sProtect = path('h_protect', 'kvmppc_h_protect', 'H_PROTECT', ['pte_index', 'flags'], {
  find: 'Lock the HPTE and compare its AVPN; otherwise H_NOT_FOUND.',
  guest: 'Put the new protection and key into the guest view.',
  invalidate: 'The hardware’s entry changes: invalidate it and flush the TLBs.',
  write: 'Write dword 1, then dword 0 again.',
});

export const sRead = path('h_read', 'kvmppc_h_read', 'H_READ', ['pte_index', 'flags'], {
  read: 'Read one or four entries as the guest knows them, R and C included.',
});

export const sClearRef = path('h_clear_ref', 'kvmppc_h_clear_ref', 'H_CLEAR_REF', ['pte_index', 'flags'], {
  find: 'Lock the HPTE; an empty one is H_NOT_FOUND.',
  guest: 'Clear R in the guest view.',
  clear: 'The valid entry has R: clear it, flush the TLBs, and remember REFERENCED in the rmap word.',
  write: 'Write dword 0 back.',
});

export const sClearMod = path('h_clear_mod', 'kvmppc_h_clear_mod', 'H_CLEAR_MOD', ['pte_index', 'flags'], {
  find: 'Lock the HPTE; an empty one is H_NOT_FOUND.',
  guest: 'Clear C in the guest view.',
  invalidate: 'It is valid: invalidate it and flush the TLBs, so that no store slips by.',
  clear: 'C was set: clear it and mark the page dirty for the host.',
  write: 'Write dword 0 back.',
});

export const sPageInit = path('h_page_init', 'kvmppc_rm_h_page_init', 'H_PAGE_INIT', ['dest', 'src'], {
  check: 'Check flags and alignment.',
  lookup: 'Find the host pages of destination and source.',
  write: 'Zero or copy the page.',
});

export const sTlbie = path('do_tlbies', 'do_tlbies', 'Flush TLB entries', ['rb', 'local'], {
  global: 'tlbie: every processor drops the translation.',
  local: 'tlbiel: this processor drops it, the others flush before they run this guest again.',
  erat: 'POWER9 erratum: flush the ERAT too.',
  stq: 'POWER9 erratum: repeat the last tlbie.',
});

export const sRange = path('unmap_hva_range', 'kvm_unmap_hva_range', 'The host invalidates a range', ['start', 'end'], {
  start: 'Begin: the count of running invalidations goes up, faults must retry.',
  page: 'Unmap one guest page of the range.',
  end: 'End: the sequence advances, then the count goes down.',
});

export const sUnmap = path('unmap_rmapp', 'kvm_unmap_rmapp', 'Make all HPTEs of a guest page absent', ['gfn', 'rmap'], {
  lock: 'Lock the rmap word; an empty ring needs nothing.',
  lockHpte: 'Lock the HPTE at the head of the ring.',
  unlink: 'Take it off the ring.',
  absent: 'It maps this page: set ABSENT, clear VALID and flush the TLBs.',
  harvest: 'Harvest R and C into the rmap word and the guest view.',
  unlock: 'Unlock the HPTE; go on with the next head until the ring is empty.',
});

export const sAge = path('age_rmapp', 'kvm_age_rmapp', 'Was the guest page referenced? (clearing)', ['gfn', 'rmap'], {
  rmap: 'REFERENCED in the rmap word: clear it, the answer is yes.',
  entry: 'Look at each HPTE of the ring: a valid one with R set loses R, with a TLB flush.',
});

export const sTestAge = path(
  'test_age_rmapp',
  'kvm_test_age_rmapp',
  'Was the guest page referenced? (looking only)',
  ['gfn', 'rmap'],
  {
    look: 'REFERENCED in the rmap word, or R in any HPTE of the ring.',
  },
);

export const sSetSpte = path('set_spte_hva', 'kvm_set_spte_hva', 'The host changes a PTE', ['hva', 'seq'], {
  seq: 'Advance the sequence, so that a fault under way retries.',
  unmap: 'Unmap the page as for an invalidation.',
});

export const sDirtyLog = path(
  'get_dirty_log',
  'kvmppc_hv_get_dirty_log',
  'Read the dirty log of a memslot',
  ['slot', 'npages'],
  {
    page: 'Take the next page of the slot that has HPTEs.',
    rmap: 'CHANGED in the rmap word: clear it, the page is dirty.',
    entry: 'An HPTE with C: invalidate it, flush the TLBs, clear C, make it valid again; the page is dirty.',
    bitmap: 'Add what the memslot’s bitmap has collected, and clear that.',
  },
);

export const sVrma = path('map_vrma', 'kvmppc_map_vrma', 'Map the virtual real mode area', ['slot', 'porder'], {
  enter: 'Enter a bolted HPTE for the next page, in slot 7 of its PTEG.',
  failed: 'It could not be entered: stop.',
});

export const sMemslot = path(
  'set_memory_region',
  'kvm_vm_ioctl_set_memory_region',
  'Add, change or remove a memslot',
  ['slot', 'gfn'],
  {
    check: 'Check slot number, alignment and overlap.',
    flush: 'Removal: unmap every guest page of the slot.',
    change: 'The memslot takes effect.',
  },
);

export const sPin = path(
  'pin_guest_page',
  'kvmppc_pin_guest_page',
  'Pin a guest page for the hypervisor',
  ['gpa', 'dirty'],
  {
    find: 'Find the memslot and get the host page for write.',
    unpin: 'Give it back, and mark it dirty if it was written.',
  },
);

export const sHtabRead = path('htab_read', 'kvm_htab_read', 'Read the HTAB stream', ['fd', 'count'], {
  skip: 'Skip entries that need not be told.',
  valid: 'Record a valid entry; R and C are harvested on the way.',
  invalid: 'Count a run of entries that are not there.',
  wrap: 'End of the table: the first pass is over.',
});

export const sHtabWrite = path('htab_write', 'kvm_htab_write', 'Write the HTAB stream', ['fd', 'count'], {
  header: 'Take the next record header and check its range.',
  valid: 'Enter a valid entry at its exact index; one that is there is removed first.',
  invalid: 'Remove an entry that is there.',
  vrma: 'The first VRMA entry tells the page size of the VRMA; the table becomes ready.',
});

export const sResize = path(
  'resize_hpt',
  'kvm_vm_ioctl_resize_hpt_commit',
  'Change the size of the table',
  ['shift', 'flags'],
  {
    prepare: 'Prepare: the new table is allocated by a work item.',
    work: 'The work item allocates the new table.',
    commit: 'Commit: the prepared table must be of this size and ready.',
    unmap: 'Rehash: a valid entry is unmapped as the notifier does.',
    drop: 'Rehash: an entry that is not bolted is dropped.',
    move: 'Rehash: recover the hash and write the entry, absent, into the same slot of its new PTEG.',
    collide: 'Rehash: a bolted entry is there already: -ENOSPC, the old table stays.',
    pivot: 'The new table takes the place of the old one.',
  },
);

export const sReset = path('alloc_reset_hpt', 'kvmppc_alloc_reset_hpt', 'Reset the table', ['order', 'mmu_ready'], {
  clear: 'Same size: clear the table and every rmap word.',
  replace: 'Another size: allocate a new table and take it.',
});

export const sHost = path('host_mm', 'host memory management', 'The host changes its own page tables', ['hva', 'pfn'], {
  fault: 'Allocate a page and map it.',
  cow: 'Break copy-on-write: clear the PTE, notify, map a copy.',
  clear: 'Clear the PTE: the page goes away.',
  protect: 'Take the write permission away.',
  merge: 'Map another page in its place, read-only.',
  notify: 'Tell the MMU notifiers.',
});

/** Named intermediate values that a path announces; they show as its local variables. */
export const LOCALS = [
  'psize',
  'gfn',
  'hva',
  'gpa',
  'hash',
  'avpn',
  'index',
  'mmu_seq',
  'pfn',
  'hpa',
  'new_r',
  'slb_v',
  'status',
  'rc',
] as const;
export type LocalName = (typeof LOCALS)[number];
export const Local = Object.fromEntries(LOCALS.map((name, i) => [name, i])) as { readonly [K in LocalName]: number };
