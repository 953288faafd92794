import type { ColumnType, Dialect, SqlPieces, StatementFacts } from '../contract';
import { bindNamedParameters } from '../named-parameters';
import { sampleValuesSql } from '../sample-values';
import { factsOf, literalLimit } from './facts';
import { qualify, quoteIdentifier } from './identifiers';
import { loadParser, parseStatement, tokens } from './syntax';

const SCAN_RULES = { dollarQuotes: true, nestedComments: true, escapeStrings: true, backticksAndBrackets: false };

/** PostgreSQL's language: what may run is decided on its own syntax tree. */
export const dialect: Dialect = {
  name: 'PostgreSQL SQL',
  parse: async (text) => {
    await loadParser();
    return factsOf(text, parseStatement(text));
  },
  limit,
  bindNamed: (text, values) => bindNamedParameters(text, values, SCAN_RULES, (number) => `$${number}`),
  quoteIdentifier,
  qualify,
  cast: (expression, type) => `CAST(${expression} AS ${CAST_NAMES[type] ?? 'text'})`,
  sql: sqlPieces(),
  pipeline: null,
  sampleValues: (table, column, bounds) => sampleValuesSql(qualify(table), quoteIdentifier(column), bounds),
};

/**
 * A lower literal LIMIT stays, a higher one is lowered in place, a missing one is added at the end: the server plans for it, and
 * ORDER BY keeps its meaning. Only a limit that is computed, or WITH TIES, needs a query around it.
 */
function limit(text: string, facts: StatementFacts, rows: number): string {
  if (!facts.limitable) return text;
  const { node } = parseStatement(text);
  if (node.limitCount === undefined) return `${withoutEnd(text)}\nLIMIT ${rows}`;
  const own = literalLimit(node);
  if (own !== undefined && own.rows <= rows) return text;
  if (own !== undefined && own.at >= 0) return replaceToken(text, own.at, String(rows));
  return `SELECT * FROM (\n${withoutEnd(text)}\n) AS quarry_result\nLIMIT ${rows}`;
}

/** The text up to its last token, without the closing semicolon and comments behind it. */
function withoutEnd(text: string): string {
  const last = tokens(text).findLast((token) => !token.isComment && token.text !== ';');
  return Buffer.from(text, 'utf8').subarray(0, last?.end).toString('utf8');
}

function replaceToken(text: string, at: number, replacement: string): string {
  const token = tokens(text).find(({ start }) => start === at);
  if (!token) return text;
  const bytes = Buffer.from(text, 'utf8');
  return bytes.subarray(0, token.start).toString('utf8') + replacement + bytes.subarray(token.end).toString('utf8');
}

const CAST_NAMES: Partial<Record<ColumnType, string>> = {
  boolean: 'boolean',
  integer: 'integer',
  bigint: 'bigint',
  decimal: 'numeric',
  double: 'double precision',
  date: 'date',
  time: 'time',
  timetz: 'timetz',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  year: 'integer',
  uuid: 'uuid',
  json: 'jsonb',
  binary: 'bytea',
  inet: 'inet',
};

function sqlPieces(): SqlPieces {
  const literalString = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const asTime = (expression: string, type: ColumnType) => (type === 'text' ? `CAST(${expression} AS timestamp)` : expression);
  return {
    literalString,
    literalDate: (isoDate) => `DATE ${literalString(isoDate)}`,
    truncateDate: (expression, unit, type) => `CAST(DATE_TRUNC('${unit}', ${asTime(expression, type)}) AS date)`,
    datePart: (expression, part, type) => `CAST(EXTRACT(${part.toUpperCase()} FROM ${asTime(expression, type)}) AS integer)`,
    equalsIgnoreCase: (expression, literal) => `LOWER(${expression}) = LOWER(${literal})`,
    containsIgnoreCase: (expression, literal) => `POSITION(LOWER(${literal}) IN LOWER(${expression})) > 0`,
    divide: (numerator, denominator) => `CAST(${numerator} AS numeric) / NULLIF(${denominator}, 0)`,
    nullsLast: (orderExpression, direction) => `${orderExpression} ${direction.toUpperCase()} NULLS LAST`,
  };
}
