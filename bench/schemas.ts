import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { readEnv } from '../lib/kernel/env';
import { dropSingleton } from '../lib/kernel/singleton';
import { getSchema, refreshSchema } from '../lib/schema';
import { createSource, openSource } from '../lib/sources';
import type { Line } from './lines';
import { timeEach } from './measure';
import type { Setting } from './run';

const TABLES = 1_000;
const COLUMNS = 20;

/** A thousand tables of twenty columns: reading them from the source, and again from each layer above. [D3 D9] */
export async function schemas(setting: Setting): Promise<Line[]> {
  const lines: Line[] = [];
  for (const prepare of [inPostgres, inMariadb]) {
    const database = await prepare(setting.target.sourceUrl);
    if (!database) continue;
    try {
      lines.push(...(await measure(setting, database)));
    } finally {
      await database.drop();
    }
  }
  return lines;
}

interface Prepared {
  name: string;
  type: string;
  uri: string;
  drop(): Promise<void>;
}

async function measure({ ctx }: Setting, { name, type, uri }: Prepared): Promise<Line[]> {
  const { id } = await createSource(ctx, { name: `Wide ${name}`, type, connection: { uri } });
  const open = await openSource(ctx, id);
  const read = async () => {
    const lease = await open.lease();
    await lease.introspect(ctx.signal).finally(() => lease.release());
  };
  const introspection = await timeEach(3, read);
  const whole = await timeEach(3, () => refreshSchema(ctx, id));
  const layer = async (expected: string, forget: boolean) => {
    if (forget) dropSingleton('schema.memory');
    const found = await getSchema(ctx, id);
    if (found.layer !== expected) throw new Error(`The schema came from ${found.layer}, not from ${expected}.`);
  };
  await getSchema(ctx, id);
  const memory = await timeEach(50, () => layer('memory', false));
  const redis = readEnv('REDIS_URL') ? await timeEach(20, () => layer('redis', true)) : null;
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  return [
    {
      what: `${name}: schema of 1,000 tables × 20 columns`,
      measured: `read ${ms(introspection.p50)}; read, compared and stored ${ms(whole.p50)}`,
      compared: `again from memory ${ms(memory.p50)}${redis ? `, from Redis ${ms(redis.p50)}` : ''}`,
      ratio: '–',
    },
  ];
}

/** Runs each text; a thousand tables are made in a few round trips. */
async function makeTables(run: (sql: string) => Promise<unknown>, quote: string): Promise<void> {
  const columns = Array.from({ length: COLUMNS - 1 }, (_, n) => `${quote}column ${n}${quote} varchar(40)`).join(', ');
  for (let at = 0; at < TABLES; at += 100) {
    const statements = Array.from({ length: 100 }, (_, n) => `CREATE TABLE wide_${at + n} (id int PRIMARY KEY, ${columns})`);
    await run(statements.join(';'));
  }
}

async function inPostgres(sourceUrl: string): Promise<Prepared> {
  const database = `bench_wide_${randomBytes(5).toString('hex')}`;
  const admin = new pg.Client({ connectionString: sourceUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const url = new URL(sourceUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await makeTables((sql) => client.query(sql), '"');
  await client.end();
  return {
    name: 'PostgreSQL',
    type: 'postgres',
    uri: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
    },
  };
}

async function inMariadb(): Promise<Prepared | null> {
  const server = readEnv('TEST_MYSQL_URL');
  if (!server) return null;
  const database = `bench_wide_${randomBytes(5).toString('hex')}`;
  const admin = await createConnection({ uri: server, multipleStatements: true });
  await admin.query(`CREATE DATABASE ${database}; USE ${database}`);
  await makeTables((sql) => admin.query(sql), '`');
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    name: 'MariaDB',
    type: 'mysql',
    uri: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${database}`);
      await admin.end();
    },
  };
}
