import { LRUCache } from 'lru-cache';
import type { Ctx } from '../access';
import type { CatalogueColumn, CatalogueTable, Dialect } from '../adapters/contract';
import { getAdapter } from '../adapters/registry';
import { SingleFlight } from '../cache';
import { singleton } from '../kernel/singleton';
import { buildValueIndex, type ValueIndex } from '../planner';
import { runQuery } from '../query';
import type { SchemaView } from '../schema';
import type { SourceSummary } from '../sources';

/**
 * Real values of text columns, sampled through the execution path with the caller's rights, so that a question's words can be linked to
 * them and a model sees what values look like. Bounded in columns, rows read per column, values kept and total time.
 */
export interface ValueSamples {
  index: ValueIndex;
  /** Values of one column, most telling first; empty when it wasn't sampled. */
  of(table: CatalogueTable, column: string): string[];
}

const MAX_COLUMNS = 300;
const ROWS_READ = 20_000;
const VALUES_KEPT = 500;
const VALUE_LENGTH = 80;
const TOTAL_MS = 8_000;
const TTL_MS = 15 * 60_000;
const SAMPLED_TYPES = new Set(['text', 'mixed']);

/** Columns with texts in them; an array in a document may hold texts too. */
const isSampled = (table: CatalogueTable, column: CatalogueColumn): boolean =>
  SAMPLED_TYPES.has(column.type) || (table.kind === 'collection' && column.type === 'array');

const cache = () => singleton('agent.valueSamples', () => new LRUCache<string, ValueSamples>({ max: 200, ttl: TTL_MS }));

const flights = () => singleton('agent.valueFlights', () => new SingleFlight<ValueSamples>());

/** The samples of a source for this schema; built on first use, shared while fresh. Never throws: what can't be read isn't sampled. */
export async function getValueSamples(ctx: Ctx, source: SourceSummary, schema: SchemaView): Promise<ValueSamples> {
  // The role is part of the key, because what a policy hides differs between roles.
  const key = [ctx.organization.id, source.id, schema.fingerprint, ctx.role].join('/');
  const known = cache().get(key);
  if (known) return known;
  const { value } = await flights().share(key, ctx.signal, async (signal) => {
    const made = await readSamples({ ...ctx, signal }, source, schema);
    cache().set(key, made);
    return made;
  });
  return value;
}

async function readSamples(ctx: Ctx, source: SourceSummary, schema: SchemaView): Promise<ValueSamples> {
  const { dialect } = getAdapter(source.type);
  const columns = schema.catalogue.tables
    .filter((table) => table.kind !== 'view')
    .sort((a, b) => (a.rowEstimate ?? 0) - (b.rowEstimate ?? 0))
    .flatMap((table) => table.columns.map((column) => ({ table, column })));
  const samples: { table: CatalogueTable; column: string; values: string[] }[] = columns
    .filter(({ column }) => column.enumValues?.length)
    .map(({ table, column }) => ({ table, column: column.name, values: column.enumValues ?? [] }));
  const wanted = columns
    .filter(({ table, column }) => isSampled(table, column) && !column.enumValues?.length)
    .slice(0, MAX_COLUMNS);
  const deadline = AbortSignal.timeout(TOTAL_MS);
  const own: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal, deadline]) };
  const queue = [...wanted];
  const worker = async () => {
    for (let next = queue.shift(); next && !own.signal.aborted; next = queue.shift()) {
      const values = await readColumn(own, source, next.table, next.column.name, dialect);
      if (values.length) samples.push({ table: next.table, column: next.column.name, values });
    }
  };
  await Promise.all([worker(), worker()]);
  ctx.signal.throwIfAborted();
  const byColumn = new Map(samples.map((sample) => [columnKey(sample.table, sample.column), sample.values]));
  return {
    index: buildValueIndex(samples.map(({ table, column, values }) => ({ table, column, values }))),
    of: (table, column) => byColumn.get(columnKey(table, column)) ?? [],
  };
}

const columnKey = (table: CatalogueTable, column: string) => JSON.stringify([table.schema ?? '', table.name, column]);

async function readColumn(
  ctx: Ctx,
  source: SourceSummary,
  table: CatalogueTable,
  column: string,
  dialect: Dialect,
): Promise<string[]> {
  const ref = { ...(table.schema ? { schema: table.schema } : {}), name: table.name };
  const query = dialect.sampleValues(ref, column, { rowsRead: ROWS_READ, values: VALUES_KEPT, maxLength: VALUE_LENGTH });
  if (query === null) return [];
  try {
    const result = await runQuery(ctx, {
      dataSourceId: source.id,
      query,
      limit: VALUES_KEPT,
      timeoutMs: 2_000,
      cache: 'bypass',
      origin: 'system',
    });
    return result.rows
      .map(([value]) => value)
      .filter((value): value is string => typeof value === 'string' && value.length > 0 && value.length <= VALUE_LENGTH);
  } catch (error) {
    ctx.log.debug({ err: error, table: table.name, column }, 'column not sampled');
    return [];
  }
}
