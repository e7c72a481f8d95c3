// `hptscope docs FILE`: writes the page of events. `npm run docs` calls it for docs/events.md; a test notices a stale page.

import { writeFileSync } from 'node:fs';
import { type Command, EXIT_GOOD, splitArguments } from './command';
import { eventsPage } from './eventsPage';

export const docsCommand: Command = {
  name: 'docs',
  usage: 'docs FILE…',
  summary: 'writes the reference of events, points, mutations and invariants (Markdown)',
  async run(args, { out }) {
    for (const file of splitArguments(args, []).files) {
      writeFileSync(file, eventsPage());
      out(file);
    }
    return EXIT_GOOD;
  },
};
