import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { readEnv } from '../lib/kernel/env';
import { createSource, drainPools } from '../lib/sources';
import type { CreateSourceInput } from '../lib/sources/schema';
import { type Client, createClient } from './client';
import type { Line } from './lines';
import { percentile } from './measure';
import type { Setting } from './run';

/** Requests at the same time. */
const REQUESTS = 200;

/** A source, and how many connections its server, seen beside it, has of ours. */
export interface Site {
  name: string;
  input: { type: string; connection: CreateSourceInput['connection'] };
  query: string;
  /** Null where the server can't be asked. */
  count: (() => Promise<number>) | null;
  drop(): Promise<void>;
}

/** The engines that can be reached here. */
export async function findSites(postgresUrl: string): Promise<Site[]> {
  const mysqlUrl = readEnv('TEST_MYSQL_URL');
  return [await postgresSite(postgresUrl), ...(mysqlUrl ? [await mysqlSite(mysqlUrl)] : []), fileSite()];
}

async function postgresSite(url: string): Promise<Site> {
  const root = new pg.Client({ connectionString: url });
  // A database that is dropped takes its connections with it; what failed before is what people should see.
  root.on('error', () => undefined);
  await root.connect();
  return {
    name: 'PostgreSQL',
    input: { type: 'postgres', connection: { uri: url } },
    query: 'SELECT count(*) AS n FROM (SELECT * FROM orders LIMIT 20000) o',
    count: async () => {
      const { rows } = await root.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      return rows[0]?.n ?? 0;
    },
    drop: () => root.end(),
  };
}

async function mysqlSite(url: string): Promise<Site> {
  const root = await mysql.createConnection({ uri: url, multipleStatements: true });
  const name = `bench_${process.pid}_${Date.now() % 100_000}`;
  await root.query(`CREATE DATABASE ${name}; CREATE USER ${name}@'%' IDENTIFIED BY '${name}'; GRANT SELECT ON ${name}.* TO ${name}@'%';
    CREATE TABLE ${name}.orders (id INT PRIMARY KEY);
    USE ${name}; INSERT INTO orders SELECT seq FROM seq_1_to_20000`);
  const { hostname: host, port } = new URL(url);
  return {
    name: 'MariaDB',
    input: {
      type: 'mysql',
      connection: { host, port: Number(port), database: name, username: name, password: name, tls: { mode: 'disable' } },
    },
    query: 'SELECT COUNT(*) AS n FROM orders',
    count: async () => {
      const [rows] = await root.query('SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = ?', [name]);
      return Number((rows as { n: number }[])[0]?.n);
    },
    drop: async () => {
      await root.query(`DROP DATABASE ${name}; DROP USER ${name}@'%'`);
      await root.end();
    },
  };
}

function fileSite(): Site {
  const folder = path.join(readEnv('QUARRY_HOME') ?? '.quarry', 'sqlite');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'bench-storm.sqlite');
  rmSync(file, { force: true });
  const db = new Database(file);
  db.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO orders SELECT i FROM n`);
  db.close();
  return {
    name: 'SQLite',
    input: { type: 'sqlite', connection: { file } },
    query: 'SELECT count(*) AS n FROM orders',
    count: null,
    drop: async () => rmSync(file, { force: true }),
  };
}

interface StormTarget {
  url: string;
  token: string;
  sourceId: string;
}

/** The storm on each engine, each with a source of its own. */
export async function storms({ ctx, org, target }: Setting): Promise<Line[]> {
  const lines: Line[] = [];
  const sites = await findSites(target.sourceUrl);
  try {
    for (const site of sites) {
      const { id: sourceId } = await createSource(ctx, { name: `Storm on ${site.name}`, ...site.input });
      // This process has tested the connection; the server's count is to be of the web server's.
      await drainPools(1_000);
      lines.push(await storm(site, { url: target.url, token: org.token, sourceId }));
    }
  } finally {
    for (const site of sites) await site.drop();
  }
  return lines;
}

/** 200 requests at once: how long they take, and whether the pool's figures are the server's. */
async function storm(site: Site, { url, token, sourceId }: StormTarget): Promise<Line> {
  const client = createClient(url, token);
  try {
    const ask = () => client.post('/api/execute-query', { dataSourceId: sourceId, query: site.query, cache: 'bypass' });
    await Promise.all(Array.from({ length: 20 }, ask));
    const durations: number[] = [];
    const timed = async () => {
      const started = performance.now();
      await ask();
      durations.push(performance.now() - started);
    };
    const seen = { most: 0, waiting: 0, samples: 0 };
    let over = false;
    const started = performance.now();
    const requests = Promise.all(Array.from({ length: REQUESTS }, timed)).finally(() => {
      over = true;
    });
    while (!over) {
      const [figures, counted] = await Promise.all([poolOf(client, sourceId), site.count?.() ?? 0]);
      seen.most = Math.max(seen.most, counted);
      seen.waiting = Math.max(seen.waiting, figures.waiting);
      seen.samples += 1;
    }
    await requests;
    const all = performance.now() - started;
    const after = await poolOf(client, sourceId);
    const counted = (await site.count?.()) ?? null;
    const compared =
      counted === null
        ? `pool: ${after.active + after.idle} of ${after.max}`
        : `server counts ${counted}, at most ${seen.most}; pool ${after.active + after.idle} of ${after.max}`;
    const p = (share: number) => `${percentile(durations, share).toFixed(0)} ms`;
    return {
      what: `Storm of ${REQUESTS} requests at once, ${site.name}`,
      measured: `all in ${(all / 1000).toFixed(2)} s; p50 ${p(0.5)}, p95 ${p(0.95)}; up to ${seen.waiting} waiting`,
      compared,
      ratio: counted === null || (counted === after.active + after.idle && seen.most <= after.max) ? 'equal' : 'NOT EQUAL',
    };
  } finally {
    client.close();
  }
}

interface Figures {
  dataSourceId: string;
  max: number;
  active: number;
  idle: number;
  waiting: number;
}

async function poolOf(client: Client, sourceId: string): Promise<Figures> {
  const { pools } = JSON.parse(await client.get('/api/stats/pools')) as { pools: Figures[] };
  const found = pools.find(({ dataSourceId }) => dataSourceId === sourceId);
  if (!found) throw new Error('The source has no pool.');
  return found;
}
