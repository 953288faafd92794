/** Decides which table or column a mention means, given what else the question is about. */
import { type CatalogueIndex, columnOf, type IndexedColumn, type IndexedTable, isNaturalKey } from './catalogue-index';
import type { Adjective } from './lexicon';
import type { Mention } from './link';
import type { ColumnRef, ValueIndex, ValueMatch } from './schema';
import { stem } from './words';

export interface Preference {
  /** The table named with the column. */
  owner?: string;
  kinds?: readonly IndexedColumn['role'][];
  /** The id itself is wanted or fine. */
  allowIds?: boolean;
}

export interface Doubt {
  mention: Mention;
  chosen: ColumnRef;
  other: ColumnRef;
}

/** A reading that the caller asks for instead of the best one. */
export type Choice = { start: number; column: ColumnRef };

const MEASURE_WORDS = new Set(['id', 'key', 'code', 'identifi', 'number', 'uuid']);

export class Resolver {
  main: string | null = null;
  readonly anchors = new Set<string>();
  readonly doubts: Doubt[] = [];
  readonly used = new Map<Mention, number>();
  /** How many of the columns asked for each table holds; breaks ties between tables. */
  votes = new Map<string, number>();

  constructor(
    readonly index: CatalogueIndex,
    readonly values: ValueIndex,
    private readonly choice: Choice | null,
  ) {}

  table(key: string): IndexedTable | undefined {
    return this.index.byKey.get(key);
  }

  column(ref: ColumnRef): IndexedColumn | undefined {
    return columnOf(this.index, ref);
  }

  /** How near a table is to what the question is about. */
  nearness(key: string, owner?: string): number {
    if (owner === key) return 0.5;
    if (this.main === key) return 0.3;
    if (this.anchors.has(key)) return 0.24;
    if (this.main === null) return 0;
    const distance = this.index.distance(this.main, key);
    const fromOwner = owner ? this.index.distance(owner, key) : Number.POSITIVE_INFINITY;
    if (fromOwner === 1) return 0.2;
    return Number.isFinite(distance) ? 0.16 / distance : -0.3;
  }

  /** The best table for a mention, among those that link well. */
  tableOf(mention: Mention | null | undefined): IndexedTable | null {
    if (!mention) return null;
    let best: { table: IndexedTable; total: number } | null = null;
    for (const { table, score } of mention.tables) {
      const near = this.main === null ? 0 : Math.max(-0.1, this.nearness(table.key)) * 0.2;
      const total = score + near + Math.min(2, this.votes.get(table.key) ?? 0) * 0.04 - (table.junction ? 0.05 : 0);
      if (!best || total > best.total + 1e-9) best = { table, total };
    }
    return best?.table ?? null;
  }

  /** The column that a mention means; null when none of its candidates is usable. */
  columnFor(mention: Mention, preference: Preference = {}): IndexedColumn | null {
    if (this.choice?.start === mention.start) return this.column(this.choice.column) ?? null;
    const key = this.keyFor(mention, preference.owner);
    if (key) return key;
    const asksId = mention.text.split(/\s+/).some((word) => MEASURE_WORDS.has(stem(word)));
    const ranked = mention.columns
      .map(({ column, score }) => {
        let total = score + this.nearness(column.ref.table, preference.owner);
        if (preference.kinds && !this.isKind(column, preference.kinds)) total -= 0.35;
        if (column.references && !asksId && !preference.allowIds && !this.isNatural(column)) total -= 0.18;
        if (column.role === 'id' && !asksId && !preference.allowIds) total -= 0.1;
        if (column.references && asksId) total -= 0.03;
        return { column, score, total };
      })
      .sort((a, b) => b.total - a.total || (a.column.ref.table < b.column.ref.table ? -1 : 1));
    const [best, second] = ranked;
    if (!best) return this.labelFor(mention, preference);
    const label = this.labelFor(mention, preference);
    if (label && best.column.ref.table !== preference.owner && !this.isSame(best.column, label)) return label;
    if (second && best.total - second.total < 0.015 && best.score < 0.95 && second.column.ref.table === best.column.ref.table) {
      this.doubts.push({ mention, chosen: best.column.ref, other: second.column.ref });
    }
    this.used.set(mention, best.score);
    return best.column;
  }

