import { LRUCache } from 'lru-cache';
import { singleton } from '../kernel/singleton';
import type { SchemaView } from './view';

/** A schema without the place it was found. */
export type StoredSchema = Omit<SchemaView, 'layer'>;

/** About 60 MB at a couple of hundred bytes per column. */
const MOST_COLUMNS = 300_000;

/** The first layer: schemas by organisation, source and credential version, the least recently used forgotten first. */
export function schemaMemory(): LRUCache<string, StoredSchema> {
  return singleton(
    'schema.memory',
    () =>
      new LRUCache<string, StoredSchema>({
        max: 1_000,
        maxSize: MOST_COLUMNS,
        sizeCalculation: ({ catalogue }) => catalogue.tables.reduce((sum, table) => sum + table.columns.length, 1),
      }),
  );
}
