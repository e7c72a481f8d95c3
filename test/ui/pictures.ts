// The pictures of the README, taken from the real workbench: scripts/pictures.mjs starts VS Code and says where they go.

import { join } from 'node:path';
import { becomes, type Connection, type OpenOptions, Workbench } from './workbench';

/** Quiet settings: a picture shows the subject, not VS Code's hints. */
const settings = {
  'workbench.colorTheme': 'Default Dark Modern',
  'editor.minimap.enabled': false,
  'editor.wordWrap': 'off',
  'debug.openDebug': 'neverOpen',
  'debug.toolBarLocation': 'floating',
};

const size = { width: 1600, height: 1000 };

/** A picture: how the workbench opens, and what is done before it is taken. */
interface Picture {
  readonly name: string;
  readonly open: OpenOptions;
  readonly arrange: (workbench: Workbench) => Promise<void>;
}

/** Debugs the open scenario up to the first "HPTE marked absent". */
async function toAbsent(workbench: Workbench): Promise<void> {
  await workbench.startDebugging();
  await workbench.setExceptionFilter('HPTE marked absent', true);
  const moment = () => workbench.webview().locator('.headings h1').innerText();
  await workbench.debug('Continue', moment, (text) => text.includes('hpte.absent'));
  await workbench.openSideBar();
  await becomes(
    async () => (await workbench.treeRows('Memslots')).map(({ description }) => description).join('\n'),
    (text) => /absent/.test(text),
    'the absent entry in the tree',
  );
}

const pageOut = { copy: ['samples/page-out.hpt'], open: 'page-out.hpt', size };

const pictures: readonly Picture[] = [
  { name: 'page-out', open: { ...pageOut, settings }, arrange: toAbsent },
  {
    name: 'page-out-light',
    open: { ...pageOut, settings: { ...settings, 'workbench.colorTheme': 'Default Light Modern' } },
    arrange: toAbsent,
  },
  {
    name: 'recording',
    open: { copy: ['samples/recordings/power9-64k'], open: 'power9-64k/hptscope.json', settings, size },
    arrange: async (workbench) => {
      await workbench.command('HPT Scope: Open Run without Debugging');
      await workbench.openSideBar();
      await workbench.webview().locator('.map').waitFor();
      await becomes(
        async () => (await workbench.treeRows('Memslots')).length,
        (rows) => rows > 1,
        'the memslots',
      );
    },
  },
];

/** Takes the pictures. @param folder where they go, absolute */
export async function takePictures(
  connection: Connection,
  folder: string,
  wanted: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  for (const { name, open, arrange } of pictures) {
    if (wanted.length > 0 && !wanted.includes(name)) {
      continue;
    }
    const workbench = await Workbench.open(open, connection);
    try {
      await arrange(workbench);
      await workbench.leaveHovers();
      say(await workbench.screenshot(join(folder, `${name}.png`)));
    } catch (error) {
      await workbench.screenshot(`picture-${name}-failed`);
      throw error;
    } finally {
      await workbench.close();
    }
  }
}
