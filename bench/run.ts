import pg from 'pg';
import type { Ctx } from '../lib/access';
import { getAdapter } from '../lib/adapters/registry';
import { closeDb } from '../lib/db';
import { createSource, drainPools, openSource } from '../lib/sources';
import { createTestOrganization, type TestOrganization } from '../lib/testing/organization';
import { type Client, createClient } from './client';
import { findCopier } from './copy';
import { exportingOtherEngines } from './engines';
import { type Line, times, timing } from './lines';
import { machineLine, percentile, proportionalMib, throughput, timeEach, withMemory } from './measure';
import { schemas } from './schemas';
import { sessionMemory } from './sessions';
import { storms } from './storm';

export interface Target {
  url: string;
  pid: number;
  sourceUrl: string;
}

export interface Setting {
  target: Target;
  org: TestOrganization;
  ctx: Ctx;
  sourceId: string;
  client: Client;
}

const SELECT_ONE = 'SELECT 1 AS one';
const THOUSAND = 'SELECT * FROM orders ORDER BY id LIMIT 1000';
const MILLION = 'SELECT * FROM orders';
const AGGREGATE = 'SELECT status, count(*), sum(amount) FROM orders GROUP BY status ORDER BY status';

/** What concerns pools and sessions, and everything. */
const POOLS = [pooling, storms, sessionMemory];
const PARTS = [...POOLS, execution, caching, exporting, exportingOtherEngines, schemas];

/**
 * Runs all of it and prints a Markdown table.
 * @param only `pools` runs what concerns pools and sessions alone
 */
export async function runBenchmarks(target: Target, only?: string): Promise<void> {
  const org = await createTestOrganization();
  const source = await createSource(org.ctx, { name: 'Bench', type: 'postgres', connection: { uri: target.sourceUrl } });
  const client = createClient(target.url, org.token);
  const setting: Setting = { target, org, ctx: org.ctx, sourceId: source.id, client };
  const lines: Line[] = [];
  try {
    for (const part of only === 'pools' ? POOLS : PARTS) lines.push(...(await part(setting)));
  } finally {
    client.close();
    await drainPools(1_000);
    await org.drop();
    await closeDb();
  }
  console.log(`\n${machineLine()}\n`);
  console.log('| What | Measured | Compared with | Ratio |\n|---|---|---|---|');
  for (const { what, measured, compared, ratio } of lines) console.log(`| ${what} | ${measured} | ${compared} | ${ratio} |`);
}

/** E9: a request with a connection of the pool against one that connects for itself, and what a held connection costs. */
async function pooling({ ctx, sourceId, target }: Setting): Promise<Line[]> {
  const open = await openSource(ctx, sourceId);
  const query = async (lease: Awaited<ReturnType<typeof open.lease>>) => {
    const options = { signal: new AbortController().signal, timeoutMs: 30_000, maxRows: 10, maxBytes: 1e6 };
    const result = await lease.execute({ text: SELECT_ONE }, options);
    for await (const _ of result.rows) {
      // only read
    }
  };
  const pooled = await timeEach(400, async () => {
    const lease = await open.lease();
    await query(lease);
    lease.release();
  });
  const adapter = getAdapter(open.source.type);
  const config = adapter.manifest.parseConnection({ uri: target.sourceUrl });
  const limits = { max: 1, min: 0, waitMs: 5_000, connectTimeoutMs: 5_000, recycleMs: 3_600_000, allowWrites: false };
  const unpooled = await timeEach(100, async () => {
    const pool = adapter.open(config, limits);
    const lease = await pool.lease();
    await query(lease);
    lease.release();
    await pool.drain(1_000);
  });
  const memory = await memoryPerSession(adapter.open(config, { ...limits, max: 40 }), query);
  return [
    {
      what: 'Pooled against unpooled request (`select 1` on a lease)',
      measured: `pooled ${timing(pooled)}`,
      compared: `unpooled ${timing(unpooled)}`,
      ratio: `p50 ${times(unpooled.p50 / pooled.p50)}, p95 ${times(unpooled.p95 / pooled.p95)} faster`,
    },
    { what: 'Memory per held session (40 sessions)', measured: memory.client, compared: memory.server, ratio: '–' },
  ];
}

type SomePool = ReturnType<ReturnType<typeof getAdapter>['open']>;
type SomeLease = Awaited<ReturnType<SomePool['lease']>>;

