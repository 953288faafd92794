import { z } from 'zod';
import type { BreakingChange } from './breaking-changes';

/** The parts of an access policy that name tables and columns (../shared/API.md); what else it says doesn't matter here. */
const rulesSchema = z.object({
  tables: z.object({ allow: z.array(z.string()).default([]), block: z.array(z.string()).default([]) }).optional(),
  masks: z.array(z.object({ table: z.string(), column: z.string() })).default([]),
  rowFilters: z.array(z.object({ table: z.string(), where: z.unknown() })).default([]),
});

/** Which of the changes leave a rule of a policy without what it names: a mask on a renamed column protects nothing any more. */
export function changesNamedBy(rules: unknown, changes: readonly BreakingChange[]): BreakingChange[] {
  const parsed = rulesSchema.safeParse(rules);
  if (!parsed.success) return [];
  const { tables, masks, rowFilters } = parsed.data;
  return changes.filter((change) => {
    const onTable = (name: string) => namesTable(name, change.table);
    if (change.column === undefined) {
      const listed = [...(tables?.allow ?? []), ...(tables?.block ?? [])];
      return [...listed, ...masks.map((mask) => mask.table), ...rowFilters.map((filter) => filter.table)].some(onTable);
    }
    const { column, what } = change;
    if (what === 'removed' && masks.some((mask) => onTable(mask.table) && mask.column === column)) return true;
    return rowFilters.some((filter) => onTable(filter.table) && isWordOf(JSON.stringify(filter.where) ?? '', column));
  });
}

/** A rule may leave the schema out. */
const namesTable = (name: string, key: string) => name === key || name === key.slice(key.indexOf('.') + 1);

function isWordOf(text: string, name: string): boolean {
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${word}(?![\\p{L}\\p{N}_])`, 'iu').test(text);
}
