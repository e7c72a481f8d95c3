// The grammar table, part three: what the host does to the guest's memory, and what the VMM does.

import {
  atMostOne,
  choice,
  exactlyOne,
  FLAGS,
  field,
  flag,
  gpa,
  INDEX,
  K,
  M,
  needs,
  number,
  ONLY_61,
  PAGE_BY,
  PAGE_FIELDS,
  PAGE_TARGET,
  RANGE_SIZE,
  required,
  SLOT,
  statement,
  word64,
} from './shapes';

export const hostStatements = [
  statement('swap-out', 'host', 'The host takes a page away to swap: its host PTE is cleared and the notifier runs.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'swap-out gpa 0x10000   -> a absent, hpte.absent x1',
  }),
  statement('unmap', 'host', 'The host process gives a range back (MADV_DONTNEED): one notifier for the whole range.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'unmap gpa 0 size 128K   -> a absent',
  }),
  statement('invalidate start', 'host', 'Only the start of a range notifier: it stays open until `invalidate end`.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'invalidate start gpa 0x10000   -> count 1\ninvalidate end gpa 0x10000     -> count 0',
  }),
  statement('invalidate end', 'host', 'Only the end of a range notifier.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'invalidate start gpa 0x10000\ninvalidate end gpa 0x10000',
  }),
  statement('write-protect', 'host', 'The host makes a page read-only (as fork does), and the notifier runs.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'write-protect gpa 0x10000   -> host(0x10000) read-only, a absent',
  }),
  statement('ksm-merge', 'host', 'The host puts another, read-only frame in place of the page (KSM).', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'ksm-merge gpa 0x10000   -> notifier.set_spte',
  }),
  statement('migrate', 'host', 'The host moves a page to another frame: it is unmapped and comes back elsewhere.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'migrate gpa 0x10000   -> a absent, host(0x10000) present',
  }),
  statement('touch', 'host', 'The host process itself reads (or writes) its page, so that it is present.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, field('write', flag, 'it writes')],
    rules: [PAGE_BY],
    example: 'touch gpa 0x40000 write   -> host(0x40000) present',
  }),
  statement('age', 'host', 'The host asks whether a page was used, and clears the sign of it.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'age gpa 0x10000   -> young, a no R\nage gpa 0x10000   -> old',
  }),
  statement('test-age', 'host', 'The host asks whether a page was used, and changes nothing.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'test-age gpa 0x10000   -> young, a R',
  }),
  statement('pin', 'host', 'KVM pins a guest page for its own use (as for a virtual processor area), and unpins it.', {
    operands: PAGE_TARGET,
    fields: [field('gpa', gpa, 'guest physical address'), field('clean', flag, 'it was not written while pinned')],
    rules: [exactlyOne('page', 'gpa')],
    example: 'pin gpa 0x10000',
  }),
];

