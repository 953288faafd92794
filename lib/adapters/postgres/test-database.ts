import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { readEnv } from '../../kernel/env';
import type { ConnectionInput } from '../contract';
import { manifest, type PostgresConfig } from './manifest';

/** A database of its own on the test server, and a direct connection to it. Only for tests. */
export interface PostgresTestDatabase {
  name: string;
  config: PostgresConfig;
  /** The same in separate fields. */
  connection: ConnectionInput;
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

/** @param encoding of the database; SQL_ASCII holds any bytes */
export async function createPostgresDatabase(encoding = 'UTF8'): Promise<PostgresTestDatabase> {
  const name = `adapters_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: testServerUrl() });
  await admin.connect();
  // A cluster's own provider of locales may hold only UTF-8.
  const locale = "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'";
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' ${locale}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  const direct = new pg.Client({ connectionString: url.href });
  await direct.connect();
  const config = manifest.parseConnection({ uri: url.href });
  const { host, port, username, password } = config;
  return {
    name,
    config,
    connection: { host, port, database: name, username, password },
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
