// What the words in records mean: names of hypercalls and codes, bits of HPTE dwords and of the DSISR. By the names that the
// kernel's event formats give to the fields.

import { dword0, dword1, msrWord, statusWord } from '../../debug/decode';
import {
  exitReasonNames,
  hcallNames,
  hcallReturnNames,
  resumeNames,
  type SymbolTable,
  trapNames,
} from '../../trace/symbols';

const symbol =
  (names: SymbolTable) =>
  (value: bigint): string => {
    const name = names.print(value);
    return name.startsWith('0x') ? '' : name;
  };

/** The bits of a word without its digits, which stand beside. */
const bits = (text: string): string => text.replace(/^0x[0-9a-f]+\s*/, '');

const byEvent: Readonly<Record<string, Readonly<Record<string, (value: bigint) => string>>>> = {
  kvm_hcall_enter: { req: symbol(hcallNames) },
  kvm_hcall_exit: { ret: symbol(resumeNames), hcall_rc: symbol(hcallReturnNames) },
  kvm_guest_exit: { trap: symbol(trapNames) },
  kvm_userspace_exit: { reason: symbol(exitReasonNames) },
};

const byField: Readonly<Record<string, (value: bigint) => string>> = {
  hpte_v: (value) => bits(dword0(value).text),
  hpte_r: (value) => bits(dword1(value, false).text),
  gpte_r: (value) => bits(dword1(value, true).text),
  dsisr: (value) => bits(statusWord(BigInt.asUintN(32, value)).text),
  msr: (value) => bits(msrWord(BigInt.asUintN(64, value)).text),
};

/** What a field of an event means, in a few words; empty where there is nothing to say. */
export function meaningOf(event: string, field: string, value: bigint): string {
  return (byEvent[event]?.[field] ?? byField[field])?.(value) ?? '';
}
