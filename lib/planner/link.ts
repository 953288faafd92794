/** Links the words of a question to tables, columns and real values, and picks the best set of mentions that don't overlap. */
import { areSynonyms, type CatalogueIndex, type IndexedColumn, type IndexedTable } from './catalogue-index';
import {
  COMPARATIVES,
  DEMONYMS,
  FREQUENCY_WORDS,
  HIGH_WORDS,
  LIGHT_WORDS,
  LOW_WORDS,
  MEASURE_VERBS,
  MONEY_COLUMNS,
  MONEY_WORDS,
  OPPOSITES,
  PERSON_WORDS,
  SAME_PLACE,
  SUPERLATIVES,
  UNIT_STEMS,
} from './lexicon';
import type { ValueIndex, ValueMatch } from './schema';
import { isTypo, stem, type Token } from './words';

export interface Mention {
  /** Token positions, end exclusive. */
  start: number;
  end: number;
  text: string;
  tables: { table: IndexedTable; score: number }[];
  columns: { column: IndexedColumn; score: number }[];
  values: ValueMatch[];
  score: number;
  /** The word says the opposite of the column ("inactive"). */
  opposite?: boolean;
  /** Words were taken as a slip of the pen, or the nearest value. */
  guessed?: string;
}

const GENERIC = new Set(
  [
    'id',
    'name',
    'code',
    'number',
    'data',
    'info',
    'inform',
    'detail',
    'list',
    'tabl',
    'record',
    'date',
    'text',
    'titl',
    'type',
    'type',
    'valu',
    'master',
    'dim',
    'fact',
    'histori',
    ...UNIT_STEMS,
  ].map((word) => word),
);
const KEYWORDS = new Set(
  [...HIGH_WORDS, ...LOW_WORDS, ...Object.keys(SUPERLATIVES), ...Object.keys(COMPARATIVES), ...FREQUENCY_WORDS].concat(
    'average mean avg total sum number count different distinct unique percentage percent ratio'.split(' '),
  ),
);

export const isKeyword = (token: Token): boolean => token.kind === 'word' && KEYWORDS.has(token.lower);

const scores = new WeakMap<Token, Map<string, number>>();

function wordScore(written: Token, word: string, raw = word): number {
  let known = scores.get(written);
  if (!known) {
    known = new Map();
    scores.set(written, known);
  }
  const key = raw === word ? word : `${word} ${raw}`;
  let score = known.get(key);
  if (score === undefined) {
    score = compareWords(written, word, raw);
    known.set(key, score);
  }
  return score;
}

function compareWords(written: Token, word: string, raw: string): number {
  if (written.stem === word || written.lower === word) return 1;
  if (LIGHT_WORDS.has(written.lower)) return 0;
  if (areSynonyms(written.stem, word)) return 0.86;
  if (isTypo(written.lower, raw) || isTypo(written.lower, `${raw}s`)) return 0.82;
  if (word.length >= 3 && written.stem.length >= word.length + 3 && written.stem.startsWith(word) && word.length >= 4)
    return 0.72;
  if (written.stem.length >= 4 && word.length >= written.stem.length + 2 && word.startsWith(written.stem)) return 0.72;
  return 0;
}

/** How well the written words name `words`; 0 when one of them has no place in it. */
function phraseScore(
  written: readonly Token[],
  words: readonly string[],
  required: readonly string[],
  raws: readonly string[] = words,
): number {
  const used = new Set<number>();
  let total = 0;
  for (const token of written) {
    let best = 0;
    let place = -1;
    words.forEach((word, position) => {
      if (used.has(position)) return;
      const score = wordScore(token, word, raws[position]);
      if (score > best) {
        best = score;
        place = position;
      }
    });
    if (place < 0) return 0;
    used.add(place);
    total += best;
  }
  const covered = new Set([...used].map((position) => words[position]));
  const missing = required.filter((word) => !covered.has(word) && word !== 'of' && word !== 'in');
  if (missing.length === required.length) return 0;
  const average = total / written.length;
  if (missing.length === 0) return average;
  if (missing.every((word) => GENERIC.has(word))) return average * 0.9;
  const head = required.at(-1) ?? '';
  const share = (required.length - missing.length) / required.length;
  return average * (covered.has(head) && !GENERIC.has(head) ? 0.66 + 0.2 * share : 0.5 + 0.22 * share);
}

