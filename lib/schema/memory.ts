import { LRUCache } from 'lru-cache';
import { singleton } from '../kernel/singleton';
import { subscribe } from '../redis';
import { schemaChanged } from './events';
import type { StoredSchema } from './view';

export interface Remembered {
  schema: StoredSchema;
  /** An old schema of a source that can't be reached is believed until then (milliseconds since the epoch), before it is tried again. */
  believedUntil?: number;
}

/** About 60 MB at a couple of hundred bytes per column. */
const MOST_COLUMNS = 300_000;

/** The first layer: schemas by schemaKey, the least recently used forgotten first. */
export function schemaMemory(): LRUCache<string, Remembered> {
  return singleton('schema.memory', () => {
    const memory = new LRUCache<string, Remembered>({
      max: 1_000,
      maxSize: MOST_COLUMNS,
      sizeCalculation: ({ schema }) => schema.catalogue.tables.reduce((sum, table) => sum + table.columns.length, 1),
    });
    // Keys carry the revision, so that nobody is answered from an old copy even if no message comes; this gives its memory back.
    subscribe(schemaChanged, ({ organizationId, dataSourceId }) => {
      for (const key of [...memory.keys()]) if (key.startsWith(`${organizationId}/${dataSourceId}/`)) memory.delete(key);
    });
    return memory;
  });
}
