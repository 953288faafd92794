import { LRUCache } from 'lru-cache';
import type { Ctx } from '../access';
import { singleton } from '../kernel/singleton';
import { schemaMemory } from './memory';
import type { SchemaLayer } from './view';

/** Why a source was read. */
export type RefreshReason = 'asked' | 'expired' | 'warming' | 'unknown name';

/** What this process did for the organisation since it started. */
export interface SchemaStats {
  /** Schemas handed out, by the layer that had them. */
  reads: Record<SchemaLayer, number>;
  /** Sources read, by reason; `changed` of them had changed. */
  refreshes: Record<RefreshReason, number> & { changed: number; failed: number };
  /** What the first layer holds. */
  memory: { schemas: number; columns: number };
}

type Counts = Omit<SchemaStats, 'memory'>;

const fresh = (): Counts => ({
  reads: { memory: 0, redis: 0, database: 0, source: 0 },
  refreshes: { asked: 0, expired: 0, warming: 0, 'unknown name': 0, changed: 0, failed: 0 },
});

const all = () => singleton('schema.counts', () => new LRUCache<string, Counts>({ max: 10_000 }));

function countsOf(organizationId: string): Counts {
  const counts = all().get(organizationId) ?? fresh();
  all().set(organizationId, counts);
  return counts;
}

export function countRead(ctx: Ctx, layer: SchemaLayer): void {
  countsOf(ctx.organization.id).reads[layer] += 1;
}

export function countRefresh(ctx: Ctx, what: keyof Counts['refreshes']): void {
  countsOf(ctx.organization.id).refreshes[what] += 1;
}

/** How often each layer answered the organisation in this process, and how often its sources were read. */
export function schemaStats(ctx: Ctx): SchemaStats {
  const { reads, refreshes } = countsOf(ctx.organization.id);
  const memory = { schemas: 0, columns: 0 };
  for (const [key, { schema }] of schemaMemory().entries()) {
    if (!key.startsWith(`${ctx.organization.id}/`)) continue;
    memory.schemas += 1;
    memory.columns += schema.catalogue.tables.reduce((sum, table) => sum + table.columns.length, 0);
  }
  return { reads: { ...reads }, refreshes: { ...refreshes }, memory };
}