/** "hometown" for home_town, "horse power" for horsepower, "mpg" for MPG: the same letters, cut otherwise. */
function sameLetters(written: readonly Token[], names: readonly string[]): boolean {
  const joined = written.map((token) => token.lower).join('');
  if (joined.length < 3) return false;
  return names.some((name) => name === joined || `${name}s` === joined || (joined.length > 4 && name === `${joined}s`));
}

function linkTable(written: readonly Token[], table: IndexedTable): number {
  if (sameLetters(written, table.letters)) return 1;
  const score = phraseScore(written, table.words, table.words, table.raw);
  if (written.length === 1 && score < 0.95 && LIGHT_WORDS.has(written[0]?.lower ?? '')) return 0;
  if (written.length === 1 && table.isPerson && PERSON_WORDS.has(written[0]?.stem ?? '') && score < 0.62) return 0.62;
  return table.junction ? score * 0.92 : score;
}

function linkColumn(written: readonly Token[], column: IndexedColumn, table: IndexedTable, split: boolean): number {
  const named = linkColumnWords(written, column, table, split);
  // "country name" for a column that is called country and holds names
  if (named > 0.6 || written.length < 2 || column.role !== 'text' || written.at(-1)?.stem !== 'name') return named;
  const bare = linkColumnWords(written.slice(0, -1), column, table, split);
  return bare >= 0.95 ? Math.max(named, 0.96) : named;
}

function linkColumnWords(written: readonly Token[], column: IndexedColumn, table: IndexedTable, split: boolean): number {
  if (sameLetters(written, column.letters)) return 1;
  const score = phraseScore(
    written,
    column.optional.length > 0 ? [...column.words, ...column.optional] : column.words,
    column.core,
    column.optional.length > 0 ? [...column.raw, ...column.optional] : column.raw,
  );
  if (written.length === 1 && score < 0.95 && LIGHT_WORDS.has(written[0]?.lower ?? '')) return 0;
  if (score >= 0.999 || written.length === 1 || split || column.role === 'boolean') return score;
  // "singer name" for singer.name, "name of the singer" is put together later
  const qualified = phraseScore(written, [...table.words, ...column.words], column.core, [...table.raw, ...column.raw]);
  // what is not the table's own name must be the column's own word, not a synonym: "products cost" is a clause
  const ends = written.at(-1);
  // "rated products" are products
  if (
    ends &&
    (/s$/.test(ends.lower) || /ed$/.test(written[0]?.lower ?? '')) &&
    table.words.includes(ends.stem) &&
    !column.words.includes(ends.stem)
  )
    return score;
  const coreFirst = written.some((token) => column.core.some((word) => wordScore(token, word) >= 0.95));
  return Math.max(score, coreFirst ? qualified * 0.98 : 0);
}

/** The same place under other names: "French" → France, "USA" → United States. */
function otherNames(phrase: string): string[] {
  return [
    ...(DEMONYMS[phrase] ?? []),
    ...(SAME_PLACE.find((names) => names.includes(phrase))?.filter((name) => name !== phrase) ?? []),
  ];
}

