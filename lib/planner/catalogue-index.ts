/** A catalogue read once for linking: words of every table and column, their roles, and the graph of keys. */
import type { Catalogue, CatalogueColumn, CatalogueTable } from '../adapters/contract';
import { PERSON_TABLES, SCHEMA_WORDS, SYNONYMS, UNIT_STEMS } from './lexicon';
import type { ColumnRef } from './schema';
import { identifierWords, singular, splitCompound, stem } from './words';

export type ColumnRole = 'id' | 'number' | 'year' | 'date' | 'boolean' | 'text' | 'other';

export interface IndexedColumn {
  ref: ColumnRef;
  column: CatalogueColumn;
  role: ColumnRole;
  /** Stems of all words of the name. */
  words: string[];
  /** Without the words of the table's name and without prefixes that all columns share. */
  core: string[];
  /** Words that may be said with it ("created" holds a date). */
  optional: string[];
  /** The name without separators, as written and expanded. */
  letters: string[];
  /** The words before stemming, for slips of the pen. */
  raw: string[];
  /** The table that a foreign key points to. */
  references: string | null;
  isKey: boolean;
  display: string;
}

export interface IndexedTable {
  key: string;
  table: CatalogueTable;
  words: string[];
  /** The name without separators. */
  letters: string[];
  raw: string[];
  columns: IndexedColumn[];
  /** The declared key, or the one that its name gives away. */
  keys: string[];
  byName: Map<string, IndexedColumn>;
  /** What names a row to a person: "name", "title", or first and last name. */
  label: IndexedColumn[];
  /** Only links other tables. */
  junction: boolean;
  isPerson: boolean;
  display: string;
}

export interface Edge {
  from: string;
  to: string;
  on: { left: ColumnRef; right: ColumnRef }[];
  /** Rows of `from` may have several rows of `to`. */
  many: boolean;
  inferred: boolean;
  cost: number;
}

export interface CatalogueIndex {
  catalogue: Catalogue;
  tables: IndexedTable[];
  byKey: Map<string, IndexedTable>;
  edges: Map<string, Edge[]>;
  /** Steps of the cheapest path between two tables; Infinity when there is none. */
  distance(from: string, to: string): number;
}

/** "public.orders", or "orders" when the engine has no schemas. The same rule as lib/schema's tableKey. */
export function keyOf(table: { schema?: string; name: string }): string {
  return table.schema ? `${table.schema}.${table.name}` : table.name;
}

const synonymSets = new Map<string, number[]>();
SYNONYMS.forEach((set, position) => {
  for (const word of set) {
    const key = stem(word);
    const known = synonymSets.get(key);
    if (known) known.push(position);
    else synonymSets.set(key, [position]);
  }
});

/** Whether two stems stand for the same thing in the general lexicon. */
export function areSynonyms(a: string, b: string): boolean {
  const left = synonymSets.get(a);
  return left ? (synonymSets.get(b)?.some((set) => left.includes(set)) ?? false) : false;
}

const NUMERIC = new Set(['integer', 'bigint', 'decimal', 'double', 'mixed']);
const DATES = new Set(['date', 'timestamp', 'timestamptz']);

function roleOf(column: CatalogueColumn, words: string[], isKey: boolean): ColumnRole {
  const last = words.at(-1) ?? '';
  if (column.type === 'boolean' || column.type === 'bit') return 'boolean';
  if (DATES.has(column.type)) return 'date';
  if (column.type === 'year') return 'year';
  if (isKey || last === 'id' || last === 'uuid' || column.type === 'uuid' || column.type === 'objectid') return 'id';
  if (words.includes('year') && !['text'].includes(column.type) && last === 'year') return 'year';
  if (NUMERIC.has(column.type)) return 'number';
  if (last === 'year') return 'year';
  if (column.type === 'text' || column.type === 'enum') return 'text';
  return 'other';
}

/** A foreign key that is readable by itself: text that isn't called an id ("state", "model"). */
export function isNaturalKey(column: CatalogueColumn, words: readonly string[]): boolean {
  return column.type === 'text' && !['id', 'uuid', 'key', 'code'].includes(words.at(-1) ?? '');
}

function vocabularyOf(catalogue: Catalogue): Set<string> {
  const words = new Set<string>(SCHEMA_WORDS);
  for (const table of catalogue.tables) {
    for (const word of identifierWords(table.name)) {
      words.add(word);
      words.add(word.replace(/s$/, ''));
    }
  }
  return words;
}

function readWords(name: string, vocabulary: ReadonlySet<string>): string[] {
  return identifierWords(name).flatMap((word) => splitCompound(word, vocabulary));
}

