import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface Databases {
  builderUrl: string;
  sourceUrl: string;
  drop(): Promise<void>;
}

/** A million rows with ten columns of the usual types. */
const ORDERS = `
  CREATE TABLE orders AS SELECT n AS id, n % 50000 AS customer_id, 'Customer ' || n % 50000 AS customer, (n % 1000) * 1.25 AS amount,
    n::bigint * 1000003 AS reference, timestamp '2025-01-01' + n * interval '20 seconds' AS placed_at, n % 3 = 0 AS paid,
    (ARRAY['new', 'sent', 'returned', 'closed'])[n % 4 + 1] AS status, md5(n::text) AS token, n / 7.0::float8 AS weight
  FROM generate_series(1, 1000000) n;
  ALTER TABLE orders ADD PRIMARY KEY (id);
  ANALYZE orders`;

/** @param serverUrl of a login that may create databases */
export async function prepareDatabases(serverUrl: string): Promise<Databases> {
  const mark = randomBytes(5).toString('hex');
  const names = { builder: `bench_builder_${mark}`, source: `bench_source_${mark}` };
  await run(serverUrl, `CREATE DATABASE ${names.builder}`);
  await run(serverUrl, `CREATE DATABASE ${names.source}`);
  const builderUrl = at(serverUrl, names.builder);
  const sourceUrl = at(serverUrl, names.source);
  const { migrate } = await import('../lib/db');
  await migrate({ url: builderUrl });
  await run(sourceUrl, ORDERS);
  return {
    builderUrl,
    sourceUrl,
    async drop() {
      for (const name of Object.values(names)) await run(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

function at(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
