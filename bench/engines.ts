import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { MongoClient } from 'mongodb';
import { createConnection } from 'mysql2/promise';
import { readEnv } from '../lib/kernel/env';
import { quarryHome } from '../lib/kernel/paths';
import { createSource } from '../lib/sources';
import { type Line, times } from './lines';
import { percentile, withMemory } from './measure';
import type { Setting } from './run';

/** One engine's million rows, and what a person would use instead of us to get them out. */
interface Contender {
  name: string;
  rows: number;
  type: string;
  connection: { uri?: string; file?: string };
  query: string;
  native: { name: string; run(): Promise<void> };
  drop(): Promise<void>;
}

/** Exports of the engines beside PostgreSQL, each against its own client in the same run. */
export async function exportingOtherEngines(setting: Setting): Promise<Line[]> {
  const lines: Line[] = [];
  for (const prepare of [mariadb, sqlite, mongodb]) {
    const contender = await prepare();
    if (!contender) continue;
    try {
      lines.push(await compare(setting, contender));
    } finally {
      await contender.drop();
    }
  }
  return lines;
}

async function compare({ ctx, client, target }: Setting, contender: Contender): Promise<Line> {
  const { id } = await createSource(ctx, { name: contender.name, type: contender.type, connection: contender.connection });
  const body = { dataSourceId: id, query: contender.query };
  const ours: number[] = [];
  const theirs: number[] = [];
  let growth = 0;
  let bytes = 0;
  for (let i = 0; i < 3; i += 1) {
    const run = await withMemory(target.pid, () => client.drain('/api/execute-query/export?format=csv', body));
    const started = performance.now();
    await contender.native.run();
    bytes = run.value;
    // The first one warms up.
    if (i === 0) continue;
    ours.push(run.durationMs);
    theirs.push(performance.now() - started);
    growth = Math.max(growth, run.peak - run.before);
  }
  const median = { ours: percentile(ours, 0.5), theirs: percentile(theirs, 0.5) };
  return {
    what: `${contender.name}: export of ${contender.rows.toLocaleString('en')} × 10 as CSV (${(bytes / 1024 ** 2).toFixed(0)} MiB)`,
    measured: `${(median.ours / 1000).toFixed(2)} s`,
    compared: `${contender.native.name} ${(median.theirs / 1000).toFixed(2)} s`,
    ratio: `${times(median.ours / median.theirs)} the time, +${growth.toFixed(0)} MiB`,
  };
}

async function mariadb(): Promise<Contender | null> {
  const server = readEnv('TEST_MYSQL_URL');
  if (!server) return null;
  const database = `bench_${randomBytes(5).toString('hex')}`;
  const admin = await createConnection({ uri: server, multipleStatements: true });
  await admin.query(`CREATE DATABASE ${database}; USE ${database};
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, customer varchar(40), amount decimal(12,2), reference bigint,
      placed_at datetime, paid tinyint(1), status varchar(10), token char(32), weight double);
    INSERT INTO orders SELECT seq, seq % 50000, concat('Customer ', seq % 50000), (seq % 1000) * 1.25, seq * 1000003,
      timestamp('2025-01-01') + INTERVAL seq * 20 SECOND, seq % 3 = 0, elt(seq % 4 + 1, 'new', 'sent', 'returned', 'closed'), md5(seq), seq / 7
      FROM seq_1_to_1000000`);
  const url = new URL(server);
  const login = [
    '--no-defaults',
    `-h${url.hostname}`,
    `-P${url.port}`,
    `-u${url.username}`,
    `-p${decodeURIComponent(url.password)}`,
  ];
  url.pathname = `/${database}`;
  return {
    name: 'MariaDB',
    rows: 1_000_000,
    type: 'mysql',
    connection: { uri: url.href },
    query: 'SELECT * FROM orders',
    native: {
      name: 'mariadb --batch --quick',
      run: () => program('mariadb', [...login, '--batch', '--quick', '-e', 'SELECT * FROM orders', database]),
    },
    async drop() {
      await admin.query(`DROP DATABASE ${database}`);
      await admin.end();
    },
  };
}

async function sqlite(): Promise<Contender> {
  const folder = path.join(quarryHome(), 'sqlite');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'bench.sqlite');
  rmSync(file, { force: true });
  const database = new Database(file);
  database.exec(`CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, customer text, amount real, reference integer,
      placed_at text, paid integer, status text, token text, weight real);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO orders SELECT i, i % 50000, 'Customer ' || i % 50000, (i % 1000) * 1.25, i * 1000003,
      datetime('2025-01-01', i * 20 || ' seconds'), i % 3 = 0, CASE i % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'sent' WHEN 2 THEN 'returned' ELSE 'closed' END,
      hex(randomblob(16)), i / 7.0 FROM n`);
  database.close();
  return {
    name: 'SQLite',
    rows: 1_000_000,
    type: 'sqlite',
    connection: { file: path.basename(file) },
    query: 'SELECT * FROM orders',
    native: await sqliteClient(file),
    async drop() {
      rmSync(file, { force: true });
    },
  };
}

/** SQLite's own shell where there is one, else the driver in a loop. */
async function sqliteClient(file: string): Promise<Contender['native']> {
  const shell = await program('sqlite3', ['--version']).then(
    () => true,
    () => false,
  );
  if (shell) return { name: 'sqlite3 -csv', run: () => program('sqlite3', ['-readonly', '-csv', file, 'SELECT * FROM orders']) };
  return {
    name: 'better-sqlite3 in a loop',
    async run() {
      const database = new Database(file, { readonly: true });
      let bytes = 0;
      for (const row of database.prepare('SELECT * FROM orders').raw().iterate() as Iterable<unknown[]>)
        bytes += row.join(',').length;
      database.close();
      if (bytes === 0) throw new Error('SQLite gave no row.');
    },
  };
}

const DOCUMENTS = 200_000;

async function mongodb(): Promise<Contender | null> {
  const server = readEnv('TEST_MONGODB_URL');
  if (!server) return null;
  const database = `bench_${randomBytes(5).toString('hex')}`;
  const client = await new MongoClient(server).connect();
  const orders = client.db(database).collection('orders');
  for (let at = 1; at <= DOCUMENTS; at += 10_000) {
    await orders.insertMany(
      Array.from({ length: 10_000 }, (_, offset) => {
        const n = at + offset;
        return {
          customer_id: n % 50_000,
          customer: `Customer ${n % 50_000}`,
          amount: (n % 1000) * 1.25,
          reference: n * 1_000_003,
          placed_at: new Date(Date.UTC(2025, 0, 1) + n * 20_000),
          paid: n % 3 === 0,
          status: ['new', 'sent', 'returned', 'closed'][n % 4],
          token: n.toString(16).padStart(32, '0'),
          weight: n / 7,
        };
      }),
    );
  }
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    name: 'MongoDB protocol (the server of the tests unless TEST_MONGODB_URL names another)',
    rows: DOCUMENTS,
    type: 'mongodb',
    connection: { uri: url.href },
    query: 'db.orders.find({})',
    native: {
      name: 'the driver’s cursor in a loop',
      async run() {
        let bytes = 0;
        for await (const document of orders.find({})) bytes += Object.values(document).join(',').length;
        if (bytes === 0) throw new Error('MongoDB gave no document.');
      },
    },
    async drop() {
      await client.db(database).dropDatabase();
      await client.close();
    },
  };
}

function program(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}
