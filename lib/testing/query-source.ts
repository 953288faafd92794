import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Ctx } from '../access';
import { readEnv } from '../kernel/env';
import { createSource } from '../sources';

/** A database of a test's own on the test server, connected as a data source, with a client beside it that sees what the server sees. */
export interface QuerySource {
  id: string;
  url: string;
  /** An administrator's connection to the same database. */
  admin: pg.Client;
  /** How many other connections of this database run something now, and what. */
  activeQueries(): Promise<string[]>;
  /** Polls until the condition holds. @throws Error after ten seconds, with the last value seen */
  until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T>;
  /** Closes the client and removes the database; drop the organisation's pools before or let them break. */
  drop(): Promise<void>;
}

/** @param setupSql runs as administrator before the source is connected, so that its schema is known from the start */
export async function createQuerySource(ctx: Ctx, setupSql: string): Promise<QuerySource> {
  const server = readEnv('TEST_POSTGRES_URL');
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run the tests through `npm test`.');
  const database = `query_${randomUUID().replaceAll('-', '')}`;
  const root = new pg.Client({ connectionString: server });
  await root.connect();
  await root.query(`CREATE DATABASE ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(setupSql);
  const { id } = await createSource(ctx, { name: `Source ${database}`, type: 'postgres', connection: { uri: url.href } });

  return {
    id,
    url: url.href,
    admin,
    async activeQueries() {
      const { rows } = await root.query(
        "SELECT query FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND pid <> $2 AND backend_type = 'client backend'",
        [database, await backendPid(admin)],
      );
      return rows.map((row: { query: string }) => row.query);
    },
    until,
    async drop() {
      await admin.end();
      await root.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await root.end();
    },
  };
}

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return (rows[0] as { pid: number }).pid;
}

async function until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`Nothing came of it in ten seconds; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