/** Leading words that most columns of a table (or most tables of a catalogue) share carry no meaning. */
function sharedPrefix(names: string[][]): number {
  let length = 0;
  while (names.length > 2) {
    const first = names[0]?.slice(0, length + 1).join(' ');
    const sharing = names.filter((words) => words.length > length + 1 && words.slice(0, length + 1).join(' ') === first).length;
    if (sharing < names.length * 0.9 || !first) break;
    length++;
    if (length > 2) break;
  }
  return length;
}

const LABELS = ['name', 'title', 'full name', 'label', 'display name', 'subject', 'headline', 'symbol'];

function findLabel(table: IndexedTable): IndexedColumn[] {
  const usable = table.columns.filter((column) => column.role === 'text' && !column.references);
  const phrase = (column: IndexedColumn): string => column.core.join(' ');
  for (const label of LABELS) {
    const wanted = label.split(' ').map(stem).join(' ');
    const found = usable.find((column) => phrase(column) === wanted);
    if (found) return [found];
  }
  const first = usable.find((column) => /^(first|given|fore) name$/.test(column.core.join(' ')));
  const last = usable.find((column) => /^(last|family|sur) name$|^surnam$/.test(column.core.join(' ')));
  if (first && last) return [first, last];
  const itself = usable.find((column) => column.words.join(' ') === table.words.join(' '));
  if (itself) return [itself];
  const named = usable.find((column) => column.words.at(-1) === 'name' || column.words.at(-1) === stem('title'));
  if (named) return [named];
  const unique = usable.find((column) =>
    table.table.uniqueKeys.some((key) => key.columns.length === 1 && key.columns[0] === column.ref.column),
  );
  if (unique) return [unique];
  const described = usable.find((column) =>
    [stem('description'), stem('number'), 'code', stem('reference')].includes(column.core.at(-1) ?? ''),
  );
  return described ? [described] : [];
}

function indexTable(
  table: CatalogueTable,
  tablePrefix: number,
  letterPrefix: number,
  vocabulary: ReadonlySet<string>,
): IndexedTable {
  const key = keyOf(table);
  const names = readWords(table.name.slice(letterPrefix), vocabulary);
  const columnNames = table.columns.map((column) => column.name);
  const glued = columnNames.some((name) => /[_\s-]/.test(name)) ? 0 : sharedLetters(columnNames);
  const cut = glued >= 3 ? glued : 0;
  const words = names.slice(names.length > tablePrefix ? tablePrefix : 0).map(stem);
  const columnWords = columnNames.map((name) => readWords(name.slice(cut), vocabulary));
  const keys = guessKey(table, letters(table.name.slice(letterPrefix)));
  const prefix = sharedPrefix(columnWords);
  const columns = table.columns.map((column, position): IndexedColumn => {
    const all = (columnWords[position] ?? []).map(stem);
    const bare = all.length > prefix ? all.slice(prefix) : all;
    const withoutTable = bare.filter(
      (word) => !words.some((named) => named === word || (word.length >= 3 && named.startsWith(word))),
    );
    const foreign = table.foreignKeys.find((fk) => fk.columns.length === 1 && fk.columns[0] === column.name);
    const isKey = keys.includes(column.name) && (keys.length === 1 || foreign !== undefined);
    const textKey = isKey && column.type === 'text' && bare.at(-1) !== 'id' && bare.at(-1) !== 'code';
    const role = roleOf(column, bare, (isKey && !textKey) || (foreign !== undefined && !isNaturalKey(column, bare)));
    const raw = all.length > prefix ? (columnWords[position] ?? []).slice(prefix) : (columnWords[position] ?? []);
    return {
      ref: { table: key, column: column.name },
      column,
      role,
      optional: role === 'date' ? [stem('date'), stem('time'), stem('day')] : [],
      letters: [...new Set([letters(column.name), raw.join(''), ...withoutUnit(raw)])],
      words: bare,
      raw,
      core: nestedCore(column.name, columnNames, vocabulary) ?? (withoutTable.length > 0 ? withoutTable : bare),
      references: foreign ? keyOf(foreign.referencedTable) : null,
      isKey,
      display: (columnWords[position] ?? []).slice(prefix).join(' ') || column.name,
    };
  });
  const made: IndexedTable = {
    key,
    table,
    words,
    raw: names.slice(names.length > tablePrefix ? tablePrefix : 0),
    letters: [...new Set([table.name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''), names.join('')])],
    columns,
    keys,
    byName: new Map(columns.map((column) => [column.ref.column, column])),
    label: [],
    junction: false,
    isPerson: words.some((word) => [...PERSON_TABLES].some((person) => stem(person) === word)),
    display: displayOf(table, names.slice(tablePrefix)),
  };
  made.label = findLabel(made);
  return made;
}

