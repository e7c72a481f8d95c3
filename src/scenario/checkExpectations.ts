// Checks the meaning of expectations: labels and event kinds that exist, results that the statement has, values in range.

import type { EventKind, EventName } from '../model/events';
import { EVENT_NAMES, EVENTS } from '../model/events';
import type { EventExpectation, Expectation, Statement, SubjectExpectation, Value } from './ast';
import { isNumeral } from './ast';
import { checkValue } from './checkFields';
import type { Diagnostics } from './diagnostics';
import { removeFix } from './diagnostics';
import { resultDefinition, subjectDefinition } from './expectations';
import type { StatementDefinition } from './grammar';
import type { Labels } from './labels';
import { listed } from './suggest';

/** Words of an HPTE's state of which only one can be true. */
const STATES = ['valid', 'absent', 'free'];
const EXCLUSIVE = [STATES, ['full', 'empty'], ['present', 'empty'], ['present', 'missing'], ['writable', 'read-only']];

export function checkExpectation(
  item: Expectation,
  statement: Statement,
  definition: StatementDefinition | undefined,
  labels: Labels,
  passes: bigint | undefined,
  diagnostics: Diagnostics,
): void {
  switch (item.kind) {
    case 'event':
      checkEvent(item, labels, diagnostics);
      return;
    case 'subject':
      checkSubject(item, labels, passes, diagnostics);
      return;
    case 'result': {
      const result = resultDefinition(item.name.text);
      const owners = result?.of ?? (item.name.text.startsWith('H_') ? (['hypercall'] as const) : undefined);
      const fits = owners?.some(
        (owner) => owner === definition?.group || owner === definition?.name || definition?.block,
      );
      if (fits === false) {
        const message = `\`${item.name.text}\` is no result of \`${statement.name}\`; it belongs to ${listed(owners ?? [])} statements`;
        diagnostics.error('no-such-result', item.range, message);
      }
      if (result !== undefined && item.value !== undefined) {
        checkValue(result, item.value, passes, diagnostics);
        useLabels(item.value, labels);
      }
    }
  }
}

function useLabels(value: Value, labels: Labels): void {
  if (value.kind !== 'list') return;
  for (const entry of value.items) if (!isNumeral(entry)) labels.use(entry.text, entry.range, ['hpte']);
}

function checkSubject(
  item: SubjectExpectation,
  labels: Labels,
  passes: bigint | undefined,
  diagnostics: Diagnostics,
): void {
  const definition = subjectDefinition(item.of);
  if (!isNumeral(item.argument)) labels.use(item.argument.text, item.argument.range, ['hpte']);
  for (const check of item.checks) {
    const found = definition?.checks.find(({ name }) => name === check.name.text);
    if (found !== undefined && check.value !== undefined) {
      checkValue(found, check.value, passes, diagnostics);
      useLabels(check.value, labels);
    }
  }
  if (item.negated && item.checks.length > 1) {
    diagnostics.error(
      'ambiguous-no',
      item.range,
      '`no` before a subject speaks of one check only; write it before each check that is not to be',
    );
  }
  for (const words of EXCLUSIVE) {
    const given = item.checks.filter(({ name, negated }) => !negated && words.includes(name.text));
    const [first, second] = given;
    if (first !== undefined && second !== undefined) {
      diagnostics.error(
        'contradiction',
        second.name.range,
        `it cannot be both \`${first.name.text}\` and \`${second.name.text}\``,
      );
    }
  }
}

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENTS, name);
}

function checkEvent(item: EventExpectation, labels: Labels, diagnostics: Diagnostics): void {
  const name = item.event.text;
  if (!isEventName(name)) {
    diagnostics.unknown('unknown-event', 'unknown event kind', item.event, EVENT_NAMES);
    return;
  }
  if (item.negated && item.count !== undefined) {
    diagnostics.error(
      'ambiguous-no',
      item.range,
      'either `no` or a count; `x0` says the same as `no`',
      removeFix(item.count.range, 'the count'),
    );
  }
  const fields: EventKind['fields'] = EVENTS[name].fields;
  for (const { name: field, value } of item.fields) {
    const type = fields[field.text];
    if (type === undefined) {
      diagnostics.unknown('unknown-event-field', `\`${name}\` has no field`, field, Object.keys(fields));
    } else if (typeof type !== 'string') {
      if (!isNumeral(value) && !type.includes(value.text)) {
        diagnostics.unknown('unknown-event-value', `\`${field.text}\` is never`, value, type);
      }
    } else if (!isNumeral(value)) {
      if (type === 'index') labels.use(value.text, value.range, ['hpte']);
      else if (type !== 'flag' || !['yes', 'no'].includes(value.text)) {
        diagnostics.error(
          'number-expected',
          value.range,
          `\`${field.text}\` of \`${name}\` is ${type === 'flag' ? '`yes` or `no`' : 'a number'}`,
        );
      }
    }
  }
}
