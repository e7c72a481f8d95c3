// The coverage of a replayed recording in a few sentences, for whoever opened it: how much of the table is known at its dumps, what
// explains the rest, what was not recorded, and how to record it the next time.

import type { Comparison } from './checkpoint';
import type { Coverage } from './coverage';

const mostCauses = 4;

/** Sentences on what is known and what is not, the most telling first. */
export function coverageNotes({ causes, questions, commands, unread }: Coverage, comparison: Comparison): string[] {
  const notes = unread === undefined ? [] : [unread];
  const { checkpoints, entries, fields } = comparison;
  if (checkpoints > 0 && entries > 0) {
    const known = (1 - fields.state.unknown / entries) * 100;
    notes.push(
      `Coverage: at ${checkpoints} ${checkpoints === 1 ? 'dump' : 'dumps'}, the states of ${known.toFixed(1)} % of ${entries} entries were known before they were looked at.`,
    );
  }
  const explained = causes.filter((one) => one.fields.state !== undefined);
  explained.sort((a, b) => (b.fields.state ?? 0) - (a.fields.state ?? 0));
  for (const { cause, fields: of, wouldTell } of explained.slice(0, mostCauses)) {
    const told = wouldTell.length === 0 ? 'nothing could have told' : `would have told: ${wouldTell.join(', ')}`;
    notes.push(`Unknown because of ${cause}: ${of.state} states; ${told}.`);
  }
  const open = questions.filter(({ missing }) => missing.length > 0);
  if (open.length > 0) {
    const told = open.map(({ question, missing }) => `${question} (${missing.join(', ')})`);
    notes.push(`Open, for want of what was not recorded: ${told.join('; ')}.`);
  }
  return [...notes, ...commands.map((command) => `To record it the next time: ${command}`)];
}
