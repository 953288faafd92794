import type { CatalogueColumn, CatalogueTable } from '../adapters/contract';
import { identifierWords, pluralPhrase, singularPhrase } from './words';

/**
 * One readable sentence about a table from its names, keys, comment and relations, and its size: "Orders, each with a customer:
 * one row per order, with status, total and order date. About 84,000 rows." Nothing is invented: every word comes from the catalogue.
 */
export function describeTable(table: CatalogueTable): string {
  const words = identifierWords(table.name);
  const size = sizeSentence(table.rowEstimate, unitOf(table));
  const comment = table.comment
    ?.trim()
    .replace(/\s+/g, ' ')
    .replace(/[.\s]+$/, '');
  if (comment) {
    const facts = listWords(notableColumns(table).map(columnWords));
    return `${capital(comment)}${facts ? `; with ${facts}` : ''}.${size}`;
  }
  return `${capital(subject(table, words))}: ${rowPhrase(table, words)}.${size}`;
}

function subject(table: CatalogueTable, words: string[]): string {
  const related = relatedNames(table);
  if (isLink(table) && related.length > 1)
    return `link between ${listWords(related.map((name) => pluralPhrase(identifierWords(name))))}`;
  const name = pluralPhrase(words);
  const kind = table.kind === 'view' || table.kind === 'materialized view' ? ` (${table.kind})` : '';
  if (related.length === 0 || related.length > 3) return `${name}${kind}`;
  return `${name}${kind}, each with ${listWords(related.map((other) => withArticle(singularPhrase(identifierWords(other)))))}`;
}

function rowPhrase(table: CatalogueTable, words: string[]): string {
  const facts = listWords(notableColumns(table).map(columnWords));
  const row = isLink(table) ? 'one row per pair' : `one ${unitOf(table)} per ${singularPhrase(words)}`;
  return facts ? `${row}, with ${facts}` : row;
}

/** A table whose key consists of references only. */
function isLink(table: CatalogueTable): boolean {
  const references = new Set(table.foreignKeys.flatMap((key) => key.columns));
  return table.primaryKey.length > 1 && table.foreignKeys.length > 1 && table.primaryKey.every((name) => references.has(name));
}

function relatedNames(table: CatalogueTable): string[] {
  const names = table.foreignKeys.map((key) => key.referencedTable.name).filter((name) => name !== table.name);
  return [...new Set(names)];
}

const IGNORED =
  /(^|_)(id|uuid|guid|hash|token|password|secret|salt)$|^(created|updated|deleted|modified|inserted)(_?(at|on|by))?$/i;
const MOST = 5;

/** The columns worth naming: no keys, no bookkeeping, nothing inside of documents; names first, then states, amounts and dates, each in the table's order. */
function notableColumns(table: CatalogueTable): CatalogueColumn[] {
  const keys = new Set([...table.primaryKey, ...table.foreignKeys.flatMap((key) => key.columns)]);
  const isInside = (column: CatalogueColumn) => column.share !== undefined && column.name.includes('.');
  const wanted = table.columns.filter(
    (column) => !keys.has(column.name) && !IGNORED.test(snake(column.name)) && !isInside(column),
  );
  const ranked = wanted.map((column, position) => ({ column, position, rank: rank(column) }));
  ranked.sort((a, b) => a.rank - b.rank || a.position - b.position);
  return ranked
    .slice(0, MOST)
    .sort((a, b) => a.position - b.position)
    .map((entry) => entry.column);
}

function rank(column: CatalogueColumn): number {
  const name = snake(column.name);
  if (/(^|_)(name|title|label|subject)$/.test(name)) return 0;
  if (column.type === 'enum' || /(^|_)(status|state|type|kind|category|severity|priority)$/.test(name)) return 1;
  if (column.type === 'decimal' || /(amount|total|price|quantity|cost|count|sum)/.test(name)) return 2;
  if (['date', 'timestamp', 'timestamptz'].includes(column.type) || /(_at|_on|date|time)$/.test(name)) return 3;
  return ['json', 'binary', 'array', 'unknown'].includes(column.type) ? 5 : 4;
}

const snake = (name: string) => identifierWords(name).join('_');
const columnWords = (column: CatalogueColumn) => identifierWords(column.name).join(' ');

/** What the table consists of. */
const unitOf = (table: CatalogueTable) => (table.kind === 'collection' ? 'document' : 'row');

function sizeSentence(rows: number | null, unit: string): string {
  if (rows === null || rows < 0) return '';
  if (rows === 1) return ` 1 ${unit}.`;
  if (rows < 1000) return ` ${Math.round(rows)} ${unit}s.`;
  const step = 10 ** (Math.floor(Math.log10(rows)) - 1);
  return ` About ${new Intl.NumberFormat('en-US').format(Math.round(rows / step) * step)} ${unit}s.`;
}

function listWords(items: string[]): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

const withArticle = (phrase: string) => `${/^[aeiou]/.test(phrase) ? 'an' : 'a'} ${phrase}`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
