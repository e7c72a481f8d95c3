// "Go to…": one box that takes whatever names a place (an address, an index, a frame, a label) or a moment (a number, a time, an event,
// a line, a mark), and offers every way to read it, each with what it finds. Enter goes there.

import * as vscode from 'vscode';
import { inOrder, readings } from '../debug/goTo/goTo';
import type { Mark, Reading, Target } from '../debug/goTo/standpoint';
import { hint, UNITS, type Unit } from '../debug/goTo/typed';
import type { HeatmapPanel } from './heatmapPanel';
import type { RunSession } from './session';
import { SlicedWork } from './slices';
import { standpointOf } from './viewModels/find';
import { hpteNode } from './viewModels/hpte';

interface Item extends vscode.QuickPickItem {
  /** where Enter leads */
  readonly target?: Target | undefined;
  /** what Enter writes into the box instead */
  readonly insert?: string;
}

const longestPrefill = 100;

/** Asks for a place or moment, and goes there. @param marks the moments that the person marked; `typed`: what stands in the box */
export async function goTo(
  session: RunSession,
  heatmap: HeatmapPanel,
  marks: () => readonly Mark[],
  typed: unknown,
): Promise<void> {
  if (session.view === null) {
    const open = vscode.l10n.t('Open a run first: press F5 on a scenario, a trace or a table dump.');
    void vscode.window.showInformationMessage(open);
    return;
  }
  const target = await ask(session, marks, typeof typed === 'string' ? typed : selectedText());
  const entry = target && 'entries' in target ? await oneOf(session, target.entries) : undefined;
  if (target && 'moment' in target) {
    await session.goTo(target.moment);
  } else if (entry !== undefined) {
    heatmap.show({ preserveFocus: true });
    session.select(entry, true);
  }
}

/** What is selected in the editor, when it is short enough to be looked for. */
function selectedText(): string {
  const editor = vscode.window.activeTextEditor;
  const text = editor === undefined ? '' : editor.document.getText(editor.selection).trim();
  return text.includes('\n') || text.length > longestPrefill ? '' : text;
}

/** Shows the box until something is chosen, or it is left. */
function ask(session: RunSession, marks: () => readonly Mark[], typed: string): Promise<Target | undefined> {
  const box = vscode.window.createQuickPick<Item>();
  box.title = vscode.l10n.t('Go to');
  box.placeholder = hint();
  box.value = typed;
  let asked = 0;
  const show = async () => {
    const own = ++asked;
    const { view } = session;
    if (view === null) {
      box.hide();
    } else if (box.value.trim() === '') {
      box.items = examples(session);
    } else {
      box.busy = true;
      await lookUp(standpointOf(view, marks()), box.value, (items) => {
        if (own === asked) {
          box.items = items;
        }
        return own === asked;
      });
      box.busy &&= own !== asked;
    }
  };
  return new Promise((resolve) => {
    const owned = [
      box,
      box.onDidChangeValue(show),
      session.onDidMove(show),
      session.onDidChangeRun(show),
      box.onDidAccept(() => {
        // what was found may have been shown anew since the key was pressed: nothing of it is selected then
        const item = box.selectedItems[0] ?? box.items.find(({ target, insert }) => (target ?? insert) !== undefined);
        if (item?.insert !== undefined) {
          box.value = item.insert;
          void show();
        } else if (item?.target) {
          resolve(item.target);
          box.hide();
        }
      }),
      box.onDidHide(() => {
        asked++;
        resolve(undefined);
        vscode.Disposable.from(...owned).dispose();
      }),
    ];
    box.show();
    void show();
  });
}

/** Reads what was typed a stretch at a time; `offer` is handed what is known so far, and says whether to go on. */
async function lookUp(
  from: ReturnType<typeof standpointOf>,
  typed: string,
  offer: (items: readonly Item[]) => boolean,
): Promise<void> {
  const found: Reading[] = [];
  const work = new SlicedWork(readings(from, typed), (reading) => found.push(reading) > 0);
  const mistyped = await work.run(() => {
    if (!offer(inOrder(found).map(itemOf))) {
      work.stop();
    }
  });
  offer(mistyped ? [{ label: `$(info) ${mistyped.mistake}`, alwaysShow: true }] : inOrder(found).map(itemOf));
}

function itemOf({ as, title, sentence, target }: Reading): Item {
  const icon = target === undefined ? 'circle-slash' : 'moment' in target ? 'debug-stackframe' : 'table';
  const kinds: Partial<Record<Reading['as'], string>> = {
    label: vscode.l10n.t('label'),
    mark: vscode.l10n.t('bookmark'),
    kind: vscode.l10n.t('event'),
  };
  // VS Code sorts by name what has the typed text in its label, which would put what leads nowhere first: a number stands beside
  const [label, description] = title.startsWith(`${as} `) ? [as, title.slice(as.length + 1)] : [title, kinds[as] ?? ''];
  return { label: `$(${icon}) ${label}`, description, detail: sentence, alwaysShow: true, target };
}

/** What the empty box offers: the labels, and every unit with what it is for. */
function examples({ labels }: RunSession): Item[] {
  const texts: Readonly<Record<Unit, string>> = {
    hpte: vscode.l10n.t('an HPTE by its index'),
    gfn: vscode.l10n.t('a guest page by its frame number'),
    gpa: vscode.l10n.t('a guest page by its guest physical address'),
    ea: vscode.l10n.t('the HPTE of an effective address; where no SLB is known: ea 0x… vsid 0x…'),
    hva: vscode.l10n.t('a guest page by the address at which the VMM has it'),
    pfn: vscode.l10n.t('who maps this host frame?'),
    pteg: vscode.l10n.t('a group of eight HPTEs'),
    avpn: vscode.l10n.t('HPTEs by the AVPN in their dword 0'),
    moment: vscode.l10n.t('a moment by its number; +10 and -10 count from here'),
    event: vscode.l10n.t('an event by its number; its kind alone (hpte.absent) is the next one'),
    line: vscode.l10n.t('a line of the scenario or trace'),
    time: vscode.l10n.t('seconds on the clock of a trace, as in 12.345678'),
  };
  const units = UNITS.map((unit) => ({ label: unit, description: texts[unit], insert: `${unit} `, alwaysShow: true }));
  const known = [...labels].slice(0, 8).map(([label, index]) => ({
    label,
    description: `HPTE 0x${index.toString(16)}`,
    target: { entries: [index] },
    alwaysShow: true,
  }));
  const heading = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...(known.length === 0 ? [] : [heading(vscode.l10n.t('labels')), ...known]),
    heading(vscode.l10n.t('by what to write in front of the number')),
    ...units,
  ];
}

/** Which one of several HPTEs. */
async function oneOf({ view }: RunSession, entries: readonly number[]): Promise<number | undefined> {
  if (view === null || entries.length < 2) {
    return entries[0];
  }
  const items = entries.map((index) => {
    const { label, description = '' } = hpteNode(view, 'found', index);
    return { label, description, index };
  });
  const title = vscode.l10n.t('{0} HPTEs: go to which one?', entries.length);
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.index;
}