/** An array in the documents of a collection is shown as "order items". */
function displayOf({ name, kind }: CatalogueTable, words: readonly string[]): string {
  const inner = kind === 'collection' && name.includes('.');
  return words.map((word, at) => (inner && at < words.length - 1 ? singular(word) : word)).join(' ') || name;
}

const UNTELLING = new Set(['name', 'title', 'label', 'id', 'type', 'kind', 'code', 'key', 'value', 'number', 'status', 'date']);

/** Of a field within a field ("address.city") its own name, where that tells enough and no other field has it. */
function nestedCore(name: string, all: readonly string[], vocabulary: ReadonlySet<string>): string[] | null {
  const last = name.split('.').at(-1) ?? name;
  if (last === name || all.some((other) => other !== name && (other.split('.').at(-1) ?? other) === last)) return null;
  const words = readWords(last, vocabulary);
  return words.length > 0 && !words.every((word) => UNTELLING.has(word)) ? words.map(stem) : null;
}

/** "downtime" for downtime_minutes. */
function withoutUnit(raw: readonly string[]): string[] {
  const bare = raw.slice(0, -1);
  return bare.length > 1 && UNIT_STEMS.has(stem(raw.at(-1) ?? '')) ? [bare.join('')] : [];
}

/** What every name starts with, in letters ("sbcust" of sbcustid and sbcustname). */
function sharedLetters(names: readonly string[]): number {
  const [first] = names;
  if (!first || names.length < 3) return 0;
  let length = 0;
  while (
    length < first.length - 1 &&
    names.every((name) => name.length > length + 2 && name[length]?.toLowerCase() === first[length]?.toLowerCase())
  )
    length++;
  return length;
}

/** A key nobody declared: id, <table>id, or the table's initial and id (author.aid). */
function guessKey(table: CatalogueTable, bare: string): string[] {
  if (table.primaryKey.length > 0) return table.primaryKey;
  const single = bare.replace(/s$/, '');
  const links = table.columns.every((column) => letters(column.name).endsWith('id'));
  const wanted = ['id', `${bare}id`, `${single}id`, ...(links ? [] : [`${bare.slice(0, 1)}id`])];
  for (const name of wanted) {
    const found = table.columns.find((column) => letters(column.name) === name);
    if (found) return [found.name];
  }
  return [];
}

const letters = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

const resolveKey = (keys: ReadonlySet<string>, table: { schema?: string; name: string }, home: CatalogueTable): string | null => {
  for (const key of [keyOf(table), keyOf({ schema: home.schema, name: table.name }), table.name]) if (keys.has(key)) return key;
  const insensitive = [...keys].find((key) => key.toLowerCase() === keyOf(table).toLowerCase());
  return insensitive ?? null;
};

function addEdges(edges: Map<string, Edge[]>, tables: IndexedTable[], byKey: Map<string, IndexedTable>): void {
  const keys = new Set(byKey.keys());
  for (const { table, key } of tables) {
    for (const fk of table.foreignKeys) {
      const to = resolveKey(keys, fk.referencedTable, table);
      const target = to ? byKey.get(to) : undefined;
      if (!to || !target) continue;
      const actual = (name: string | undefined): string =>
        target.table.columns.find((column) => column.name.toLowerCase() === name?.toLowerCase())?.name ?? name ?? '';
      const on = fk.columns.map((column, position) => ({
        left: { table: key, column },
        right: { table: to, column: actual(fk.referencedColumns[position] ?? target.table.primaryKey[position]) },
      }));
      const inferred = fk.inferred ?? false;
      const cost = inferred ? 1.4 : 1;
      const onRight = on.map((pair) => pair.right.column);
      const unique = (side: CatalogueTable, columns: string[]): boolean =>
        [side.primaryKey, ...side.uniqueKeys.map((entry) => entry.columns)].some(
          (entry) => entry.length > 0 && entry.every((column) => columns.includes(column)),
        );
      edges.get(key)?.push({ from: key, to, on, many: !unique(target.table, onRight), inferred, cost });
      if (to !== key) {
        const back = on.map((pair) => ({ left: pair.right, right: pair.left }));
        edges.get(to)?.push({ from: to, to: key, on: back, many: !unique(table, fk.columns), inferred, cost });
      }
    }
  }
}