async function memoryPerSession(pool: SomePool, query: (lease: SomeLease) => Promise<void>) {
  const count = 40;
  global.gc?.();
  const before = process.memoryUsage().rss;
  const leases = await Promise.all(Array.from({ length: count }, () => pool.lease()));
  await Promise.all(leases.map(query));
  const each = Math.max(0, process.memoryUsage().rss - before) / count / 1024;
  const shares = leases.map((lease) => proportionalMib(Number(lease.backendId))).filter((mib) => mib !== undefined);
  for (const lease of leases) lease.release();
  await pool.drain(1_000);
  const server =
    shares.length === 0 ? 'server process not readable' : `${percentile(shares, 0.5).toFixed(1)} MiB in the server (PSS)`;
  return { client: `${each.toFixed(0)} KiB in Quarry (RSS)`, server };
}

/** The whole path over HTTP against the driver alone. */
async function execution({ client, sourceId, target }: Setting): Promise<Line[]> {
  const pool = new pg.Pool({ connectionString: target.sourceUrl, max: 20 });
  const ask = (query: string) => () => client.post('/api/execute-query', { dataSourceId: sourceId, query, cache: 'bypass' });
  const bare = (query: string) => async () => JSON.stringify((await pool.query({ text: query, rowMode: 'array' })).rows);
  const lines: Line[] = [];
  // A server that has just started compiles its code while it answers.
  await timeEach(400, ask(SELECT_ONE));
  for (const [name, query] of [
    ['`select 1`', SELECT_ONE],
    ['1,000 rows × 10 columns', THOUSAND],
  ] as const) {
    const ours = await timeEach(400, ask(query));
    const theirs = await timeEach(400, bare(query));
    lines.push({
      what: `POST /api/execute-query against the bare driver, ${name}, one client`,
      measured: timing(ours),
      compared: timing(theirs),
      ratio: `p50 ${times(ours.p50 / theirs.p50)}, +${(ours.p50 - theirs.p50).toFixed(2)} ms`,
    });
  }
  const ours = await throughput(16, 4, ask(SELECT_ONE));
  const theirs = await throughput(16, 4, bare(SELECT_ONE));
  lines.push({
    what: 'The same, `select 1`, 16 clients',
    measured: `${ours.toFixed(0)} requests/s`,
    compared: `${theirs.toFixed(0)} queries/s`,
    ratio: times(ours / theirs),
  });
  await pool.end();
  return lines;
}

async function caching({ client, sourceId }: Setting): Promise<Line[]> {
  const ask = (cache: 'use' | 'bypass') => () =>
    client.post('/api/execute-query', { dataSourceId: sourceId, query: AGGREGATE, cache });
  const uncached = await timeEach(20, ask('bypass'));
  const cached = await timeEach(300, ask('use'));
  return [
    {
      what: 'Cached against uncached (sums over 1,000,000 rows)',
      measured: `cached ${timing(cached)}`,
      compared: `uncached ${timing(uncached)}`,
      ratio: `p50 ${times(uncached.p50 / cached.p50)} faster`,
    },
  ];
}

/** Three times each, alternating; medians. */
async function exporting({ client, sourceId, target }: Setting): Promise<Line[]> {
  const copier = await findCopier(target.sourceUrl);
  const body = { dataSourceId: sourceId, query: MILLION };
  const ours: number[] = [];
  const theirs: number[] = [];
  let memory = { before: 0, peak: 0 };
  let bytes = 0;
  // The first one warms up the server's code and buffers; memory is counted from the second.
  for (let i = 0; i < 4; i += 1) {
    const run = await withMemory(target.pid, () => client.drain('/api/execute-query/export?format=csv', body));
    const copied = await copier.copy(MILLION);
    bytes = run.value;
    if (i === 0) continue;
    ours.push(run.durationMs);
    theirs.push(copied);
    // Of the export that grew most: what earlier work has left lying about is not its doing.
    if (i === 1 || run.peak - run.before > memory.peak - memory.before) memory = run;
  }
  const xlsx = await withMemory(target.pid, () => client.drain('/api/execute-query/export?format=xlsx', body));
  const median = { ours: percentile(ours, 0.5), theirs: percentile(theirs, 0.5) };
  return [
    {
      what: `Export of 1,000,000 rows × 10 columns as CSV (${(bytes / 1024 ** 2).toFixed(0)} MiB)`,
      measured: `${(median.ours / 1000).toFixed(2)} s; server's memory ${memory.before.toFixed(0)} → ${memory.peak.toFixed(0)} MiB at its peak`,
      compared: `${copier.name} ${(median.theirs / 1000).toFixed(2)} s`,
      ratio: `${times(median.ours / median.theirs)} the time, +${(memory.peak - memory.before).toFixed(0)} MiB`,
    },
    {
      what: `The same as XLSX (${(xlsx.value / 1024 ** 2).toFixed(0)} MiB)`,
      measured: `${(xlsx.durationMs / 1000).toFixed(1)} s`,
      compared: '–',
      ratio: `+${(xlsx.peak - xlsx.before).toFixed(0)} MiB`,
    },
  ];
}
