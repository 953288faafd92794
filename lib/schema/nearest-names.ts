/**
 * "Did you mean": which of the names that exist is closest to one that doesn't.
 * Score: shared words (split at case, underscores and digits, plural s dropped) first, then Damerau-Levenshtein distance relative to the
 * longer name; the usual mix for identifiers, because people both mistype and paraphrase.
 */
export function nearestNames(name: string, candidates: Iterable<string>, count = 3): string[] {
  const wanted = normalise(name);
  const words = new Set(splitWords(name));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const other = normalise(candidate);
    const length = Math.max(wanted.length, other.length) || 1;
    const similarity = 1 - editDistance(wanted, other) / length;
    const otherWords = splitWords(candidate);
    const shared = otherWords.filter((word) => words.has(word)).length / Math.max(words.size, otherWords.length, 1);
    const contained = wanted.length > 2 && (other.includes(wanted) || wanted.includes(other)) && other.length > 2 ? 0.6 : 0;
    const score = Math.max(similarity, shared, contained);
    if (score >= 0.5) scored.push({ candidate, score });
  }
  scored.sort((a, b) => b.score - a.score || a.candidate.length - b.candidate.length || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, count).map((entry) => entry.candidate);
}

const normalise = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function splitWords(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => (word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word));
}

/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap neighbours. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const rows = Array.from({ length: a.length + 1 }, (_, i) => {
    const row = new Uint16Array(width);
    row[0] = i;
    return row;
  });
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let j = 0; j < width; j += 1) (rows[0] as Uint16Array)[j] = j;
  for (let i = 1; i <= a.length; i += 1) {
    const row = rows[i] as Uint16Array;
    for (let j = 1; j < width; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      row[j] = best;
    }
  }
  return at(a.length, b.length);
}