  /** "its id": the key of the table that is named with it. */
  private keyFor(mention: Mention, owner: string | undefined): IndexedColumn | null {
    if (!owner || !/^(id|ids|identifier|identifiers)$/i.test(mention.text)) return null;
    const table = this.table(owner);
    const key = table?.keys.length === 1 ? table.keys[0] : undefined;
    return key === undefined ? null : (table?.byName.get(key) ?? null);
  }

  private isSame(a: IndexedColumn, b: IndexedColumn): boolean {
    return a.ref.table === b.ref.table && a.ref.column === b.ref.column;
  }

  private isKind(column: IndexedColumn, kinds: readonly IndexedColumn['role'][]): boolean {
    if (kinds.includes(column.role)) return true;
    if (kinds.includes('number') && column.role === 'text') return this.isNumericText(column);
    if (kinds.includes('date') && column.role === 'text')
      return this.values.profile(column.ref.table, column.ref.column)?.dates ?? false;
    return false;
  }

  /** "name" of a table that has no column of that name: what names its rows. */
  private labelFor(mention: Mention, preference: Preference): IndexedColumn | null {
    const words = mention.text.toLowerCase().split(/\s+/).map(stem);
    const owner = preference.owner ?? this.main;
    const table = owner ? this.table(owner) : undefined;
    if (table?.label.length !== 1) return null;
    const isName = (word: string): boolean => word === 'name' || word === stem('title');
    if (!words.some(isName) || !words.every((word) => isName(word) || table.words.includes(word))) return null;
    const own = mention.columns.find(({ column, score }) => column.ref.table === table.key && score >= 0.5);
    return own ? null : (table.label[0] ?? null);
  }

  /** A foreign key that a person can read as it is. */
  isNatural(column: IndexedColumn): boolean {
    return (
      isNaturalKey(column.column, column.words) && !(this.values.profile(column.ref.table, column.ref.column)?.numeric ?? false)
    );
  }

  isNumericText(column: IndexedColumn): boolean {
    return (
      column.column.type === 'text' &&
      !column.references &&
      column.role !== 'id' &&
      (this.values.profile(column.ref.table, column.ref.column)?.numeric ?? false)
    );
  }

  /** Text that holds numbers of different lengths is compared as a number. */
  needsNumber(column: IndexedColumn): boolean {
    return this.isNumericText(column) && !(this.values.profile(column.ref.table, column.ref.column)?.sameLength ?? true);
  }

  isMeasure(column: IndexedColumn): boolean {
    return column.role === 'number' || column.role === 'year' || column.role === 'date' || this.isNumericText(column);
  }

  /** The column that an adjective is about ("oldest" → age, or birth date the other way round). */
  adjectiveColumn(adjective: Adjective, tables: readonly string[]): { column: IndexedColumn; turned: boolean } | null {
    for (const key of tables) {
      const table = this.table(key);
      if (!table) continue;
      for (const concept of adjective.concepts) {
        const turned = concept.startsWith('-');
        const word = stem(turned ? concept.slice(1) : concept);
        const found =
          table.columns.find((column) => column.core.join(' ') === word && this.isMeasure(column)) ??
          table.columns.find((column) => column.core.includes(word) && this.isMeasure(column)) ??
          (word === stem('date') ? table.columns.find((column) => column.role === 'date') : undefined);
        if (found) return { column: found, turned };
      }
    }
    return null;
  }

  /** A measure in the tables at hand for a unit ("3000 pounds" → weight). */
  unitColumn(unit: string, tables: readonly string[]): IndexedColumn | null {
    const word = stem(unit);
    for (const key of tables) {
      const found = this.table(key)?.columns.find((column) => column.words.includes(word) && this.isMeasure(column));
      if (found) return found;
    }
    return null;
  }