/** Keys nobody declared: a column whose name ends like another table's key ("customer_id" → customers.id, "citingpaperid" → paper.paperid). */
function inferEdges(edges: Map<string, Edge[]>, tables: IndexedTable[], letterPrefix: number): void {
  for (const table of tables) {
    for (const column of table.columns) {
      if (column.references) continue;
      if ((edges.get(table.key) ?? []).some((edge) => edge.on.some((pair) => pair.left.column === column.ref.column))) continue;
      const target = tables.find((other) => other !== table && pointsTo(column, table, other, letterPrefix));
      const key = target ? target.byName.get(target.keys[0] ?? '') : undefined;
      if (!target || !key) continue;
      const on = [{ left: column.ref, right: key.ref }];
      const back = [{ left: key.ref, right: column.ref }];
      const many = !(table.keys.length === 1 && table.keys[0] === column.ref.column);
      edges.get(table.key)?.push({ from: table.key, to: target.key, on, many: false, inferred: true, cost: 1.5 });
      edges.get(target.key)?.push({ from: target.key, to: table.key, on: back, many, inferred: true, cost: 1.5 });
      column.references = target.key;
      if (!isNaturalKey(column.column, column.words)) column.role = 'id';
    }
  }
}

function pointsTo(column: IndexedColumn, home: IndexedTable, target: IndexedTable, letterPrefix: number): boolean {
  const key = target.keys.length === 1 ? target.byName.get(target.keys[0] ?? '') : undefined;
  if (!key || key.column.type !== column.column.type || home.keys[0] === column.ref.column) return false;
  if (column.words.join(' ') === [...target.words, ...key.core].join(' ')) return true;
  const written = letters(column.ref.column);
  const name = letters(key.ref.column);
  const bare = name.slice(name.length > letterPrefix + 3 ? letterPrefix : 0);
  if (!bare.endsWith('id') || bare === 'id') return false;
  return written === name || (bare.length >= 5 && written.endsWith(bare));
}

function distances(tables: IndexedTable[], edges: Map<string, Edge[]>): (from: string, to: string) => number {
  const known = new Map<string, Map<string, number>>();
  const from = (start: string): Map<string, number> => {
    const done = known.get(start);
    if (done) return done;
    const found = new Map([[start, 0]]);
    let frontier = [start];
    while (frontier.length > 0) {
      const next: string[] = [];
      for (const key of frontier) {
        for (const edge of edges.get(key) ?? []) {
          if (found.has(edge.to)) continue;
          found.set(edge.to, (found.get(key) ?? 0) + 1);
          next.push(edge.to);
        }
      }
      frontier = next;
    }
    known.set(start, found);
    return found;
  };
  void tables;
  return (a, b) => from(a).get(b) ?? Number.POSITIVE_INFINITY;
}

const indexes = new WeakMap<Catalogue, CatalogueIndex>();

/** The index of a catalogue, made once per catalogue object. */
export function indexCatalogue(catalogue: Catalogue): CatalogueIndex {
  const known = indexes.get(catalogue);
  if (known) return known;
  const vocabulary = vocabularyOf(catalogue);
  const tablePrefix = sharedPrefix(catalogue.tables.map((table) => identifierWords(table.name)));
  const shared = sharedLetters(catalogue.tables.map((table) => table.name));
  const letterPrefix =
    tablePrefix === 0 && shared >= 2 && shared <= 4 && !catalogue.tables.some((table) => table.name.includes('_')) ? shared : 0;
  for (const table of catalogue.tables) if (letterPrefix > 0) vocabulary.add(table.name.slice(letterPrefix).toLowerCase());
  const tables = catalogue.tables.map((table) => indexTable(table, tablePrefix, letterPrefix, vocabulary));
  const byKey = new Map(tables.map((table) => [table.key, table]));
  const edges = new Map<string, Edge[]>(tables.map((table) => [table.key, []]));
  addEdges(edges, tables, byKey);
  inferEdges(edges, tables, letterPrefix);
  for (const table of tables) {
    const linking = table.columns.filter((column) => column.references).length;
    table.junction = linking >= 2 && table.columns.length - linking <= 2 && table.label.length === 0;
  }
  const made: CatalogueIndex = { catalogue, tables, byKey, edges, distance: distances(tables, edges) };
  indexes.set(catalogue, made);
  return made;
}

/** The column, or undefined when the catalogue has none such. */
export function columnOf(index: CatalogueIndex, ref: ColumnRef): IndexedColumn | undefined {
  return index.byKey.get(ref.table)?.byName.get(ref.column);
}
