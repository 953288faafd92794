import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { readEnv } from '../../kernel/env';
import { manifest, type PostgresConfig } from './manifest';

/** A database of its own on the test server, and a direct connection to it. Only for tests. */
export interface PostgresTestDatabase {
  name: string;
  config: PostgresConfig;
  exec(sql: string): Promise<void>;
  scalar(sql: string): Promise<unknown>;
  drop(): Promise<void>;
}

/** URL of a superuser on the test server; scripts/test.mjs sets it. */
export function testServerUrl(): string {
  const url = readEnv('TEST_POSTGRES_URL');
  if (!url) throw new Error('TEST_POSTGRES_URL is not set: run the tests through npm test.');
  return url;
}

export async function createPostgresDatabase(): Promise<PostgresTestDatabase> {
  const name = `adapters_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: testServerUrl() });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  const direct = new pg.Client({ connectionString: url.href });
  await direct.connect();
  return {
    name,
    config: manifest.parseConnection({ uri: url.href }),
    exec: async (sql) => {
      await direct.query(sql);
    },
    scalar: async (sql) => {
      const result = await direct.query({ text: sql, rowMode: 'array' });
      return (result.rows[0] as unknown[] | undefined)?.[0];
    },
    drop: async () => {
      await direct.end();
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
