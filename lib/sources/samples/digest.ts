import { createHash } from 'node:crypto';
import type { SampleColumn, SampleDatabase, SampleValue } from './definition';

/** One value as text, the same whichever engine it came back from: decimals with their digits, booleans spelled out. */
export function canonicalText(column: SampleColumn, value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (column.type === 'boolean') return value === true || value === 1 ? 'true' : 'false';
  if (column.type === 'decimal') return Number(value).toFixed(column.precision?.[1] ?? 0);
  if (column.type === 'double') return String(Number(value));
  return String(value);
}

/** SHA-256, hex, over every row of every table, ordered as the definition gives them (by primary key). */
export function digestRows(sample: SampleDatabase, rowsOf: (table: string) => Iterable<readonly unknown[]>): string {
  const hash = createHash('sha256');
  for (const table of sample.tables) {
    hash.update(`# ${table.name}\n`);
    for (const row of rowsOf(table.name)) {
      hash.update(`${table.columns.map((column, index) => canonicalText(column, row[index])).join('\t')}\n`);
    }
  }
  return hash.digest('hex');
}

/** The digest of what the definition generates. */
export function digestSample(sample: SampleDatabase): string {
  const rows: Record<string, SampleValue[][]> = sample.generate();
  return digestRows(sample, (table) => rows[table] ?? []);
}