function linkValues(tokens: readonly Token[], start: number, end: number, values: ValueIndex): ValueMatch[] {
  const span = tokens.slice(start, end);
  const quoted = span.length === 1 && span[0]?.kind === 'quoted';
  const words = span.map((token) => token.text);
  const phrase = words.join(' ').toLowerCase();
  if (!quoted && span.length === 1) {
    const token = span[0];
    if (!token || token.kind === 'date') return [];
    if (
      token.kind === 'stop' &&
      !(token.capital && start > 0 && token.text === token.text.toUpperCase() && token.text.length > 1)
    )
      return [];
    if (token.kind === 'number') return [];
  }
  let found = values.find(words);
  if (!quoted && span.length > 0) {
    const capital = span.some((token, at) => token.capital && (start + at > 0 || span.length > 1));
    found = found.filter((match) => match.score >= 0.9 || (capital && match.score >= (span.length > 1 ? 0.6 : 0.68)));
  }
  if (found.length === 0 || (found[0]?.score ?? 0) < 1) {
    for (const name of otherNames(phrase)) {
      const other = values.find([name]).filter((match) => match.score >= 1);
      if (other.length > 0) return other.map((match) => ({ ...match, score: 0.96 }));
    }
  }
  const lone = span.length === 1 ? span[0] : undefined;
  if (found.length === 0 && lone && (quoted || (lone.kind === 'word' && lone.capital && start > 0)))
    return values.similar(lone.text);
  return found.slice(0, 60);
}

interface Entries {
  tables: Set<IndexedTable>;
  columns: Map<IndexedColumn, IndexedTable>;
}

interface Vocabulary {
  /** Word and its raw form → what holds it. */
  words: { word: string; raw: string; entries: Entries }[];
  letters: Map<string, Entries>;
}

const vocabularies = new WeakMap<CatalogueIndex, Vocabulary>();
const emptyEntries = (): Entries => ({ tables: new Set(), columns: new Map() });

/** Every word of the catalogue with the tables and columns that hold it, so that a span looks only at those. */
function vocabularyOf(index: CatalogueIndex): Vocabulary {
  const known = vocabularies.get(index);
  if (known) return known;
  const words = new Map<string, { word: string; raw: string; entries: Entries }>();
  const letters = new Map<string, Entries>();
  const entriesOf = (word: string, raw: string): Entries => {
    const key = `${word} ${raw}`;
    let entry = words.get(key);
    if (!entry) {
      entry = { word, raw, entries: emptyEntries() };
      words.set(key, entry);
    }
    return entry.entries;
  };
  const spelled = (name: string): Entries => {
    const entries = letters.get(name) ?? emptyEntries();
    letters.set(name, entries);
    return entries;
  };
  for (const table of index.tables) {
    table.words.forEach((word, at) => void entriesOf(word, table.raw[at] ?? word).tables.add(table));
    for (const name of table.letters) spelled(name).tables.add(table);
    for (const column of table.columns) {
      column.words.forEach((word, at) => void entriesOf(word, column.raw[at] ?? word).columns.set(column, table));
      for (const word of column.optional) entriesOf(word, word).columns.set(column, table);
      // "singer name": the table's own words may stand before the column's
      table.words.forEach((word, at) => void entriesOf(word, table.raw[at] ?? word).columns.set(column, table));
      for (const name of column.letters) spelled(name).columns.set(column, table);
    }
  }
  const made = { words: [...words.values()], letters };
  vocabularies.set(index, made);
  return made;
}

const around = new WeakMap<Token, { index: CatalogueIndex; entries: Entries }>();

/** What one word may name. */
function entriesNear(token: Token, index: CatalogueIndex): Entries {
  const known = around.get(token);
  if (known?.index === index) return known.entries;
  const entries = emptyEntries();
  for (const { word, raw, entries: held } of vocabularyOf(index).words) {
    if (wordScore(token, word, raw) <= 0) continue;
    for (const table of held.tables) entries.tables.add(table);
    for (const [column, table] of held.columns) entries.columns.set(column, table);
  }
  if (PERSON_WORDS.has(token.stem)) for (const table of index.tables) if (table.isPerson) entries.tables.add(table);
  around.set(token, { index, entries });
  return entries;
}

