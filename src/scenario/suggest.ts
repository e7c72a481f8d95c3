// "Did you mean": the word of a list that is nearest to a mistyped one.

/** Edit distance with neighbouring letters swapped counting once, given up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}

/** Words of at least this length may be further away when they begin with the same letter: `lode` for `load`. */
const LONG = 4;

/** The candidate nearest to `word`, if one is near enough that a typing mistake is likely. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > 48) return undefined;
  const normal = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  const wanted = normal(word);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = normal(candidate);
    const most = wanted.length >= LONG && other[0] === wanted[0] ? limit + 1 : limit;
    const found = distance(wanted, other, most);
    if (found <= most && found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** `a`, `a or b`, `a, b or c`; of more than `most` the rest is counted: `a, b and 3 more`. */
export function listed(words: readonly string[], most = 12): string {
  const quoted = words.slice(0, most).map((word) => `\`${word}\``);
  if (words.length > most) return `${quoted.join(', ')} and ${words.length - most} more`;
  const last = quoted.pop() ?? 'nothing';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}
