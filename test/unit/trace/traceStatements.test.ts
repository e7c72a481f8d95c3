// Statements of a trace's run are told from its columns: each event and what a recording puts between them, by source number.

import assert from 'node:assert/strict';
import { FtraceTextReader } from '../../../src/trace/ftraceText';
import { TraceStatements } from '../../../src/trace/traceStatements';

const text = `# tracer: nop
            hptgt-307     [000] .n...     6.488580: kvm_set_spte_hva: mmu notifier set pte hva: 0x007fff96400000
            hptgt-307     [000] .....     6.488590: kvm_hcall_exit: VCPU 3: ret=RESUME_GUEST hcall_rc=H_SUCCESS
            hptgt-307     [000] .....     6.488600: tracing_mark_write: step 2
`;

function read() {
  const reader = new FtraceTextReader('trace.txt');
  reader.push(new TextEncoder().encode(text));
  return reader.end().events;
}

describe('statements of a trace', () => {
  it('tells events with line, file, time, text and actor; what was inserted stands between them', () => {
    const statements = new TraceStatements(read(), 'hptscope.json');
    assert.equal(statements.insert({ line: 7, text: 'a dump' }), 0);
    assert.equal(statements.event(), 1);
    assert.equal(statements.event(), 2);
    assert.equal(statements.insert({ line: 8, text: 'another dump' }), 3);
    assert.equal(statements.insert({ line: 9, text: 'a third' }), 4);
    assert.equal(statements.event(), 5);
    assert.equal(statements.length, 6);

    const told = Array.from({ length: 6 }, (_, i) => statements.at(i));
    assert.deepEqual(
      told.map((statement) => statement?.text),
      [
        'a dump',
        'kvm_set_spte_hva: mmu notifier set pte hva: 0x007fff96400000',
        'kvm_hcall_exit: VCPU 3: ret=RESUME_GUEST hcall_rc=H_SUCCESS',
        'another dump',
        'a third',
        'print: step 2',
      ],
    );
    assert.deepEqual(
      told.map((statement) => statement?.line),
      [7, 1, 2, 8, 9, 3],
    );
    assert.deepEqual(
      told.map((statement) => statement?.actor),
      [undefined, 'hptgt-307', 'vCPU 3', undefined, undefined, 'hptgt-307'],
    );
    assert.deepEqual(
      told.map((_, number) => statements.eventOf(number)),
      [-1, 0, 1, 1, 1, 2],
    );
    assert.equal(told[2]?.time, 6_488_590_000n);
    assert.equal(told[1]?.file, 'trace.txt');
    assert.equal(statements.at(6), undefined);
    assert.equal(statements.at(-1), undefined);
  });

  it('an event that stands in the program itself names no file', () => {
    const statements = new TraceStatements(read(), 'trace.txt');
    statements.event();
    assert.equal(statements.at(0)?.file, undefined);
  });
});
