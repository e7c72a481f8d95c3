// The words that the scenario language takes from the machine: kernels, event kinds, points and mutations.

export type Kernel = 'linux-3.4' | 'linux-6.1';

export const EVENT_KINDS: readonly string[] = (
  'hpte.enter hpte.absent hpte.reinstate hpte.remove hpte.protect hpte.readonly hpte.rc pteg.full rmap.link rmap.unlink ' +
  'rmap.harvest hcall.enter hcall.exit access.hdsi access.hisi access.reflect access.loop fault.enter fault.gup fault.retry ' +
  'fault.error fault.mmio fault.exit mmio.stale_hit notifier.start notifier.end notifier.age notifier.set_spte tlbie.page ' +
  'tlb.stale dirty.set dirty.read dirty.lost htab.read htab.write hpt.resize memslot.change replay.divergence invariant.broken'
).split(' ');

export const POINTS: readonly string[] =
  'access.before_hv_fault access.before_fault page_fault.after_gup page_fault.before_lock h_enter.after_pte'.split(' ');

export const MUTATIONS: readonly string[] = 'seq-check tlbie rmap-lock hpte-recheck rc-harvest'.split(' ');
