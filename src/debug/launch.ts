// Launch arguments: what launch.json says, checked. Every mistake is told with its property, what was found and what was
// expected; nothing is assumed about the value's type.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { PRESETS, type Preset } from './stepping';

/** Checked launch arguments. */
export interface LaunchOptions {
  readonly program: string;
  readonly stopOnEntry: boolean;
  readonly stepping: Preset;
  readonly noDebug: boolean;
}

/** Properties that launch.json may have besides ours; VS Code adds some of them itself. */
const general =
  /^(type|request|name|presentation|internalConsoleOptions|debugServer|preLaunchTask|postDebugTask|serverReadyAction|suppressMultipleSessionWarning|noDebug|restart|__.*)$/;
const ours = ['program', 'stopOnEntry', 'stepping'] as const;

/** What a value is, for a message: at most some forty characters of it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= typeof value;
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}

/** The property that a mistake is about; undefined when it is about all of them. */
export function propertyOf(mistake: string): string | undefined {
  return /^"([^"]+)":/.exec(mistake)?.[1];
}

/**
 * Checks launch arguments.
 * @returns the options, or one sentence a mistake, each beginning with the property
 */
export function launchOptions(
  args: DebugProtocol.LaunchRequestArguments | Readonly<Record<string, unknown>> | undefined,
): LaunchOptions | { readonly mistakes: readonly string[] } {
  if (args === undefined) return launchOptions({});
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    return { mistakes: [`launch arguments: expected an object with "program", got ${shown(args)}`] };
  }
  const given = args as Readonly<Record<string, unknown>>;
  const mistakes: string[] = [];
  const { program, stopOnEntry = true, stepping = 'table', noDebug = false } = given;
  if (typeof program !== 'string' || program.trim() === '') {
    mistakes.push(`"program": expected the path of a scenario, trace, dump or hptscope.json, got ${shown(program)}`);
  } else if (program.includes('${')) {
    mistakes.push(
      `"program": the variable in ${shown(program)} was not replaced; open the file first, or write its path`,
    );
  } else if (program.includes('\0')) {
    mistakes.push('"program": a path has no zero characters');
  }
  if (typeof stopOnEntry !== 'boolean') {
    mistakes.push(`"stopOnEntry": expected true or false, got ${shown(stopOnEntry)}`);
  }
  const preset = PRESETS.find(({ name }) => name === stepping);
  if (preset === undefined) {
    const names = PRESETS.map(({ name }) => `"${name}"`).join(', ');
    mistakes.push(`"stepping": expected one of ${names}, got ${shown(stepping)}`);
  }
  for (const name of Object.keys(given)) {
    if (!general.test(name) && !ours.some((own) => own === name)) {
      mistakes.push(`"${name.slice(0, 40)}": no such property; there are ${ours.map((own) => `"${own}"`).join(', ')}`);
    }
  }
  if (mistakes.length > 0 || typeof program !== 'string' || typeof stopOnEntry !== 'boolean' || preset === undefined) {
    return { mistakes };
  }
  return { program, stopOnEntry, stepping: preset.name, noDebug: noDebug === true };
}
