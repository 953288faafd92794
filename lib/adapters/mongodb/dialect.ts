import { QuarryError } from '../../kernel/errors';
import type { ColumnType, Dialect, SampleBounds, Statement, StatementFacts, TableRef } from '../contract';
import { factsOf } from './facts';
import { writeCollection, writePipeline } from './shell-text';
import { parseOperation } from './statement';
import { wholeNumber } from './values';

/** MongoDB's query language: what may run is decided on our own reading of the text, by lists of what is known. */
export const dialect: Dialect = {
  name: 'MongoDB query',
  parse: async (text) => factsOf(parseOperation(text)),
  limit,
  bindNamed,
  quoteIdentifier: (name) => (/^[$_\p{L}][$_\p{L}\p{N}]*$/u.test(name) ? name : JSON.stringify(name)),
  qualify: (table) => writeCollection(table),
  cast: (expression, type) =>
    `{$convert: {input: ${fieldPath(expression)}, to: "${CAST_NAMES[type] ?? 'string'}", onError: null}}`,
  sql: null,
  pipeline: { text: writePipeline },
  sampleValues,
};

/** A lower literal limit stays, a higher one is lowered in place, a missing one is added. A bound one is lowered when it is known. */
function limit(text: string, facts: StatementFacts, rows: number): string {
  const place = facts.limitable ? parseOperation(text).limitPlace : null;
  if (!place || (facts.ownLimit !== undefined && facts.ownLimit <= rows)) return text;
  if (place.own === undefined)
    return `${text.slice(0, place.insertAt)}${place.before}${rows}${place.after}${text.slice(place.insertAt)}`;
  const isLiteral = wholeNumber(place.own.value) !== undefined;
  return isLiteral ? text.slice(0, place.own.start) + rows + text.slice(place.own.end) : text;
}

/**
 * `:name` to `$1`, …; names stand only where a value can, so a text that holds one is left alone.
 * @throws QuarryError input.invalid when a name has no value or a value no name; query.invalid when the text can't be read
 */
function bindNamed(text: string, values: Readonly<Record<string, unknown>>): Statement {
  const params: unknown[] = [];
  const numbers = new Map<string, number>();
  let out = '';
  let copied = 0;
  for (const { name, start, end } of parseOperation(text).params) {
    if (name === undefined) continue;
    if (!Object.hasOwn(values, name)) {
      throw new QuarryError('input.invalid', `The parameter :${name} has no value. Give one under the name "${name}".`, {
        details: { parameter: name },
      });
    }
    const number = numbers.get(name) ?? params.push(values[name]);
    numbers.set(name, number);
    out += `${text.slice(copied, start)}$${number}`;
    copied = end;
  }
  const unused = Object.keys(values).find((name) => !numbers.has(name));
  if (unused !== undefined)
    throw new QuarryError('input.invalid', `The query has no parameter :${unused}.`, { details: { parameter: unused } });
  return { text: out + text.slice(copied), params };
}

const CAST_NAMES: Partial<Record<ColumnType, string>> = {
  boolean: 'bool',
  integer: 'int',
  bigint: 'long',
  decimal: 'decimal',
  double: 'double',
  date: 'date',
  timestamp: 'date',
  timestamptz: 'date',
  objectid: 'objectId',
};

/** A bare field name is read as that field; anything else is an expression already. */
function fieldPath(expression: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(expression) ? JSON.stringify(`$${expression}`) : expression;
}

/** Texts only: other values have no spelling that a person would ask by. Arrays on the way are opened. */
function sampleValues(table: TableRef, column: string, bounds: SampleBounds): string | null {
  const path = `$${column}`;
  const parts = column.split('.');
  if (parts.some((part) => part === '' || part.startsWith('$') || part.includes('\0'))) return null;
  const opened = parts.map((_, index) => ({ $unwind: { path: `$${parts.slice(0, index + 1).join('.')}` } }));
  return writePipeline(table, [
    { $limit: bounds.rowsRead },
    { $match: { [column]: { $type: 'string' } } },
    { $project: { [column]: 1 } },
    ...opened,
    { $match: { [column]: { $type: 'string' } } },
    { $match: { $expr: { $lte: [{ $strLenCP: path }, bounds.maxLength] } } },
    { $group: { _id: path, n: { $sum: 1 } } },
    { $sort: { n: -1, _id: 1 } },
    { $limit: bounds.values },
    { $project: { _id: 0, v: '$_id' } },
  ]);
}
