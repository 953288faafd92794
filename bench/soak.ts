import { readdirSync } from 'node:fs';
import { closeDb } from '../lib/db';
import { createSource, drainPools } from '../lib/sources';
import { createTestOrganization } from '../lib/testing/organization';
import { createClient } from './client';
import { machineLine, ownResidentMib, residentMib } from './measure';
import type { Target } from './run';
import { findSites } from './storm';

const CLIENTS = 8;
/** The first part warms up: code is compiled, caches fill. */
const WARM_UP = 0.3;

interface Sample {
  /** Seconds since the start. */
  at: number;
  mib: number;
  /** With the processes that it started (readers of files). */
  withChildren: number;
  handles: number;
}

/**
 * Mixed work for some time: cached and uncached queries on each engine, streams, exports, failures, questions, schemas. Prints what
 * the web server's memory and open files did meanwhile, and whether they grow.
 */
export async function soak(target: Target, seconds: number): Promise<void> {
  const org = await createTestOrganization();
  const sites = await findSites(target.sourceUrl);
  const sources: { id: string; query: string }[] = [];
  for (const site of sites) {
    const source = await createSource(org.ctx, { name: site.name, ...site.input });
    sources.push({ id: source.id, query: site.query });
  }
  const client = createClient(target.url, org.token);
  const counts = { done: 0, failed: 0 };
  const work = async (turn: number) => {
    const { id: dataSourceId, query } = sources[turn % sources.length] ?? { id: '', query: '' };
    const body = { dataSourceId, query };
    const kinds = [
      () => client.post('/api/execute-query', { ...body, cache: 'bypass' }),
      () => client.post('/api/execute-query', body),
      () => client.post('/api/execute-query', { ...body, query: `${query} WHERE ${turn} = ${turn}` }),
      () => client.drain('/api/execute-query/stream', { ...body, query: 'SELECT * FROM orders', limit: 5_000 }),
      () => client.drain('/api/execute-query/export?format=csv', { ...body, query: 'SELECT * FROM orders', limit: 5_000 }),
      () => client.get(`/api/data-sources/${dataSourceId}/schema`),
      () => client.get('/api/stats/pools'),
      () => client.post('/api/execute-query', { ...body, query: 'SELECT nothing FROM nowhere' }).catch(() => undefined),
    ];
    try {
      await kinds[turn % kinds.length]?.();
      counts.done += 1;
    } catch {
      counts.failed += 1;
    }
  };
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const samples: Sample[] = [];
  const timer = setInterval(() => samples.push(look(target.pid, elapsed())), 1_000);
  let turn = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (elapsed() < seconds) await work(turn++);
    }),
  );
  clearInterval(timer);
  client.close();
  await drainPools(1_000);
  await org.drop();
  await closeDb();
  for (const site of sites) await site.drop();
  print(
    samples.filter(({ at }) => at > seconds * WARM_UP),
    counts,
    seconds,
  );
}

function print(samples: readonly Sample[], { done, failed }: { done: number; failed: number }, seconds: number): void {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last) throw new Error('The soak was too short to say anything.');
  const perMinute = (of: (sample: Sample) => number) => slope(samples.map((sample) => [sample.at / 60, of(sample)]));
  console.log(`\n${machineLine()}\n`);
  console.log(`Soak of ${seconds} s, ${CLIENTS} clients: ${done} requests, ${failed} failed.`);
  console.log('| | After warming up | At the end | Slope |\n|---|---|---|---|');
  console.log(
    `| Memory of the web server | ${first.mib.toFixed(0)} MiB | ${last.mib.toFixed(0)} MiB | ${perMinute(({ mib }) => mib).toFixed(2)} MiB a minute |`,
  );
  console.log(
    `| With the processes it started | ${first.withChildren.toFixed(0)} MiB | ${last.withChildren.toFixed(0)} MiB | ${perMinute(({ withChildren }) => withChildren).toFixed(2)} MiB a minute |`,
  );
  console.log(`| Open files | ${first.handles} | ${last.handles} | ${perMinute(({ handles }) => handles).toFixed(2)} a minute |`);
}

const look = (pid: number, at: number): Sample => ({
  at,
  mib: ownResidentMib(pid),
  withChildren: residentMib(pid),
  handles: openFiles(pid),
});

function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean((point) => point[0]);
  const y = mean((point) => point[1]);
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}
