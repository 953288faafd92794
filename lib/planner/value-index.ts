/** Finds real values of the data that a question names. Built from sampled distinct values; masked columns are never in it. */
import type { TableRef } from '../adapters/contract';
import { keyOf } from './catalogue-index';
import type { ColumnProfile, ValueIndex, ValueMatch } from './schema';
import { editDistance } from './words';

interface Entry {
  table: string;
  column: string;
  value: string;
  size: number;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const fold = (text: string): string => wordsOf(text.normalize('NFKD').replace(/\p{M}/gu, '')).join(' ');

/** Longest text that is indexed: longer ones are prose, not names. */
const MAX_VALUE_LENGTH = 80;

function profileOf(values: string[]): ColumnProfile {
  const sample = values.filter((value) => value !== '');
  return {
    distinct: values.length,
    numeric: sample.length > 0 && sample.filter((value) => /^-?\d+(\.\d+)?$/.test(value.trim())).length >= sample.length * 0.98,
    dates: sample.length > 0 && sample.every((value) => /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d.*)?)?$/.test(value)),
    sameLength: sample.every((value) => value.length === sample[0]?.length),
    sample: sample.slice(0, 20),
  };
}

/**
 * @param samples distinct values per column, as text, exactly as they are stored
 * @returns an index that answers in well under a millisecond
 */
export function buildValueIndex(samples: { table: TableRef; column: string; values: string[] }[]): ValueIndex {
  const whole = new Map<string, Entry[]>();
  const byWord = new Map<string, Entry[]>();
  const columns = new Map<string, { profile: ColumnProfile; values: string[] }>();
  for (const { table, column, values } of samples) {
    const key = keyOf(table);
    columns.set(`${key}\u0000${column}`, { profile: profileOf(values), values });
    for (const value of values) {
      if (value.length > MAX_VALUE_LENGTH) continue;
      const folded = fold(value);
      if (!folded) continue;
      const words = folded.split(' ');
      const entry: Entry = { table: key, column, value, size: words.length };
      const same = whole.get(folded);
      if (same) same.push(entry);
      else whole.set(folded, [entry]);
      if (words.length === 1) continue;
      for (const word of new Set(words)) {
        const list = byWord.get(word);
        if (list) list.push(entry);
        else byWord.set(word, [entry]);
      }
    }
  }
  const find = (words: string[]): ValueMatch[] => {
    const phrase = fold(words.join(' '));
    if (!phrase) return [];
    const singular = phrase.endsWith('s') ? phrase.slice(0, -1) : `${phrase}s`;
    const out: ValueMatch[] = [];
    for (const entry of whole.get(phrase) ?? [])
      out.push({ table: entry.table, column: entry.column, value: entry.value, score: 1 });
    if (out.length === 0 && phrase.length > 4) {
      const others = [
        singular,
        ...(phrase.endsWith('es') ? [phrase.slice(0, -2)] : []),
        ...(phrase.endsWith('ies') ? [`${phrase.slice(0, -3)}y`] : []),
      ];
      for (const other of others)
        for (const entry of whole.get(other) ?? [])
          out.push({ table: entry.table, column: entry.column, value: entry.value, score: 0.9 });
    }
    if (out.length > 0) return out;
    return findPartial(phrase, byWord);
  };
  return {
    find,
    similar: (word) => findSimilar(fold(word), whole),
    nearest: (table, column, value) => nearestValues(columns.get(`${table}\u0000${column}`)?.values ?? [], value),
    profile: (table, column) => columns.get(`${table}\u0000${column}`)?.profile ?? null,
  };
}

/** Values that hold the words one after the other ("American Motor" in "American Motor Company"), at most 40. */
function findPartial(phrase: string, byWord: Map<string, Entry[]>): ValueMatch[] {
  const words = phrase.split(' ');
  const rarest = words
    .map((word) => byWord.get(word) ?? [])
    .sort((a, b) => a.length - b.length)
    .at(0);
  if (!rarest || rarest.length === 0 || rarest.length > 200) return [];
  const out: ValueMatch[] = [];
  for (const entry of rarest) {
    if (!` ${fold(entry.value)} `.includes(` ${phrase} `)) continue;
    out.push({ table: entry.table, column: entry.column, value: entry.value, score: 0.5 + 0.4 * (words.length / entry.size) });
    if (out.length >= 40) break;
  }
  return out.sort((a, b) => b.score - a.score);
}

const buckets = new WeakMap<Map<string, Entry[]>, Map<string, string[]>>();

/** Values that are a slip of the pen away; only words of five letters and more, with the same first letter. */
function findSimilar(phrase: string, whole: Map<string, Entry[]>): ValueMatch[] {
  if (phrase.length < 5) return [];
  let byLetter = buckets.get(whole);
  if (!byLetter) {
    byLetter = new Map();
    for (const key of whole.keys()) {
      const list = byLetter.get(key.slice(0, 1));
      if (list) list.push(key);
      else byLetter.set(key.slice(0, 1), [key]);
    }
    buckets.set(whole, byLetter);
  }
  const limit = phrase.length >= 9 ? 2 : 1;
  const near = (byLetter.get(phrase.slice(0, 1)) ?? []).filter((key) => editDistance(phrase, key, limit) <= limit);
  if (near.length === 0 || near.length > 3) return [];
  return near.flatMap((key) =>
    (whole.get(key) ?? []).map((entry) => ({ table: entry.table, column: entry.column, value: entry.value, score: 0.8 })),
  );
}

function nearestValues(values: string[], wanted: string): string[] {
  const folded = fold(wanted);
  const limit = Math.max(2, Math.floor(folded.length / 4));
  return values
    .slice(0, 5000)
    .map((value) => {
      const other = fold(value);
      return { value, distance: other.includes(folded) ? 0.5 : editDistance(folded, other, limit) };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.value < b.value ? -1 : 1))
    .slice(0, 5)
    .map(({ value }) => value);
}