export const vmmStatements = [
  statement('dirty-log', 'vmm', 'The VMM reads and clears the dirty bitmap of a memslot (KVM_GET_DIRTY_LOG).', {
    operands: [SLOT],
    rules: required('slot'),
    example: 'dirty-log 0   -> pages 0x10',
  }),
  statement('htab-open', 'vmm', 'The VMM opens the table as a stream (KVM_PPC_GET_HTAB_FD).', {
    fields: [
      field('write', flag, 'to write it; to read it unless said'),
      field('bolted-only', flag, 'only bolted HPTEs'),
      field('start', word64, 'first index'),
    ],
    labels: 'stream',
    kernels: ONLY_61,
    example: 's: htab-open\nhtab-close s',
  }),
  statement(
    'htab-read',
    'vmm',
    'Reads the next part of the stream: first all HPTEs, then those that changed. Without a stream, one is opened for this read.',
    {
      operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of an open stream')],
      fields: [field('bytes', number(0x1000_0000n), 'size of the buffer; 1M unless said')],
      labels: 'data',
      kernels: ONLY_61,
      example: 's: htab-open\nd: htab-read s   -> entries a\nhtab-read s   -> bytes 0',
    },
  ),
  statement(
    'htab-write',
    'vmm',
    'Writes a record to the stream: one valid HPTE, some invalid ones, or what an earlier read gave.',
    {
      operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of the open stream')],
      fields: [
        INDEX,
        field('v', word64, 'dword 0'),
        field('r', word64, 'dword 1'),
        field('invalid', number(65535n), 'how many entries from `index` on are empty'),
        field('from', { kind: 'label', of: ['data'] }, 'label of an earlier htab-read'),
      ],
      rules: [
        ...required('stream'),
        exactlyOne('from', 'index'),
        needs('index', 'v', 'invalid'),
        needs('v', 'r'),
        needs('r', 'v'),
        needs('v', 'index'),
        needs('invalid', 'index'),
        atMostOne('v', 'invalid'),
      ],
      kernels: ONLY_61,
      example: 'w: htab-open write\nhtab-write w index 64 v 0x1234501 r 0x30192   -> hpte(64) absent',
    },
  ),
  statement('htab-close', 'vmm', 'Closes the stream.', {
    operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of the open stream')],
    rules: required('stream'),
    kernels: ONLY_61,
    example: 's: htab-open\nhtab-close s',
  }),
  statement('htab-dump', 'vmm', 'Prints the table as debugfs shows it (file `htab`).', {
    kernels: ONLY_61,
    example: 'htab-dump',
  }),
  statement('resize', 'vmm', 'A whole resize of the table: prepare, the work item, and commit.', {
    fields: [field('order', number(46n, 18n), 'log2 of the new size in bytes')],
    rules: required('order'),
    kernels: ONLY_61,
    example: 'resize order 19   -> ret 0, order 19, a free',
  }),
  statement(
    'resize prepare',
    'vmm',
    'H_RESIZE_HPT_PREPARE: asks for a table of another size; 0 takes the request back.',
    {
      fields: [field('order', number(64n), 'log2 of the new size in bytes'), FLAGS],
      rules: required('order'),
      kernels: ONLY_61,
      example: 'resize prepare order 19   -> ret 100',
    },
  ),
  statement('resize work', 'vmm', 'The work item of a resize runs: the new table is allocated.', {
    kernels: ONLY_61,
    example: 'resize prepare order 19\nresize work\nresize prepare order 19   -> ret 0',
  }),
  statement(
    'resize commit',
    'vmm',
    'H_RESIZE_HPT_COMMIT: bolted HPTEs are moved to the new table, which then takes the place of the old.',
    {
      fields: [field('order', number(64n), 'log2 of the new size in bytes'), FLAGS],
      rules: required('order'),
      kernels: ONLY_61,
      example: 'resize prepare order 19\nresize work\nresize commit order 19   -> ret 0, order 19',
    },
  ),
  statement('reset', 'vmm', 'The VMM empties the table (KVM_PPC_ALLOCATE_HTAB), or allocates one of another size.', {
    fields: [field('order', number(46n, 18n), 'log2 of the size in bytes; as it is unless said')],
    kernels: ONLY_61,
    example: 'reset   -> a free',
  }),
  statement(
    'map-vrma',
    'vmm',
    'Makes the bolted HPTEs of the virtual real mode area, through which real-mode accesses go.',
    {
      operands: [SLOT],
      fields: [
        field('page', { kind: 'size', of: [4n * K, 64n * K, 16n * M] }, 'page size; that of the host unless said'),
      ],
      rules: required('slot'),
      example: 'map-vrma 0\nload ea 0x2000 real   -> ok',
    },
  ),
  statement('mmu-ready', 'vmm', 'Whether the table may be used; off while KVM resizes or loads it.', {
    operands: [field('state', choice('on', 'off'), 'on or off')],
    rules: required('state'),
    kernels: ONLY_61,
    example: 'mmu-ready off\nmmu-ready on',
  }),
];