/** What a span may name: entries that hold its rarest word, and those spelled with the same letters. */
function nearby(
  written: readonly Token[],
  index: CatalogueIndex,
): { tables: IndexedTable[]; columns: { column: IndexedColumn; table: IndexedTable }[] } {
  const size = (entries: Entries): number => entries.tables.size + entries.columns.size;
  const last = written.length > 1 && written.at(-1)?.stem === 'name' ? written.slice(0, -1) : written;
  const perToken = last.map((token) => entriesNear(token, index)).sort((a, b) => size(a) - size(b));
  const tables = new Set(perToken[0]?.tables);
  const columns = new Map(perToken[0]?.columns);
  const joined = written.map((token) => token.lower).join('');
  const { letters } = vocabularyOf(index);
  for (const name of [joined, joined.replace(/s$/, ''), `${joined}s`]) {
    const held = letters.get(name);
    for (const table of held?.tables ?? []) tables.add(table);
    for (const [column, table] of held?.columns ?? []) columns.set(column, table);
  }
  return { tables: [...tables], columns: [...columns].map(([column, table]) => ({ column, table })) };
}

/** After "products cost" these show that the verb is meant. */
const MORE = /^(more|less|at|over|under|above|below|between|exactly|\d.*)$/;

const contentOf = (tokens: readonly Token[]): Token[] => tokens.filter((token) => token.kind !== 'stop');

function linkSpan(
  tokens: readonly Token[],
  start: number,
  end: number,
  index: CatalogueIndex,
  values: ValueIndex,
): Mention | null {
  const span = tokens.slice(start, end);
  const first = span[0];
  const last = span.at(-1);
  if (!first || !last) return null;
  // a mention does not cross a comma, a possessive or a conjunction
  if (span.slice(0, -1).some((token) => token.comma || token.ends || token.possessive)) return null;
  const text = span.map((token) => token.text).join(' ');
  const mention: Mention = {
    start,
    end,
    text,
    tables: [],
    columns: [],
    values: linkValues(tokens, start, end, values),
    score: 0,
  };
  const edges = [first, last].some((token) => token.kind === 'stop');
  const inner = span
    .slice(1, -1)
    .every((token) => token.kind !== 'stop' || token.lower === 'of' || token.lower === 'per' || token.lower === 'the');
  const plain = span.every(
    (token) => token.kind === 'word' || token.kind === 'stop' || (token.kind === 'number' && span.length > 1),
  );
  const lone = span.length === 1 && isKeyword(first);
  if (!edges && inner && plain && !lone && !/^(between|and|or)$/.test(first.lower)) {
    const content = contentOf(span);
    const whole = content.length === span.length;
    const near = nearby(content, index);
    for (const table of near.tables) {
      const score = whole ? linkTable(content, table) : 0;
      if (score >= 0.5) mention.tables.push({ table, score });
    }
    for (const { column, table } of near.columns) {
      const score = linkColumn(content, column, table, !whole);
      if (score >= 0.5) mention.columns.push({ column, score });
    }
    if (content.length === 1 && whole && mention.columns.length === 0 && mention.values.length === 0)
      addOpposite(mention, first, index);
    if (content.length === 1 && whole && MONEY_WORDS.has(first.lower) && mention.columns.every(({ score }) => score < 0.9))
      addMoney(mention, index);
    if (first.lower === 'total' && content.length > 1 && whole && mention.columns.length > 0)
      addTotalled(mention, content.slice(1), index);
    mention.tables.sort((a, b) => b.score - a.score || (a.table.key < b.table.key ? -1 : 1));
    mention.columns.sort((a, b) => b.score - a.score);
  }
  const participle = (token: Token): boolean => LIGHT_WORDS.has(token.lower) && /(ed|ing)$/.test(token.lower);
  const measured = span.length > 1 && last.lower in MEASURE_VERBS && MORE.test(tokens[end]?.lower ?? '');
  const verb = span.length > 1 && (participle(last) || participle(first) || measured);
  if (verb && (measured || Math.max(mention.tables[0]?.score ?? 0, mention.columns[0]?.score ?? 0) < 0.999)) {
    mention.tables = [];
    mention.columns = [];
  }
  // "miles per gallon" may be a name, "installed per year" is none
  const timed = span.some((token) => token.lower === 'per') && /^(year|quarter|month|week|day)$/.test(last.lower);
  if (timed && Math.max(mention.tables[0]?.score ?? 0, mention.columns[0]?.score ?? 0) < 0.9) {
    mention.tables = [];
    mention.columns = [];
  }
  const keyworded = span.some((token) => isKeyword(token));
  const named = Math.max(mention.tables[0]?.score ?? 0, mention.columns[0]?.score ?? 0);
  const held = mention.values[0]?.score ?? 0;
  if (keyworded && Math.max(named, held) < 0.97) return null;
  mention.score = Math.max(named, held * (LIGHT_WORDS.has(first.lower) && span.length === 1 && !first.capital ? 0.8 : 1));
  return mention.score >= 0.5 ? mention : null;
}

