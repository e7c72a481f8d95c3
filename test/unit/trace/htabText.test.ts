import { strict as assert } from 'node:assert';
import { HtabTextReader, readHtabText, writeHtabText } from '../../../src/trace/htabText';
import { readPagemapText } from '../../../src/trace/pagemapText';
import { formatProblem } from '../../../src/trace/problem';
import { captureRecording } from '../../support/captures';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('debugfs htab text', () => {
  it('reads a dump of a POWER9 host', () => {
    const { files } = captureRecording('p9-61-64k-fixed');
    const bytes = files.get('dumps/00030.htab.txt') ?? assert.fail('no dump 30');
    const { dump, problems } = readHtabText(bytes, '00030.htab.txt');
    assert.deepEqual(problems, []);
    assert.equal(dump.count, 12);
    assert.deepEqual(dump.entry(dump.find(0x80)), {
      index: 0x80,
      v: 0x2002000001n,
      r: 0x0400000004cc0112n,
      guest: 0x1010112n,
    });
    assert.equal(dump.find(0x81), -1);
  });

  it('writes back what it read, for every dump of a Linux guest', () => {
    const { files } = captureRecording('l2-61-64k');
    for (const [name, bytes] of files) {
      if (name.endsWith('.htab.txt')) {
        const { dump, problems } = readHtabText(bytes, name);
        assert.deepEqual(problems, []);
        assert.equal(writeHtabText(dump), Buffer.from(bytes).toString());
      }
    }
  });

  it('takes an empty file as an empty table', () => {
    assert.deepEqual(readHtabText(new Uint8Array(0), 'x').problems, []);
    assert.equal(readHtabText(new Uint8Array(0), 'x').dump.count, 0);
  });

  it('names line and column of each mistake and keeps the rest', () => {
    const good = '0000000000000001 0000000000000002 0000000000000003';
    const text = `     1 ${good}\n     x ${good}\n     3 ${good} 4\n     0 ${good}\n     5 0000000000000001 00000000000000002 0\n100000000 ${good}\n     9 ${good}\n     a 00000`;
    const { dump, problems } = readHtabText(bytesOf(text), 'h');
    assert.deepEqual(
      problems.map((p) => formatProblem(p).slice(0, 60)),
      [
        'h:2:6: error: expected the HPTE index as a hexadecimal number',
        'h:3:59: error: expected the end of the line after four hexad',
        'h:4:1: error: HPTE index 0x0 is not above the one before (0x',
        'h:5:42: error: expected HPTE dword 1 as a hexadecimal number',
        'h:6:1: error: the HPTE index does not fit 32 bits',
        'h:8: warning: the file ends in the middle of this line: load',
      ].map((text) => text.slice(0, 60)),
    );
    assert.deepEqual([...dump.index.subarray(0, dump.count)], [1, 9]);
  });

  it('does not mind where its input is split', () => {
    const { files } = captureRecording('p8-61-64k-fixed');
    const bytes = files.get('dumps/00040.htab.txt') ?? assert.fail('no dump 40');
    const reader = new HtabTextReader('h');
    for (let i = 0; i < bytes.length; i += 13) {
      reader.push(bytes.subarray(i, i + 13));
    }
    assert.deepEqual(reader.end(), readHtabText(bytes, 'h'));
  });
});

describe('pagemap text', () => {
  it('reads both forms', () => {
    const page = readPagemapText(bytesOf('data 1010000 81800000000004cc\n10000 4080000000002000\n'), 'p');
    assert.deepEqual(page.problems, []);
    assert.equal(page.count, 2);
    assert.deepEqual(page.page(0), { gpa: 0x1010000n, present: true, swapped: false, frame: 0x4ccn });
    assert.deepEqual(page.page(1), { gpa: 0x10000n, present: false, swapped: true, frame: 0n });
  });

  it('names the line of a mistake', () => {
    const page = readPagemapText(bytesOf('data 1010000\n10000 4080000000002000\n20000 40'), 'p');
    assert.equal(page.count, 1);
    assert.deepEqual(
      page.problems.map((p) => [p.severity, p.line]),
      [
        ['error', 1],
        ['warning', 3],
      ],
    );
  });
});