  /** The date or year column of the tables at hand. */
  dateColumn(tables: readonly string[], wantYear: boolean, verb?: string): IndexedColumn | null {
    const timely = (column: IndexedColumn): boolean =>
      column.role === 'date' || column.role === 'year' || this.isKind(column, ['date']);
    for (const key of tables) {
      if (verb === undefined) break;
      const named = this.table(key)?.columns.find(
        (column) =>
          timely(column) &&
          column.words.some(
            (word) =>
              word === verb || (verb.length > 4 && word.startsWith(verb)) || (verb === 'birth' && word.startsWith('birth')),
          ),
      );
      if (named) return named;
    }
    for (const key of tables) {
      const table = this.table(key);
      if (!table) continue;
      const dated = table.columns.filter((column) => column.role === 'date' || this.isKind(column, ['date']));
      const years = table.columns.filter((column) => column.role === 'year');
      const list = wantYear ? [...years, ...rankDates(dated, table)] : [...rankDates(dated, table), ...years];
      if (list[0]) return list[0];
    }
    return null;
  }

  /** The stored values that a mention names, in the column that fits best. */
  valueFor(
    mentions: readonly Mention[],
    column: Mention | null,
    owner?: string,
  ): { column: IndexedColumn; values: string[]; score: number } | null {
    const first = mentions[0];
    if (!first) return null;
    const ranked: { match: ValueMatch; total: number }[] = [];
    for (const match of first.values) {
      const indexed = this.column({ table: match.table, column: match.column });
      if (!indexed) continue;
      const named = column?.columns.find((entry) => this.isSame(entry.column, indexed))?.score ?? 0;
      const tabled = column?.tables.find((entry) => entry.table.key === match.table)?.score ?? 0;
      const label = this.table(match.table)?.label.some((entry) => this.isSame(entry, indexed)) ? 0.06 : 0;
      const key = indexed.references ? -0.05 : 0;
      ranked.push({ match, total: match.score + this.nearness(match.table, owner) + named * 0.8 + tabled * 0.4 + label + key });
    }
    ranked.sort((a, b) => b.total - a.total || (a.match.table + a.match.column < b.match.table + b.match.column ? -1 : 1));
    const chosen =
      this.choice?.start === first.start
        ? ranked.find(({ match }) => match.table === this.choice?.column.table && match.column === this.choice.column.column)
        : ranked[0];
    if (!chosen) return null;
    const { match } = chosen;
    const indexed = this.column({ table: match.table, column: match.column });
    if (!indexed) return null;
    const other = ranked.find((entry) => entry.match.column !== match.column || entry.match.table !== match.table);
    if (other && chosen.total - other.total < 0.02 && !column && other.match.table === match.table) {
      this.doubts.push({ mention: first, chosen: match, other: { table: other.match.table, column: other.match.column } });
    }
    const values: string[] = [];
    for (const mention of mentions) {
      const same = mention.values.filter((entry) => entry.table === match.table && entry.column === match.column);
      const top = same[0]?.score ?? 0;
      for (const entry of same) if (entry.score >= top - 1e-9 && !values.includes(entry.value)) values.push(entry.value);
    }
    return { column: indexed, values: values.slice(0, 50), score: match.score };
  }
}

/** Business dates before bookkeeping ones. */
function rankDates(columns: IndexedColumn[], table: IndexedTable): IndexedColumn[] {
  const rank = (column: IndexedColumn): number => {
    const words = column.words;
    if (words.some((word) => ['updat', 'modifi', 'delet', 'birth', 'dob'].includes(word))) return 3;
    if (words.some((word) => table.words.includes(word))) return 0;
    return words.some((word) => ['creat', 'insert'].includes(word)) ? 1 : 0.5;
  };
  return [...columns].sort((a, b) => rank(a) - rank(b));
}
