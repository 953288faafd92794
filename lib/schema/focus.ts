import { createHash } from 'node:crypto';
import { tableKey } from '../catalogue';
import type { StoredSchema } from './view';

interface Focused {
  schema: StoredSchema;
  hiddenTables: number;
}

/** The last choice made of each schema: a thousand tables aren't filtered anew for every question. */
const known = new WeakMap<StoredSchema, Focused & { choice: string }>();

/**
 * A schema with the chosen tables only, and the references between them. It is a focus, not a wall: a query may still name the other
 * tables. The fingerprint changes with the choice, so that what was made of another choice isn't taken for this one's.
 * @param tables keys of the chosen tables; null: all of them
 */
export function focusOn(schema: StoredSchema, tables: readonly string[] | null): Focused {
  if (tables === null) return { schema, hiddenTables: 0 };
  const choice = JSON.stringify(tables);
  const before = known.get(schema);
  if (before?.choice === choice) return before;
  const keys = new Set(tables);
  const chosen = schema.catalogue.tables
    .filter((table) => keys.has(tableKey(table)))
    .map((table) => ({ ...table, foreignKeys: table.foreignKeys.filter((key) => keys.has(tableKey(key.referencedTable))) }));
  const hiddenTables = schema.catalogue.tables.length - chosen.length;
  const fingerprint = createHash('sha256').update(`${schema.fingerprint} ${choice}`).digest('hex');
  const focused = {
    choice,
    hiddenTables,
    schema: hiddenTables === 0 ? schema : { ...schema, fingerprint, catalogue: { ...schema.catalogue, tables: chosen } },
  };
  known.set(schema, focused);
  return focused;
}
