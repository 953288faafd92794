import { LRUCache } from 'lru-cache';
import { QuarryError } from '../../kernel/errors';
import type { ColumnType, Dialect, SqlPieces, Statement, StatementFacts } from '../contract';
import { type Analysis, analyse } from './facts';
import { qualify, quoteIdentifier } from './identifiers';
import { tokenise } from './lexer';

/** A text is looked at several times on its way (facts, limit), and dashboards ask the same again and again. Sizes are characters. */
const analysed = new LRUCache<string, Analysis>({
  maxSize: 500_000,
  maxEntrySize: 20_000,
  sizeCalculation: (_, text) => text.length + 1,
});

/** The language of MySQL and MariaDB: what may run is decided by a grammar of our own, see docs/adr. */
export const dialect: Dialect = {
  name: 'MySQL SQL',
  parse: async (text) => analysisOf(text).facts,
  limit,
  bindNamed,
  quoteIdentifier,
  qualify,
  cast,
  sql: sqlPieces(),
  pipeline: null,
  sampleValues: (table, column, bounds) => {
    const name = quoteIdentifier(column);
    return (
      `SELECT CAST(v AS CHAR) AS v FROM (SELECT ${name} AS v FROM ${qualify(table)} WHERE ${name} IS NOT NULL LIMIT ${bounds.rowsRead}) AS sampled ` +
      `WHERE CHAR_LENGTH(v) <= ${bounds.maxLength} GROUP BY v ORDER BY COUNT(*) DESC, v LIMIT ${bounds.values}`
    );
  },
};

/** @throws QuarryError query.invalid */
export function analysisOf(text: string): Analysis {
  const known = analysed.get(text);
  if (known) return known;
  const analysis = analyse(text);
  analysed.set(text, analysis);
  return analysis;
}

/**
 * A lower literal LIMIT stays, a higher one is lowered in place, a missing one is added at the end: the server plans for it, and ORDER BY
 * keeps its meaning. A computed one (LIMIT ?, WITH TIES) stays, since a query around it may not have two columns of one name; the
 * reader stops at its cap all the same.
 */
function limit(text: string, facts: StatementFacts, rows: number): string {
  if (!facts.limitable || (facts.ownLimit !== undefined && facts.ownLimit <= rows)) return text;
  const { tokens, limit: own } = analysisOf(text);
  if (own?.count) return text.slice(0, own.count.start) + String(rows) + text.slice(own.count.end);
  if (own?.present) return text;
  return `${text.slice(0, tokens.at(-1)?.end)}\nLIMIT ${rows}`;
}

/** `:name` to `?` outside strings, names and comments, with its value once for each place. */
function bindNamed(text: string, values: Readonly<Record<string, unknown>>): Statement {
  const params: unknown[] = [];
  const used = new Set<string>();
  let out = '';
  let copied = 0;
  for (const token of tokenise(text)) {
    if (token.kind === 'parameter')
      throw new QuarryError('input.invalid', 'Name every parameter (:name); a question mark cannot stand beside them.');
    if (token.kind !== 'named') continue;
    const name = token.text.slice(1);
    if (!Object.hasOwn(values, name)) {
      throw new QuarryError('input.invalid', `The parameter :${name} has no value. Give one under the name "${name}".`, {
        details: { parameter: name },
      });
    }
    used.add(name);
    params.push(values[name]);
    out += `${text.slice(copied, token.start)}?`;
    copied = token.end;
  }
  const unused = Object.keys(values).find((name) => !used.has(name));
  if (unused !== undefined)
    throw new QuarryError('input.invalid', `The query has no parameter :${unused}.`, { details: { parameter: unused } });
  return { text: out + text.slice(copied), params };
}

/** CAST knows few types (manual, "Cast Functions"); the others are reached by arithmetic or as text. */
const CAST_NAMES: Partial<Record<ColumnType, string>> = {
  boolean: 'SIGNED',
  integer: 'SIGNED',
  bigint: 'SIGNED',
  year: 'SIGNED',
  decimal: 'DECIMAL(38, 10)',
  date: 'DATE',
  time: 'TIME(6)',
  timestamp: 'DATETIME(6)',
  timestamptz: 'DATETIME(6)',
  binary: 'BINARY',
};

function cast(expression: string, type: ColumnType): string {
  if (type === 'double') return `(${expression} + 0e0)`;
  return `CAST(${expression} AS ${CAST_NAMES[type] ?? 'CHAR'})`;
}

function literalString(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function sqlPieces(): SqlPieces {
  return {
    literalString,
    literalDate: (isoDate) => `DATE ${literalString(isoDate)}`,
    truncateDate: (expression, unit) => {
      if (unit === 'day') return `DATE(${expression})`;
      if (unit === 'week') return `DATE_SUB(DATE(${expression}), INTERVAL WEEKDAY(${expression}) DAY)`;
      if (unit === 'quarter') return `DATE_ADD(MAKEDATE(YEAR(${expression}), 1), INTERVAL QUARTER(${expression}) - 1 QUARTER)`;
      if (unit === 'year') return `MAKEDATE(YEAR(${expression}), 1)`;
      return `DATE_SUB(DATE(${expression}), INTERVAL DAYOFMONTH(${expression}) - 1 DAY)`;
    },
    datePart: (expression, part) => `${part.toUpperCase()}(${expression})`,
    equalsIgnoreCase: (expression, literal) => `LOWER(${expression}) = LOWER(${literal})`,
    containsIgnoreCase: (expression, literal) => `LOCATE(LOWER(${literal}), LOWER(${expression})) > 0`,
    // A division gives four digits more than its dividend has.
    divide: (numerator, denominator) => `(${numerator}) * 1.0000000000 / NULLIF(${denominator}, 0)`,
    // A NULL is lower than every value here, so only an ascending order has it first.
    nullsLast: (expression, direction) =>
      direction === 'desc' ? `${expression} DESC` : `${expression} IS NULL, ${expression} ASC`,
  };
}
