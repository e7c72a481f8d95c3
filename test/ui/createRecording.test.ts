// "Create Recording from Files…": the questions, and the hptscope.json that opens when they are answered.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecordingFile } from '../../src/trace/recordingFile';
import { becomes, useWorkbench } from './workbench';

const trace = `# tracer: nop
 vmm-7 [000] ..... 1.000001: kvmppc_run_vcpu_enter: VCPU 0: tgid=7
 vmm-7 [000] ..... 1.000002: kvm_page_fault_enter: VCPU 0: hpte=0x1001020:0x12 guest=0x1000012 ea=0x100001000,40000000 slot=0x100,0x1
 vmm-7 [000] ..... 1.000003: tracing_mark_write: dump 1
`;
const dump = '     9 0000000001001020 0000000000000012 0000000001000012\n';

describe('creating a recording', () => {
  const opened = useWorkbench({ files: { 'run.ftrace': trace, 'dumps/1.htab': dump } });
  const input = () => opened().page.locator('.quick-input-widget input.input');
  const title = () => opened().page.locator('.quick-input-widget .quick-input-title').innerText();

  async function answer(asked: RegExp, typed: string | undefined): Promise<void> {
    await becomes(title, (text) => asked.test(text), `the question ${asked}`);
    if (typed !== undefined) {
      await input().fill(typed);
    }
    await opened().page.keyboard.press('Enter');
  }

  it('asks for what the files do not tell, and writes what was answered', async () => {
    await opened().command('HPT Scope: Create Recording from Files');
    await becomes(
      () => input().inputValue(),
      (path) => path.startsWith('/'),
      'the dialog that asks for the folder',
    );
    await input().fill(opened().folder);
    await opened().page.locator('.quick-input-widget .monaco-button').first().click();
    await answer(/processor of the host \(nothing in the files tells it\)/, 'POWER9');
    await answer(/page size of the host/, '64K');
    await answer(/size of the table/, '18');
    await answer(/size of the table: the next one/, '');
    await becomes(
      () => opened().page.locator('.quick-input-widget .quick-input-message').innerText(),
      (text) => /begin at the guest frames 0x100 \(log\)/.test(text),
      'what faults show of the memslots',
    );
    await opened().screenshot('create-recording');
    await answer(/Memslots/, '1:16M:4M:0x7fff95c00000:log');
    await answer(/Memslots: the next one/, '');
    await opened().editorTab('hptscope.json').waitFor();
    const text = readFileSync(join(opened().folder, 'hptscope.json'), 'utf8');
    const { recording, problems } = readRecordingFile(text, 'hptscope.json');
    assert.deepEqual(problems, []);
    assert.deepEqual([recording?.cpu, recording?.hostPageSize, recording?.tgid], ['POWER9', 65536, 7]);
    assert.deepEqual(recording?.hpt[0]?.at.at, { ns: 1_000_001_000n });
    assert.deepEqual(
      recording?.dumps.map(({ file, at }) => [file, at.at]),
      [['dumps/1.htab', { mark: 'dump 1' }]],
    );
    assert.equal(recording?.memslots[0]?.gpa, 0x1000000n);
  });
});
