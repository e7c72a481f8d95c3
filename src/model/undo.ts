/** Taking back what was journaled last: a path that turned out to need what is not known has not run. */
import { EVENT_WORDS } from './events';
import { LOG_CHUNK, type Log, REC_WRITE, readLog } from './log';
import type { State } from './state';

/** Undoes the writes that were journaled from an address on, and forgets their records. */
export function undoFrom(state: State, log: Log, address: number): void {
  const writes: number[] = [];
  readLog(log, address, log.end, EVENT_WORDS, (type, _value, _chunk, _at, at) => {
    if (type === REC_WRITE) writes.push(at);
  });
  for (const at of writes.reverse()) {
    const chunk = log.chunks[Math.floor(at / LOG_CHUNK)] as Int32Array;
    const p = at % LOG_CHUNK;
    state.apply(chunk[p + 1] as number, chunk[p + 2] as number, chunk[p + 3] as number, chunk[p + 4] as number);
  }
  log.rewind(address);
}
