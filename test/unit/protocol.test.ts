// The channel between a webview and the extension: answers find their questions, refusals are errors, nonsense is ignored.

import { strict as assert } from 'node:assert';
import {
  answerRequest,
  ChannelEnd,
  cellFlag,
  cellState,
  cellStateMask,
  type RequestHandlers,
  stateOfCell,
  type ToExtension,
  type ToWebview,
} from '../../src/protocol';

interface Sums {
  readonly requests: {
    add: { ask: { a: number; b: number }; answer: number };
    fail: { ask: undefined; answer: undefined };
  };
  readonly notices: { tick: { at: number } };
}

const handlers: RequestHandlers<Sums> = {
  add: ({ a, b }) => a + b,
  fail: () => {
    throw new Error('No table is open.');
  },
};

/** Both ends, connected by a wire that a test may look at. */
function connected() {
  const posted: ToExtension<Sums>[] = [];
  const ticks: number[] = [];
  const end = new ChannelEnd<Sums>((message) => posted.push(message), { tick: ({ at }) => ticks.push(at) });
  const answer = async (message: unknown) => {
    const reply = await answerRequest<Sums>(handlers, message);
    if (reply) {
      end.receive(reply);
    }
  };
  return { end, posted, ticks, answer };
}

describe('protocol', () => {
  it('gives each question its own answer, in whatever order they come', async () => {
    const { end, posted, answer } = connected();
    const [first, second] = [end.ask('add', { a: 1, b: 2 }), end.ask('add', { a: 10, b: 20 })];
    await answer(posted[1]);
    await answer(posted[0]);
    assert.deepEqual(await Promise.all([first, second]), [3, 30]);
  });

  it('rejects with the words of the refusal', async () => {
    const { end, posted, answer } = connected();
    const asked = end.ask('fail', undefined);
    await answer(posted[0]);
    await assert.rejects(asked, { message: 'No table is open.' });
  });

  it('rejects what is waiting when the channel closes', async () => {
    const { end } = connected();
    const asked = end.ask('add', { a: 1, b: 2 });
    end.close();
    await assert.rejects(asked, /closed/);
  });

  it('hands notices to their handler', () => {
    const { end, ticks } = connected();
    end.receive({ kind: 'notice', name: 'tick', notice: { at: 7 } } satisfies ToWebview<Sums>);
    assert.deepEqual(ticks, [7]);
  });

  it('ignores what is no request of the channel', async () => {
    const wrong = [undefined, null, 5, 'ask', {}, { kind: 'ask' }, { kind: 'ask', id: 1, name: 'toString' }];
    for (const message of [...wrong, { kind: 'ask', id: 'x', name: 'add' }, { kind: 'answer', id: 1, name: 'add' }]) {
      assert.equal(await answerRequest<Sums>(handlers, message), undefined, JSON.stringify(message));
    }
  });

  it('reads the state of a cell byte below its flags', () => {
    assert.equal(stateOfCell(cellState.absent | cellFlag.bolted | cellFlag.large), 'absent');
    assert.equal(stateOfCell(cellFlag.referenced), 'free');
    assert.equal(stateOfCell(6), 'unknown');
    const flags = Object.values(cellFlag);
    const bits = flags.reduce((all, flag) => all | flag, 0);
    assert.equal(
      bits,
      flags.reduce((sum, flag) => sum + flag, 0),
      'each flag has a bit of its own',
    );
    assert.equal(bits & cellStateMask, 0, 'flags keep clear of the state');
    assert.ok(bits <= 0xff, 'a cell is a byte');
  });
});
