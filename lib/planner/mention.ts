/** How well a mention names a table, a column or a value. */
import type { Mention } from './link';

export const bestTable = (mention: Mention | null): number => mention?.tables[0]?.score ?? 0;
export const bestColumn = (mention: Mention | null): number => mention?.columns[0]?.score ?? 0;
export const bestValue = (mention: Mention | null): number => mention?.values[0]?.score ?? 0;
export const isTable = (mention: Mention | null): boolean =>
  bestTable(mention) > 0.5 && bestTable(mention) >= bestColumn(mention) - 0.12;
