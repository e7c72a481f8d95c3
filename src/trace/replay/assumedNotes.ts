// What was assumed, in a few sentences, for whoever opened a recording with assumptions.

import { ASSUMPTIONS, namesIn } from '../../timeline/assumptions';
import type { AssumingReplay } from './assumingReplay';

export function assumedNotes({ assumptions, compared, falseOnes }: AssumingReplay): string[] {
  const names = namesIn(assumptions);
  const taken = names.map((name) => `${name} (${ASSUMPTIONS[name].sentence})`);
  const notes = [`Assumed where nothing tells: ${taken.join('; ')}.`];
  const { equal, wrong } = compared.state;
  if (equal + wrong > 0) {
    notes.push(`At the dumps ${equal} states were rightly assumed, and ${wrong} wrongly.`);
  }
  const blamed = names
    .map((name) => ({ name, count: falseOnes.filter((one) => one.assumptions.includes(name)).length }))
    .filter(({ count }) => count > 0);
  if (blamed.length > 0) {
    const told = blamed.map(({ name, count }) => `${name} ${count}`);
    notes.push(`Contradicted ${falseOnes.length} times; among what was false: ${told.join(', ')}.`);
  }
  return notes;
}