/** "inactive" for a column that says whether something is active. */
function addOpposite(mention: Mention, token: Token, index: CatalogueIndex): void {
  const plain = OPPOSITES[token.lower] ?? /^(?:in|un|non|dis)(\p{L}{4,})$/u.exec(token.lower)?.[1];
  if (plain === undefined) return;
  for (const table of index.tables) {
    for (const column of table.columns) {
      if (column.role !== 'boolean' || !column.core.includes(stem(plain))) continue;
      mention.columns.push({ column, score: 0.95 });
      mention.opposite = true;
    }
  }
}

/** "total amount" of a table whose column is called amount, where another table has total_amount. */
function addTotalled(mention: Mention, content: readonly Token[], index: CatalogueIndex): void {
  for (const { column, table } of nearby(content, index).columns) {
    const score = linkColumn(content, column, table, false) * 0.93;
    if (score >= 0.9 && !mention.columns.some((entry) => entry.column === column)) mention.columns.push({ column, score });
  }
}

/** "revenue": the amounts that tables hold, where no column is called so. */
function addMoney(mention: Mention, index: CatalogueIndex): void {
  for (const table of index.tables) {
    for (const column of table.columns) {
      const rank = MONEY_COLUMNS.findIndex((word) => column.core.includes(word));
      if (rank < 0 || column.role !== 'number' || mention.columns.some((entry) => entry.column === column)) continue;
      mention.columns.push({ column, score: 0.9 - rank * 0.02 });
    }
  }
}

const LONGEST = 6;

/**
 * Chooses mentions by weighted interval scheduling: long and certain ones first.
 * @param blocked token positions that already mean something else (dates)
 */
export function linkMentions(
  tokens: readonly Token[],
  index: CatalogueIndex,
  values: ValueIndex,
  blocked: ReadonlySet<number>,
): Mention[] {
  const best: { weight: number; mentions: Mention[] }[] = [{ weight: 0, mentions: [] }];
  for (let end = 1; end <= tokens.length; end++) {
    let choice = best[end - 1] ?? { weight: 0, mentions: [] };
    for (let start = Math.max(0, end - LONGEST); start < end; start++) {
      if (tokens.slice(start, end).some((_, at) => blocked.has(start + at))) continue;
      const mention = linkSpan(tokens, start, end, index, values);
      const before = best[start];
      if (!mention || !before) continue;
      const content = tokens.slice(start, end).filter((token) => token.kind !== 'stop').length || 1;
      const weight = before.weight + mention.score * content ** 1.15 + 0.02 * (end - start) - 0.1;
      if (weight > choice.weight) choice = { weight, mentions: [...before.mentions, mention] };
    }
    best[end] = choice;
  }
  return best.at(-1)?.mentions ?? [];
}
