import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { readEnv } from '../../kernel/env';
import type { ConnectionInput } from '../contract';
import { type MysqlConfig, manifest } from './manifest';

/** A database of its own on the test server with a login of its own, and an administrator's connection to it. Only for tests. */
export interface MysqlTestDatabase {
  name: string;
  config: MysqlConfig;
  /** The same in separate fields. */
  connection: ConnectionInput;
  exec(sql: string): Promise<void>;
  scalar(sql: string): Promise<unknown>;
  drop(): Promise<void>;
}

/** URL of an administrator on the test server; scripts/test.mjs sets it. */
export function testServerUrl(): string {
  const url = readEnv('TEST_MYSQL_URL');
  if (!url) throw new Error('TEST_MYSQL_URL is not set: run the tests through npm test.');
  return url;
}

/**
 * The login may do everything in its database and, beside that, whatever an attack could use: files, other users, other sessions. It
 * sees no other database, so that tests don't meet.
 */
export async function createMysqlDatabase(): Promise<MysqlTestDatabase> {
  const name = `adapters_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const url = new URL(testServerUrl());
  const direct = await mysql.createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    multipleStatements: true,
    rowsAsArray: true,
    charset: 'utf8mb4',
  });
  await direct.query(
    `CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}; CREATE USER ${name}@'%' IDENTIFIED BY '${password}';
     GRANT ALL PRIVILEGES ON ${name}.* TO ${name}@'%' WITH GRANT OPTION; GRANT FILE, SUPER, PROCESS, RELOAD, CREATE USER ON *.* TO ${name}@'%'`,
  );
  const connection = { host: url.hostname, port: Number(url.port || 3306), database: name, username: name, password };
  return {
    name,
    config: manifest.parseConnection({ ...connection, tls: { mode: 'disable' } }),
    connection,
    exec: async (sql) => {
      await direct.query(sql);
    },
    scalar: async (sql) => {
      const [rows] = await direct.query(sql);
      return (rows as unknown[][])[0]?.[0];
    },
    drop: async () => {
      await direct.query(`DROP DATABASE IF EXISTS ${name}; DROP USER IF EXISTS ${name}@'%'`);
      await direct.end();
    },
  };
}
