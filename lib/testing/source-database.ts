import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { readEnv } from '../kernel/env';

/** A database and a login of a test's own on the test server, to be connected as a data source, seen beside it by an administrator. */
export interface SourceDatabase {
  /** Separate fields, as POST /api/data-sources takes them. */
  connection: { host: string; port: number; database: string; username: string; password: string };
  uri: string;
  /** An administrator's connection to the same database. */
  admin: pg.Client;
  /** Backend pids of the login's connections, as the server sees them. */
  backends(): Promise<string[]>;
  /** Runs statements as the login, which then owns what they make. */
  run(sql: string): Promise<void>;
  setPassword(password: string): Promise<void>;
  drop(): Promise<void>;
}

/**
 * @param setupSql runs as the login, which owns the database's public schema
 * @param options.password of the login; random without one
 */
export async function createSourceDatabase(setupSql = '', options: { password?: string } = {}): Promise<SourceDatabase> {
  const server = readEnv('TEST_POSTGRES_URL');
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run the tests through `npm test`.');
  const mark = randomUUID().replaceAll('-', '');
  const database = `source_${mark}`;
  const username = `login_${mark}`;
  const password = options.password ?? `p${mark}`;
  const root = new pg.Pool({ connectionString: server, max: 2 });
  const roleWith = (secret: string) => `ROLE ${username} LOGIN PASSWORD ${pg.escapeLiteral(secret)}`;
  await root.query(`CREATE ${roleWith(password)}`);
  await root.query(`CREATE DATABASE ${database} OWNER ${username}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const run = async (sql: string) => {
    await admin.query(`SET ROLE ${username}; ${sql}; RESET ROLE`);
  };
  if (setupSql) await run(setupSql);
  const connection = { host: url.hostname, port: Number(url.port || 5432), database, username, password };

  return {
    connection,
    uri: `postgres://${username}:${encodeURIComponent(password)}@${connection.host}:${connection.port}/${database}`,
    admin,
    run,
    async backends() {
      const { rows } = await root.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid', [
        username,
      ]);
      return rows.map((row) => String(row.pid));
    },
    async setPassword(next) {
      await root.query(`ALTER ${roleWith(next)}`);
    },
    async drop() {
      await admin.end();
      await root.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await root.query(`DROP ROLE IF EXISTS ${username}`);
      await root.end();
    },
  };
}

/** Polls until the condition holds. @throws Error after ten seconds, with the last value seen */
export async function until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`Nothing came of it in ten seconds; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
