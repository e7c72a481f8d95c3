import { strict as assert } from 'node:assert';
import { detectBytes, detectInput } from '../../../src/trace/detect';
import { captureBytes, captureRecording } from '../../support/captures';

const head = (text: string | Uint8Array): Uint8Array =>
  (typeof text === 'string' ? new TextEncoder().encode(text) : text).subarray(0, detectBytes);

function kindOf(name: string, bytes: string | Uint8Array): string | undefined {
  return detectInput(name, head(bytes)).kind;
}

describe('kinds of input', () => {
  it('are known by content where the name tells nothing', () => {
    const { files } = captureRecording('p9-61-64k-fixed');
    const dump = files.get('dumps/00030.htab.txt') ?? '';
    assert.equal(kindOf('a', captureBytes('p9-61-64k-fixed', 'trace.txt')), 'ftrace-text');
    assert.equal(kindOf('a', captureBytes('p9-61-64k-fixed', 'trace.txt').subarray(2000)), 'ftrace-text');
    assert.equal(
      kindOf(
        'a',
        'cpus=1\n           hptgt-307   [000]     6.961716: kvm_ppc_instr:        inst 1 pc 0x20f8 emulate 1\n',
      ),
      'ftrace-text',
    );
    assert.equal(
      kindOf('a', '           hptgt     307 [002]     6.961716: kvm:kvm_set_spte_hva: mmu notifier\n'),
      'perf-script',
    );
    assert.equal(kindOf('a', files.get('trace.dat') ?? ''), 'trace-dat');
    assert.equal(kindOf('a', dump), 'htab');
    assert.equal(kindOf('a', files.get('dumps/00030.pagemap.txt') ?? ''), 'pagemap');
    assert.equal(kindOf('a', files.get('hptscope.json') ?? ''), 'recording');
    assert.equal(kindOf('a', new Uint8Array([0x1f, 0x8b, 8, 0])), 'gzip');
    assert.equal(kindOf('a', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])), 'xz');
  });

  it('are known by name where there is no content to tell', () => {
    assert.equal(kindOf('dumps/00001.htab.txt', ''), 'htab');
    assert.equal(kindOf('dumps/00001.pagemap.txt.gz', ''), 'pagemap');
    assert.equal(kindOf('x.htabfd', new Uint8Array([1])), 'htabfd');
    assert.equal(kindOf('x.hpt', '# nothing yet\n'), 'scenario');
    assert.equal(kindOf('C:\\x\\hptscope.json', '['), 'recording');
  });

  it('an HTAB_FD stream is known without its name', () => {
    const entry = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0x10, 0x41, 0, 0, 0, 0, 1, 0, 1, 0x92];
    assert.equal(kindOf('a', new Uint8Array(entry)), 'htabfd');
  });

  it('says why an input is none of them', () => {
    const why = (name: string, bytes: string | Uint8Array): string => {
      const detected = detectInput(name, head(bytes));
      return detected.kind === undefined ? `${detected.why}: ${detected.message}` : detected.kind;
    };
    assert.match(why('trace.txt', ''), /^empty: The file is empty\. Expected a scenario/);
    assert.match(why('x.hpt', ''), /^empty: The file is empty\. A scenario begins with/);
    assert.match(why('x.hpt', new Uint8Array([0, 1, 2, 3])), /^binary: The file is binary/);
    assert.match(why('notes.txt', 'hello\n'), /^unknown: The text is in none of the known forms/);
    assert.match(why('x.json', '{"a": 1}'), /^unknown/);
  });
});
