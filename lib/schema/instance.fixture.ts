/** Another instance of Quarry, for tests: a process of its own that reads schemas when it is told to. */
import { jobContext } from '../access';
import type { TableDescriptions } from '../catalogue';
import { closeDb } from '../db';
import { closeRedis, redisState } from '../redis';
import { drainPools } from '../sources';
import { getSchema, recheckSchema, refreshSchema, schemaStats, setDescription } from '.';
import { schemaMemory } from './memory';

export interface InstanceRequest {
  do: 'get' | 'refresh' | 'recheck' | 'describe' | 'forget' | 'state' | 'stats';
  organizationId: string;
  dataSourceId: string;
}

export interface InstanceReply {
  layer?: string;
  version?: number;
  columns?: string[];
  descriptions?: Record<string, string>;
  durationMs?: number;
  state?: string;
  remembered?: number;
  error?: string;
}

process.on('message', (request: InstanceRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => void Promise.all([drainPools(0), closeDb(), closeRedis()]).finally(() => process.exit()));
schemaMemory();
process.send?.({ state: 'started' });

async function answer({ do: what, organizationId, dataSourceId }: InstanceRequest): Promise<InstanceReply> {
  if (what === 'forget') {
    schemaMemory().clear();
    return {};
  }
  if (what === 'state') return { state: redisState().state, remembered: schemaMemory().size };
  const ctx = await jobContext(organizationId);
  if (what === 'stats') return { remembered: schemaStats(ctx).refreshes['unknown name'] };
  if (what === 'recheck') {
    await recheckSchema(ctx, dataSourceId);
    return {};
  }
  if (what === 'describe') {
    await setDescription(ctx, dataSourceId, { table: 'public.customers', text: 'People who paid us' });
    return {};
  }
  const started = performance.now();
  const view = await (what === 'refresh' ? refreshSchema(ctx, dataSourceId) : getSchema(ctx, dataSourceId));
  const durationMs = performance.now() - started;
  const columns = view.catalogue.tables.slice(0, 5).flatMap((table) => table.columns.map((column) => column.name));
  return { layer: view.layer, version: view.version, columns, descriptions: firstFive(view.descriptions), durationMs };
}

const firstFive = (descriptions: TableDescriptions) =>
  Object.fromEntries(
    Object.entries(descriptions)
      .slice(0, 5)
      .map(([key, { text }]) => [key, text]),
  );
