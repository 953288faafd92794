import type { Catalogue, CatalogueTable, Dialect, StatementFacts, TableRef } from '../../adapters/contract';
import { tableKey } from '../../catalogue';
import type { BreakingChange } from './breaking-changes';

/** yes: it can't work as before. maybe: it names something of that name, which may be another's. */
export type Use = 'yes' | 'maybe' | 'no';

/**
 * Which of the changes a query meets. Tables come from the dialect's own grammar; columns are looked for in the text, and told
 * apart by qualifiers, aliases and by which of the query's tables have a column of that name. Where that leaves a doubt the answer is "maybe",
 * never "no". A changed type is a "maybe" by nature.
 * @param catalogue as it was before the changes
 */
export async function changesUsedBy(
  query: string,
  changes: readonly BreakingChange[],
  catalogue: Catalogue,
  dialect: Dialect,
): Promise<{ change: BreakingChange; use: Exclude<Use, 'no'> }[]> {
  // Parsing costs milliseconds, looking costs microseconds: most queries name nothing that changed.
  const named = changes.filter(
    (change) => isNamed(query, lastPart(change.table)) && (!change.column || isNamed(query, change.column)),
  );
  if (named.length === 0) return [];
  const facts = await dialect.parse(query).catch(() => null);
  const text = readableText(query, facts, dialect);
  const used = facts ? catalogue.tables.filter((table) => facts.tables.some((ref) => isSame(ref, table, catalogue))) : null;
  return named.flatMap((change) => {
    const use = useOf(change, text, used, catalogue);
    return use === 'no' ? [] : [{ change, use }];
  });
}

function useOf(change: BreakingChange, text: string, used: CatalogueTable[] | null, catalogue: Catalogue): Use {
  const table = catalogue.tables.find((candidate) => tableKey(candidate) === change.table);
  if (!table) return 'no';
  // What doesn't parse is judged by its words alone.
  if (!used) return 'maybe';
  if (!used.includes(table)) return 'no';
  if (change.column === undefined) return 'yes';
  const use = columnUse(text, table, change.column, used);
  return use === 'yes' && change.what === 'type' ? 'maybe' : use;
}

function columnUse(text: string, table: CatalogueTable, column: string, used: CatalogueTable[]): Use {
  const others = used.filter((other) => other !== table);
  const own = namesOf(table, text);
  const foreign = new Set(others.flatMap((other) => [...namesOf(other, text)]));
  const shared = others.some((other) => other.columns.some((candidate) => same(candidate.name, column)));
  let best: Use = 'no';
  for (const { qualifier, isAlias } of occurrences(text, column)) {
    if (isAlias) continue;
    if (qualifier === null) {
      if (!shared) return 'yes';
      best = 'maybe';
    } else if (own.has(qualifier)) return 'yes';
    else if (!foreign.has(qualifier)) best = 'maybe';
  }
  return best;
}

const NAME = /(?:[\p{L}_][\p{L}\p{N}_$]*|"[^"]+"|`[^`]+`|\[[^\]]+\])/u.source;
const EDGE = /[\p{L}\p{N}_]/u.source;

/** Where a name stands as a word: what it is qualified by, and whether it is an alias that the query itself makes. */
function occurrences(text: string, name: string): { qualifier: string | null; isAlias: boolean }[] {
  const word = new RegExp(`(?:(${NAME})\\s*\\.\\s*)?(?<!${EDGE})["\`\\[]?${quoted(name)}["\`\\]]?(?!${EDGE})`, 'giu');
  return [...text.matchAll(word)].map((match) => ({
    qualifier: match[1] ? bare(match[1]) : null,
    isAlias: /\bas\s*$/i.test(text.slice(0, match.index)),
  }));
}

/** Words that follow a table's name and are no alias of it. */
const NO_ALIAS =
  /^(?:as|where|on|join|left|right|inner|outer|cross|full|natural|group|order|having|limit|offset|fetch|union|except|intersect|using|window|for|set|lateral|tablesample|returning|straight_join|use|force|ignore|partition)$/i;

/** What a query calls a table: its name and its aliases, lower case. */
function namesOf(table: CatalogueTable, text: string): Set<string> {
  const names = new Set([table.name.toLowerCase()]);
  const aliased = new RegExp(`(?<!${EDGE})["\`\\[]?${quoted(table.name)}["\`\\]]?\\s+(?:as\\s+)?(${NAME})`, 'giu');
  for (const [, alias = ''] of text.matchAll(aliased)) if (!NO_ALIAS.test(alias)) names.add(bare(alias));
  return names;
}

/** The query without comments, and without texts where texts can't be names. */
function readableText(query: string, facts: StatementFacts | null, dialect: Dialect): string {
  const text = facts?.normalised ?? query;
  return dialect.sql ? text.replace(/'(?:[^']|'')*'/g, "''") : text;
}

function isNamed(text: string, name: string): boolean {
  return new RegExp(`(?<!${EDGE})${quoted(name)}(?!${EDGE})`, 'iu').test(text);
}

function isSame(ref: TableRef, table: CatalogueTable, catalogue: Catalogue): boolean {
  if (!same(ref.name, table.name)) return false;
  const schema = ref.schema ?? catalogue.defaultSchema;
  return schema === undefined || table.schema === undefined || same(schema, table.schema);
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const bare = (name: string) => name.replace(/^["`[]|["`\]]$/g, '').toLowerCase();
const lastPart = (key: string) => key.slice(key.indexOf('.') + 1);
const quoted = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
