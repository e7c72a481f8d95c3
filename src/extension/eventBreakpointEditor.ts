// Editing an event breakpoint: a list of its parts (condition, hit count, log message, what it waits for), each behind Enter, until the list
// is left. Conditions and log messages are completed while they are typed, and tried on the open run.

import * as vscode from 'vscode';
import { completeCondition, completeLogMessage, tryCondition } from '../debug/conditions';
import type { Scope } from '../debug/evaluate';
import { conditionOf, hitFilter, logTemplate } from '../debug/stops';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import type { EventBreakpoints, Setting, TextPart } from './eventBreakpoints';
import { askExpression } from './expressionBox';
import type { RunSession } from './session';
import { SlicedWork } from './slices';

/** Asks for a kind of event. */
export async function pickKind(
  placeHolder = vscode.l10n.t('Stop at which kind of event?'),
  title?: string,
): Promise<EventName | undefined> {
  const items = EVENT_NAMES.map((name) => ({ label: EVENTS[name].title as string, description: name }));
  return (
    await vscode.window.showQuickPick(items, {
      ...(title === undefined ? {} : { title }),
      placeHolder,
      matchOnDescription: true,
    })
  )?.description;
}

/** Edits the breakpoint of a kind; what was set is kept at once. */
export async function editEventBreakpoint(
  breakpoints: EventBreakpoints,
  kind: EventName,
  session: RunSession,
): Promise<void> {
  for (;;) {
    const setting = breakpoints.get(kind);
    const part = await pickPart(kind, setting);
    if (part === undefined) {
      return;
    }
    const changed = await changePart(part, kind, setting, scopeOf(session));
    if (changed !== undefined) {
      await breakpoints.set([[kind, changed]]);
    }
  }
}

type Part = TextPart | 'armedAfter';

function scopeOf({ run, labels }: RunSession): Scope | undefined {
  return run === null ? undefined : { run, labels, actor: '' };
}

async function pickPart(
  kind: EventName,
  { condition, hitCondition, logMessage, armedAfter }: Setting,
): Promise<Part | undefined> {
  const nothing = vscode.l10n.t('none');
  const items: (vscode.QuickPickItem & { part: Part })[] = [
    { part: 'condition', label: vscode.l10n.t('Condition'), description: condition ?? nothing },
    { part: 'hitCondition', label: vscode.l10n.t('Hit count'), description: hitCondition ?? nothing },
    { part: 'logMessage', label: vscode.l10n.t('Log message'), description: logMessage ?? nothing },
    {
      part: 'armedAfter',
      label: vscode.l10n.t('Armed only after another event'),
      description:
        armedAfter === undefined
          ? nothing
          : [EVENTS[armedAfter.kind].title, armedAfter.condition].filter(Boolean).join(' · '),
    },
  ];
  const options = { title: EVENTS[kind].title, placeHolder: vscode.l10n.t('All of these combine. Escape when done.') };
  return (await vscode.window.showQuickPick(items, options))?.part;
}

/** @returns the setting with the part changed; undefined when the person left */
async function changePart(
  part: Part,
  kind: EventName,
  setting: Setting,
  scope: Scope | undefined,
): Promise<Setting | undefined> {
  const { [part]: _, ...rest } = setting;
  if (part === 'armedAfter') {
    const armedAfter = await pickAfter(EVENTS[kind].title, setting.armedAfter?.condition ?? '', scope);
    return armedAfter && { ...rest, on: true, ...(armedAfter === 'none' ? {} : { armedAfter }) };
  }
  const text = await askText(part, kind, setting[part] ?? '', scope);
  return text === undefined ? undefined : { ...rest, on: true, ...(text.trim() === '' ? {} : { [part]: text.trim() }) };
}

/** What a breakpoint waits for: a kind, and a condition on its events. @param title of the list; `value`: the condition up to now */
async function pickAfter(
  title: string,
  value: string,
  scope: Scope | undefined,
): Promise<NonNullable<Setting['armedAfter']> | 'none' | undefined> {
  const at = vscode.l10n.t('At once');
  const choose = vscode.l10n.t('After an event of a kind…');
  const chosen = await vscode.window.showQuickPick([at, choose], {
    title,
    placeHolder: vscode.l10n.t('From when on does it stop?'),
  });
  if (chosen === undefined) {
    return undefined;
  }
  if (chosen === at) {
    return 'none';
  }
  const kind = await pickKind(vscode.l10n.t('It stops only after which kind of event?'), title);
  const condition = kind && (await askText('condition', kind, value, scope));
  return kind && condition !== undefined
    ? { kind, ...(condition.trim() === '' ? {} : { condition: condition.trim() }) }
    : undefined;
}

/** A sentence when the text is wrong; an empty text is right. */
function mistakeOf(read: (text: string) => unknown, text: string): string | undefined {
  const answer = text.trim() === '' ? undefined : read(text);
  return typeof answer === 'string' ? answer : undefined;
}

async function askText(
  part: TextPart,
  kind: EventName,
  value: string,
  scope: Scope | undefined,
): Promise<string | undefined> {
  const { title, fields } = EVENTS[kind];
  switch (part) {
    case 'hitCondition':
      return vscode.window.showInputBox({
        title: vscode.l10n.t('{0}: hit count', title),
        prompt: vscode.l10n.t('3, > 3, >= 3, < 3, <= 3 or % 3, counted over the whole run'),
        value,
        validateInput: (text) => mistakeOf(hitFilter, text),
      });
    case 'condition':
      return askExpression({
        title: vscode.l10n.t('{0}: condition', title),
        placeholder: vscode.l10n.t('An expression over the event ({0}) and the state', Object.keys(fields).join(', ')),
        value,
        complete: (text) => completeCondition(text, kind, scope),
        mistakeOf: (text) => mistakeOf(conditionOf, text),
        ...(scope === undefined ? {} : { judge: (text, still, say) => void tryOut(text, kind, scope, still, say) }),
      });
    case 'logMessage':
      return askExpression({
        title: vscode.l10n.t('{0}: log message', title),
        placeholder: vscode.l10n.t('Printed instead of stopping; expressions stand in braces: {0}', '{gfn}'),
        value,
        complete: (text) => completeLogMessage(text, kind, scope),
        mistakeOf: (text) => mistakeOf(logTemplate, text),
      });
  }
}

/** Says at how many events of the open run a condition holds. */
async function tryOut(
  text: string,
  kind: EventName,
  scope: Scope,
  still: () => boolean,
  say: (sentence: string) => void,
): Promise<void> {
  const work = new SlicedWork(tryCondition(text, kind, scope), () => true);
  const tried = await work.run(() => {
    if (!still()) {
      work.stop();
    }
  });
  if (tried && still()) {
    const count = vscode.l10n.t('holds at {0} of {1} events of this run', tried.holds, tried.events);
    say(tried.mistake === undefined ? count : `${count}; ${tried.mistake}`);
  }
}
