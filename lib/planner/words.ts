/** Words of a question and of identifiers: tokens, stems, compound splitting, edit distance. */
import { stemmer } from 'stemmer';
import { ABBREVIATIONS, IRREGULAR, NUMBER_WORDS, STOP_WORDS } from './lexicon';

export interface Token {
  text: string;
  lower: string;
  stem: string;
  kind: 'word' | 'number' | 'quoted' | 'date' | 'stop';
  /** For numbers. */
  value?: number;
  capital: boolean;
  possessive: boolean;
  /** A comma stands after this token. */
  comma: boolean;
  /** A sentence ends after this token. */
  ends: boolean;
  offset: number;
}

const stems = new Map<string, string>();

/** Porter stem of the singular, with the irregular plurals that data models use. */
export function stem(word: string): string {
  const lower = word.toLowerCase();
  const known = stems.get(lower);
  if (known !== undefined) return known;
  const made = stemmer(IRREGULAR[lower] ?? lower);
  if (stems.size > 50_000) stems.clear();
  stems.set(lower, made);
  return made;
}

const TOKEN =
  /``\s*(.+?)\s*''|"([^"]+)"|“([^”]+)”|(?<![\p{L}\p{N}])['‘’`]([^'‘’`]*(?:['’](?=\p{L})[^'‘’`]*)*)['’`](?!\p{L})|(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}\/\d{1,2}\/\d{4})|([$€£]?\d[\d,]*(?:\.\d+)?(?:\s?(?:k|m|bn|million|billion|thousand)\b)?%?)|([\p{L}_][\p{L}\p{N}_]*(?:['’]\p{L}+)?(?:\.[\p{L}\p{N}_]+)*|\d+\p{L}+)|([,;:.?!()/&+-])/gu;

const MULTIPLES: Record<string, number> = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6, bn: 1e9, billion: 1e9 };

function readNumber(text: string): number {
  const match = /^[$€£]?([\d,]*\.?\d+|[\d,]+)\s?([a-z]+)?%?$/i.exec(text);
  if (!match) return Number.NaN;
  return Number((match[1] ?? '').replaceAll(',', '')) * (MULTIPLES[(match[2] ?? '').toLowerCase()] ?? 1);
}

function wordToken(raw: string, offset: number): Token[] {
  const negative = /^(\p{L}+)n['’]t$/iu.exec(raw);
  if (negative) {
    const verb = negative[1] ?? '';
    return [plain(verb, offset), plain('not', offset + verb.length)];
  }
  const split = /^(.+?)['’](s|re|ve|ll|d|m)$/i.exec(raw);
  const text = split?.[1] ?? raw;
  if (text.includes('_')) {
    return text
      .split('_')
      .filter(Boolean)
      .map((part) => plain(part, offset));
  }
  const token = plain(text, offset);
  token.possessive = split?.[2]?.toLowerCase() === 's';
  return [token];
}

function plain(text: string, offset: number): Token {
  const lower = text.toLowerCase();
  const number = NUMBER_WORDS[lower];
  const base = { text, lower, capital: /^\p{Lu}/u.test(text), possessive: false, comma: false, ends: false, offset };
  if (number !== undefined) return { ...base, stem: lower, kind: 'number', value: number };
  return { ...base, stem: stem(lower), kind: STOP_WORDS.has(lower) ? 'stop' : 'word' };
}

/** Cuts a question into tokens; quoted text, numbers and ISO dates are one token each. */
export function tokenise(question: string): Token[] {
  const out: Token[] = [];
  for (const match of question.matchAll(TOKEN)) {
    const offset = match.index;
    const quoted = match[1] ?? match[2] ?? match[3] ?? match[4];
    const base = { capital: false, possessive: false, comma: false, ends: false, offset };
    if (quoted !== undefined) {
      const text = quoted.trim().replace(/[.,?]$/, '');
      if (text) out.push({ ...base, text, lower: text.toLowerCase(), stem: stem(text), kind: 'quoted', capital: true });
    } else if (match[5]) {
      out.push({ ...base, text: match[5], lower: match[5], stem: match[5], kind: 'date' });
    } else if (match[6]) {
      const value = readNumber(match[6]);
      out.push({ ...base, text: match[6], lower: match[6].toLowerCase(), stem: match[6], kind: 'number', value });
    } else if (match[7]) {
      out.push(...wordToken(match[7], offset));
    } else {
      const last = out.at(-1);
      if (last && match[8] === ',') last.comma = true;
      if (last && /[.?!;:]/.test(match[8] ?? '')) last.ends = true;
    }
  }
  return out;
}

/** Lower-case words of an identifier: snake, kebab and camel case, digits apart, abbreviations expanded. */
export function identifierWords(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .flatMap((part) => {
      const lower = part.toLowerCase();
      return (ABBREVIATIONS[lower] ?? lower).split(' ');
    });
}

/** What schemas put after any word ("keyphrasename"). Words that end many English words ("city", "age") are not among them. */
const ENDINGS = new Set(['id', 'name', 'date', 'code', 'number', 'type', 'status', 'time', 'title', 'count', 'price', 'amount']);

/** Splits run-together words ("orderdate") at words that occur elsewhere in the schema or are common in schemas. */
export function splitCompound(word: string, vocabulary: ReadonlySet<string>): string[] {
  if (word.length < 6 || vocabulary.has(word)) return [word];
  for (let cut = word.length - 2; cut >= 2; cut--) {
    const head = word.slice(0, cut);
    const tail = word.slice(cut);
    if (!vocabulary.has(tail)) continue;
    if (vocabulary.has(head) || (cut >= 4 && ENDINGS.has(tail))) return [head, tail];
  }
  return [word];
}

/** Damerau-Levenshtein distance, or `limit + 1` when it is larger. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    if (Math.min(...row) > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? limit + 1;
}

/** Whether a word may be a slip of the pen for another: same first letter, one error, two in long words. */
export function isTypo(written: string, meant: string): boolean {
  if (written.length < 5 || meant.length < 4 || written[0] !== meant[0]) return false;
  const limit = written.length >= 9 ? 2 : 1;
  return editDistance(written, meant, limit) <= limit;
}

/** Of a display name's last word; good enough for words that are shown, never used to link. */
export function singular(words: string): string {
  if (/(?:ss|us|is)$/i.test(words)) return words;
  if (/ies$/i.test(words)) return words.replace(/ies$/i, 'y');
  return /(?:sses|shes|ches|xes|zes)$/i.test(words) ? words.slice(0, -2) : words.replace(/s$/i, '');
}
