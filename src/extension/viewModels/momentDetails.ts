// What a step did, below the current moment in the Machine tree: the words that it wrote, and while an address is searched the sixteen
// slots, each with the reason why it is or is not the entry (Power ISA "Page Table Search").

import { placeName } from '../../debug/scopes';
import { subjectOf } from '../../debug/subject';
import { segmentOf } from '../../debug/things';
import { type Candidate, explainSearch } from '../../model/explain';
import { hex, hex64, l10n } from '../texts';
import { spokenSentence, valueNode } from './hpte';
import type { ViewNode } from './node';
import type { RunView } from './runView';

/** Kernel paths, and the hardware's, that look for an entry. */
const searching: ReadonlySet<string> = new Set(['access', 'hpte_hv_fault', 'hv_find_lock_hpte']);
/** More writes than this are told as a number. */
const mostWrites = 24;

/** @param parent id of the node of the moment */
export function momentDetails(view: RunView, parent: string): ViewNode[] {
  return [...searchNodes(view, parent), ...writeNodes(view, parent)];
}

function writeNodes({ run }: RunView, parent: string): ViewNode[] {
  const writes = run.writes(run.position);
  const nodes = writes.slice(0, mostWrites).map((write, i) => {
    const node = valueNode(`${parent}/write`, placeName(run, write), `${hex64(write.before)} → ${hex64(write.after)}`);
    return { ...node, id: `${parent}/write:${i}`, icon: { name: 'edit' } };
  });
  const more = writes.length - nodes.length;
  return more > 0 ? [...nodes, valueNode(parent, l10n.t('more writes'), String(more))] : nodes;
}

function searchNodes(view: RunView, parent: string): ViewNode[] {
  const { run, vm, labelled } = view;
  const key = run.frames(run.position)[0]?.path.key;
  if (run.kind !== 'scenario' || key === undefined || !searching.has(key)) {
    return [];
  }
  const { ea, segment, vcpu } = subjectOf(run, run.position, labelled);
  const slbV = ea === undefined ? undefined : (segment ?? segmentOf(vm, vcpu, ea));
  if (ea === undefined || slbV === undefined) {
    return [];
  }
  const { candidates, primary, secondary, hash, vsid } = explainSearch(vm, ea, slbV);
  const matching = candidates.find(({ matches }) => matches);
  const id = `${parent}/search`;
  const label = l10n.t('search for ea {0}', hex(ea));
  const description =
    matching === undefined ? l10n.t('no slot matches') : l10n.t('HPTE {0} matches', view.nameOf(matching.index));
  return [
    {
      id,
      label,
      description,
      spoken: spokenSentence(label, description, false),
      icon: { name: 'search' },
      kind: 'search',
      expanded: true,
      tooltip: {
        heading: label,
        rows: [
          ['VSID', hex(vsid)],
          [l10n.t('hash'), hex(hash)],
          [l10n.t('primary PTEG'), hex(primary)],
          [l10n.t('secondary PTEG'), hex(secondary)],
        ],
      },
      children: () => candidates.map((candidate) => candidateNode(view, id, candidate)),
    },
  ];
}

function candidateNode(
  view: RunView,
  parent: string,
  { index, group, slot, matches, state, reason }: Candidate,
): ViewNode {
  const where = group === 'primary' ? l10n.t('primary {0}', slot) : l10n.t('secondary {0}', slot);
  const label = `${where}  ${view.nameOf(index)}`;
  return {
    id: `${parent}/${group}:${slot}`,
    label,
    description: reason,
    spoken: spokenSentence(l10n.t('{0}, HPTE {1}', where, view.nameOf(index)), reason, false),
    icon: matches ? { name: 'pass', color: state === 'valid' ? 'valid' : 'absent' } : { name: 'dash' },
    kind: 'candidate',
    hpte: index,
    expression: `hpte[${hex(index)}]`,
    tooltip: { heading: label, rows: [], note: reason },
  };
}
