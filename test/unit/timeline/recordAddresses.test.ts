// The addresses of records are those that reading the whole journal gives, in whatever order they are asked for, while more come.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVENT_WORDS, eventCode } from '../../../src/model/events';
import { LOG_CHUNK, Log, REC_MARK, REC_STEP, readLog } from '../../../src/model/log';
import { RecordAddresses } from '../../../src/timeline/recordAddresses';

const TYPES: readonly number[] = [REC_MARK, REC_STEP];
const HOST_PAGE = eventCode('host.page');

/** Puts records of lengths and types that depend on `seed`. */
function put(log: Log, seed: number): void {
  switch (seed % 4) {
    case 0:
      log.mark(seed & 0xffff);
      return;
    case 1:
      log.step(seed % 100);
      return;
    case 2:
      log.enter(1, -1, 0, 0, 0, 0);
      return;
    default:
      log.event(HOST_PAGE).u32(0).u64(0, seed).u64(0, seed);
  }
}

function found(log: Log, from: number): number[] {
  const addresses: number[] = [];
  readLog(log, from, log.end, EVENT_WORDS, (type, _value, _chunk, _at, address) => {
    if (TYPES.includes(type)) addresses.push(address);
  });
  return addresses;
}

describe('addresses of records', () => {
  it('are found in any order, and while the journal grows', () => {
    const asked = fc.array(fc.tuple(fc.nat(40), fc.nat()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(asked, (rounds) => {
        const log = new Log();
        const addresses = new RecordAddresses(log, TYPES);
        const expected: number[] = [];
        for (const [more, which] of rounds) {
          const from = log.end;
          for (let record = 0; record < more; record++) put(log, which + record * 7);
          for (const address of found(log, from)) {
            expected.push(address);
            addresses.push(address);
          }
          assert.equal(addresses.length, expected.length);
          if (expected.length === 0) continue;
          const record = which % expected.length;
          assert.equal(addresses.at(record), expected[record]);
          const at = which % (log.end + 1);
          assert.equal(addresses.upTo(at), expected.filter((address) => address <= at).length);
        }
      }),
    );
  });

  it('are found across the chunks of a journal', () => {
    const log = new Log();
    for (let record = 0; log.end < 2.5 * LOG_CHUNK; record++) put(log, record);
    const expected = found(log, 0);
    const addresses = new RecordAddresses(log, TYPES);
    for (const address of expected) addresses.push(address);
    assert.deepEqual(
      expected.map((_, record) => addresses.at(record)),
      expected,
    );
    assert.deepEqual(
      expected.map((address) => addresses.upTo(address)),
      expected.map((_, record) => record + 1),
    );
  });
});
