// Writes the `hptscope.json` of a recording folder (recordingFile.ts reads it back): one entry a line, so that people can edit it.

import { formatTraceTime } from './events';
import type { Recording, RecordingAt } from './recordingFile';

/** A recording to be written: its moments stand in no file yet. */
export type NewRecording = Recording<RecordingAt>;

/** The text of the `hptscope.json`. Paths are relative to its folder. */
export function writeRecording(recording: NewRecording): string {
  const { kernel, cpu, hostPageSize, tgid, traces, facts } = recording;
  const members = [
    '"hptscope": 1',
    `"kernel": ${JSON.stringify(kernel)}`,
    `"cpu": ${JSON.stringify(cpu)}`,
    `"hostPageSize": ${hostPageSize}`,
    ...(tgid === undefined ? [] : [`"vm": ${object({ tgid })}`]),
    list(
      'hpt',
      recording.hpt.map(({ order, how, at }) => ({ order, how, at: atToJson(at) })),
    ),
    `"traces": [${traces.map((path) => JSON.stringify(path)).join(', ')}]`,
    list(
      'memslots',
      recording.memslots.map(({ slot, gpa, size, hva, logDirty, from, to }) => ({
        slot,
        gpa: hex(gpa),
        size: hex(size),
        hva: hex(hva),
        logDirty,
        ...(from === undefined ? {} : { from: atToJson(from) }),
        ...(to === undefined ? {} : { to: atToJson(to) }),
      })),
    ),
    list(
      'dumps',
      recording.dumps.map(({ kind, file, at }) => ({ kind, file, at: atToJson(at) })),
    ),
    ...(facts === undefined ? [] : [`"facts": ${JSON.stringify(facts)}`]),
  ];
  return `{\n${members.map((member) => `  ${member}`).join(',\n')}\n}\n`;
}

/** AT as it stands in the file. */
function atToJson(at: RecordingAt): { time: string } | { mark: string } {
  return 'ns' in at ? { time: formatTraceTime(at.ns, 'ns') } : { mark: at.mark };
}

function list(key: string, entries: readonly object[]): string {
  const lines = entries.map((entry) => `\n    ${object(entry)}`);
  return `"${key}": [${lines.join(',')}${lines.length === 0 ? '' : '\n  '}]`;
}

/** An object on one line: `{ "key": value, … }`. */
function object(entry: object): string {
  const members = Object.entries(entry).map(([key, value]: [string, unknown]) => {
    const text = typeof value === 'object' && value !== null ? object(value) : JSON.stringify(value);
    return `${JSON.stringify(key)}: ${text}`;
  });
  return `{ ${members.join(', ')} }`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
