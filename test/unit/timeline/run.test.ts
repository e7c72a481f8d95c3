// Moving through a long run: at any moment, reached by any way, the state is what it was when the run was recorded.

import assert from 'node:assert/strict';
import { numbers } from '../../../src/cli/benchTime';
import { longRun } from '../../support/longRun';

describe('Run', () => {
  it('shows the recorded state at every moment, whichever way it was reached', () => {
    const { run, hashes } = longRun(60_000, 1_500);
    const next = numbers(7);
    const statements = [...hashes.keys()];
    for (let i = 0; i < 120; i++) {
      const statement = statements[next(statements.length)] as number;
      run.seek(run.momentOfSource(statement));
      assert.equal(run.vm.state.hash(true, 16), hashes.get(statement), `statement ${statement}`);
    }
  });

  it('undoes a step to exactly what it was', () => {
    const { run } = longRun(300, 300);
    const seen: string[] = [];
    for (let m = 0; m < run.length; m++) {
      run.seek(m);
      seen.push(run.vm.state.hash(true, 16));
    }
    for (let m = run.length - 1; m >= 0; m--) {
      run.seek(m);
      assert.equal(run.vm.state.hash(true, 16), seen[m], `moment ${m}`);
    }
  });

  it('takes the nearest moment outside the run', () => {
    const { run } = longRun(20, 20);
    run.seek(-5);
    assert.equal(run.position, 0);
    run.seek(1e9);
    assert.equal(run.position, run.length - 1);
  });
});
