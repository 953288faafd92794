import type { SampleBounds } from './contract';

/**
 * Dialect.sampleValues in the SQL that every engine with SQL speaks.
 * @param table and
 * @param column as they stand in a query, quoted where needed
 */
export function sampleValuesSql(table: string, column: string, bounds: SampleBounds): string {
  return (
    `SELECT v FROM (SELECT ${column} AS v FROM ${table} WHERE ${column} IS NOT NULL LIMIT ${bounds.rowsRead}) AS sampled ` +
    `WHERE length(v) <= ${bounds.maxLength} GROUP BY v ORDER BY count(*) DESC, v LIMIT ${bounds.values}`
  );
}
