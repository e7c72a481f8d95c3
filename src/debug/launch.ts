// Launch arguments: what launch.json says, checked. Every mistake is told by its property, with what was found and what
// would be right; nothing is assumed about the value's type.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { nearest } from '../scenario/suggest';
import { ASSUMPTION_NAMES, bitOf, EVERY_ASSUMPTION } from '../timeline/assumptions';
import type { Wanted } from '../trace/openRun';
import { type Followed, followed } from './follow';
import { PRESETS, type Preset } from './stepping';

/** Checked launch arguments. */
export interface LaunchOptions {
  readonly program: string;
  readonly stopOnEntry: boolean;
  readonly stepping: Preset;
  /** process of the VMM whose machine is wanted, where a trace shows several */
  readonly vm?: number;
  /** what replay takes for granted: a set (src/timeline/assumptions.ts) */
  readonly assume?: number;
  /** what steps over keep to, besides the preset */
  readonly follow: Followed | undefined;
  readonly noDebug: boolean;
}

/** What is wrong with a property of launch.json, and what would be right; without a property it is the whole. */
export interface LaunchMistake {
  readonly property?: string;
  readonly message: string;
}

/** A mistake in one line. */
export function mistakeText({ property, message }: LaunchMistake): string {
  return property === undefined ? message : `"${property}": ${message}`;
}

/** Properties that launch.json may have besides ours; VS Code adds some of them itself. */
const general =
  /^(type|request|name|presentation|internalConsoleOptions|debugServer|preLaunchTask|postDebugTask|serverReadyAction|suppressMultipleSessionWarning|noDebug|restart|__.*)$/;
const ours = ['program', 'stopOnEntry', 'stepping', 'follow', 'vm', 'assume'] as const;

/** Whether a property is one that any launch.json may have. */
export function isGeneral(property: string): boolean {
  return general.test(property);
}

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

/**
 * Checks launch arguments.
 * @returns the options, or what is wrong with each property
 */
export function launchOptions(
  args: DebugProtocol.LaunchRequestArguments | Readonly<Record<string, unknown>> | undefined,
): LaunchOptions | { readonly mistakes: readonly LaunchMistake[] } {
  if (args === undefined) return launchOptions({});
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    return { mistakes: [{ message: `launch arguments: expected an object with "program", got ${shown(args)}` }] };
  }
  const given = args as Readonly<Record<string, unknown>>;
  const mistakes: LaunchMistake[] = [];
  const wrong = (property: string, message: string): undefined => {
    mistakes.push({ property, message });
    return undefined;
  };
  const { stopOnEntry = true, noDebug = false } = given;
  const program = pathOf('program', given.program, 'a scenario, trace, dump or hptscope.json', wrong);
  if (typeof stopOnEntry !== 'boolean') wrong('stopOnEntry', `expected true or false, got ${shown(stopOnEntry)}`);
  const stepping = presetOf(given.stepping, wrong);
  const follow = followedOf(given.follow, wrong);
  const vm = processOf(given.vm, wrong);
  const assume = assumedOf(given.assume, wrong);
  for (const name of Object.keys(given)) {
    if (isGeneral(name) || ours.some((own) => own === name)) continue;
    wrong(
      name.slice(0, 40),
      `no such property; ${meant(name, ours)}there are ${ours.map((own) => `"${own}"`).join(', ')}`,
    );
  }
  if (mistakes.length > 0 || program === undefined || stepping === undefined) return { mistakes };
  const options = { program, stopOnEntry: stopOnEntry === true, stepping, follow, noDebug: noDebug === true };
  return { ...options, ...(vm !== undefined && { vm }), ...(assume !== undefined && { assume }) };
}

/** What launch arguments want of a trace. */
export function wantedBy({ vm, assume }: LaunchOptions): Wanted {
  return { ...(vm !== undefined && { vm }), ...(assume !== undefined && { assume }) };
}

/** Assumptions: all of them, none, or some by name. */
function assumedOf(assume: unknown, wrong: Wrong): number | undefined {
  if (assume === undefined || assume === null || assume === false) return undefined;
  if (assume === true) return EVERY_ASSUMPTION;
  const names = ASSUMPTION_NAMES.map((name) => `"${name}"`).join(', ');
  if (!Array.isArray(assume)) {
    return wrong('assume', `expected true, false or an array of ${names}, got ${shown(assume)}`);
  }
  let set = 0;
  for (const given of assume as readonly unknown[]) {
    const name = ASSUMPTION_NAMES.find((one) => one === given);
    if (name === undefined) {
      const near = typeof given === 'string' ? meant(given, ASSUMPTION_NAMES) : '';
      return wrong('assume', `there is no assumption ${shown(given)}; ${near}there are ${names}`);
    }
    set |= bitOf(name);
  }
  return set;
}

/** The number of a process. */
function processOf(vm: unknown, wrong: Wrong): number | undefined {
  if (vm === undefined || vm === null) return undefined;
  if (typeof vm === 'number' && Number.isInteger(vm) && vm > 0 && vm < 2 ** 31) return vm;
  return wrong('vm', `expected the number of a VMM's process (its tgid in the trace), got ${shown(vm)}`);
}

/** Takes note of a mistake. */
export type Wrong = (property: string, message: string) => undefined;

/** A path. @param what it is the path of, for people */
export function pathOf(property: string, path: unknown, what: string, wrong: Wrong): string | undefined {
  if (typeof path !== 'string' || path.trim() === '')
    return wrong(property, `expected the path of ${what}, got ${shown(path)}`);
  if (path.includes('${'))
    return wrong(
      property,
      `expected a path; the variable in ${shown(path)} was not replaced: open the file first, or write its path`,
    );
  if (path.includes('\0')) return wrong(property, 'expected a path; a path has no zero characters');
  return path;
}

export function presetOf(stepping: unknown, wrong: Wrong): Preset | undefined {
  const preset = PRESETS.find(({ name }) => name === (stepping ?? 'table'));
  if (preset !== undefined) return preset.name;
  const names = PRESETS.map(({ name }) => `"${name}"`).join(', ');
  return wrong('stepping', `expected one of ${names}, got ${shown(stepping)}`);
}

export function followedOf(follow: unknown, wrong: Wrong): Followed | undefined {
  if (follow === undefined || follow === null || follow === '') return undefined;
  if (typeof follow !== 'string')
    return wrong('follow', `expected a text such as "gfn 0x10", "hpte 0x1f3" or "vcpu 0", got ${shown(follow)}`);
  const asked = followed(follow);
  return typeof asked === 'string' ? wrong('follow', asked) : asked;
}

/** The property that was meant, when it only differs in case or by a letter or two. */
export function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? '' : `did you mean "${near}"? `;
}
