/** Copies of a sample database on real servers, read and asked through the adapters as the product does. */
import { randomBytes } from 'node:crypto';
import { Decimal128, MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import type { Catalogue, ConnectionInput, Row } from '../../adapters/contract';
import { getAdapter } from '../../adapters/registry';
import { withInferredForeignKeys } from '../../catalogue';
import { readEnv } from '../../kernel/env';
import type { SampleColumn, SampleDatabase, SampleValue } from '../../sources/samples';
import { createSourceDatabase } from '../../testing/source-database';
import { planQuestion } from '../index';
import { buildValueIndex } from '../value-index';
import { type Copy, NOW } from './golden.fixture';

interface Installed {
  type: string;
  connection: ConnectionInput;
  drop(): Promise<void>;
}

export interface EngineCopy extends Copy {
  run(query: string): Promise<Row[]>;
  catalogue: Catalogue;
  close(): Promise<void>;
}

const ROWS_AT_ONCE = 2_000;

/** Installs nothing twice: each call is a database of its own. */
export const INSTALLERS: Record<string, (sample: SampleDatabase) => Promise<Installed>> = {
  PostgreSQL: installPostgres,
  MariaDB: installMariadb,
  MongoDB: (sample) => installMongo(sample, []),
  'MongoDB with embedded items': (sample) => installMongo(sample, EMBEDDED),
};

/** Connects a copy, reads its schema and values, and asks it. */
export async function openCopy(installed: Installed): Promise<EngineCopy> {
  const { manifest, dialect, open } = getAdapter(installed.type);
  const config = manifest.parseConnection({ tls: { mode: 'disable' }, ...installed.connection });
  const limits = { max: 1, min: 0, waitMs: 10_000, connectTimeoutMs: 10_000, recycleMs: 600_000, allowWrites: false };
  const pool = open(config, limits);
  const lease = await pool.lease();
  const run = async (text: string): Promise<Row[]> => {
    const options = { signal: new AbortController().signal, timeoutMs: 60_000, maxRows: 100_000, maxBytes: 100_000_000 };
    const rows: Row[] = [];
    for await (const batch of (await lease.execute({ text }, options)).rows) rows.push(...batch);
    return rows;
  };
  const catalogue = withInferredForeignKeys(await lease.introspect(new AbortController().signal));
  const samples: Parameters<typeof buildValueIndex>[0] = [];
  for (const table of catalogue.tables) {
    for (const { name, type } of table.columns) {
      const query =
        type === 'text' || (type === 'array' && table.kind === 'collection')
          ? dialect.sampleValues(table, name, { rowsRead: 50_000, values: 500, maxLength: 80 })
          : null;
      if (query) samples.push({ table, column: name, values: (await run(query)).map(([value]) => String(value)) });
    }
  }
  const values = buildValueIndex(samples);
  return {
    catalogue,
    plan: (question, previous) =>
      planQuestion({ question, catalogue, dialect, values, now: NOW, ...(previous ? { previous } : {}) }),
    run,
    async close() {
      lease.release();
      await pool.drain(0);
      await installed.drop();
    },
  };
}

// ---------------------------------------------------------------- SQL

type Types = Record<SampleColumn['type'], string>;
const TYPES: Types = {
  integer: 'integer',
  decimal: 'decimal(14,4)',
  double: 'double precision',
  text: 'varchar(400)',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  inet: 'inet',
};
const MARIADB_TYPES: Types = { ...TYPES, timestamp: 'datetime', inet: 'varchar(45)' };

const literal = (value: SampleValue | undefined): string => {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
};

function statements(sample: SampleDatabase, types: Types): string[] {
  const rows = sample.generate();
  return sample.tables.flatMap((table) => {
    const columns = table.columns.map(
      ({ name, type, nullable }, at) =>
        `${name} ${types[type]}${nullable ? ' NULL' : ' NOT NULL'}${at === 0 ? ' PRIMARY KEY' : ''}`,
    );
    const keys = table.columns.flatMap(({ name, references }) =>
      references ? [`FOREIGN KEY (${name}) REFERENCES ${references.table} (${references.column})`] : [],
    );
    const all = rows[table.name] ?? [];
    const inserts = Array.from({ length: Math.ceil(all.length / ROWS_AT_ONCE) }, (_, at) => {
      const lines = all.slice(at * ROWS_AT_ONCE, (at + 1) * ROWS_AT_ONCE).map((row) => `(${row.map(literal).join(',')})`);
      return `INSERT INTO ${table.name} VALUES ${lines.join(',')}`;
    });
    return [`CREATE TABLE ${table.name} (${[...columns, ...keys].join(', ')})`, ...inserts];
  });
}

async function installPostgres(sample: SampleDatabase): Promise<Installed> {
  const database = await createSourceDatabase(statements(sample, TYPES).join(';\n'));
  return { type: 'postgres', connection: database.connection, drop: () => database.drop() };
}

async function installMariadb(sample: SampleDatabase): Promise<Installed> {
  const url = new URL(given('TEST_MYSQL_URL'));
  const database = `golden_${randomBytes(6).toString('hex')}`;
  const host = url.hostname;
  const port = Number(url.port || 3306);
  const login = { host, port, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  const admin = await mysql.createConnection(login);
  await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  // A login that sees no other database, as a source has.
  await admin.query(`CREATE USER ${database}@'%' IDENTIFIED BY '${database}'`);
  await admin.query(`GRANT SELECT ON ${database}.* TO ${database}@'%'`);
  await admin.query(`USE ${database}`);
  for (const statement of statements(sample, MARIADB_TYPES)) await admin.query(statement);
  return {
    type: 'mysql',
    connection: { host, port, database, username: database, password: database },
    async drop() {
      await admin.query(`DROP DATABASE ${database}`);
      await admin.query(`DROP USER ${database}@'%'`);
      await admin.end();
    },
  };
}

// ---------------------------------------------------------------- documents

/** Rows of `table` lie in the documents of `parent`, in the array `as`. */
interface Embedding {
  table: string;
  parent: string;
  reference: string;
  as: string;
}
const EMBEDDED: readonly Embedding[] = [{ table: 'order_items', parent: 'orders', reference: 'order_id', as: 'items' }];

type Fields = Record<string, unknown>;

function field({ type }: SampleColumn, value: SampleValue | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'decimal') return Decimal128.fromString(String(value));
  if (type === 'date') return new Date(`${value}T00:00:00Z`);
  if (type === 'timestamp') return new Date(`${String(value).replace(' ', 'T')}Z`);
  return type === 'boolean' ? Boolean(value) : value;
}

function documents(sample: SampleDatabase, embedded: readonly Embedding[]): Map<string, Fields[]> {
  const rows = sample.generate();
  const all = new Map(
    sample.tables.map((table): [string, Fields[]] => [
      table.name,
      (rows[table.name] ?? []).map((row) =>
        Object.fromEntries(table.columns.map((column, at) => [at === 0 ? '_id' : column.name, field(column, row[at])])),
      ),
    ]),
  );
  for (const { table, parent, reference, as } of embedded) {
    const inner = new Map<unknown, Fields[]>();
    for (const { _id, [reference]: owner, ...rest } of all.get(table) ?? [])
      inner.set(owner, [...(inner.get(owner) ?? []), rest]);
    for (const document of all.get(parent) ?? []) document[as] = inner.get(document._id) ?? [];
    all.delete(table);
  }
  return all;
}

async function installMongo(sample: SampleDatabase, embedded: readonly Embedding[]): Promise<Installed> {
  const url = new URL(given('TEST_MONGODB_URL'));
  const database = `golden_${randomBytes(6).toString('hex')}`;
  const client = new MongoClient(url.href);
  const target = client.db(database);
  for (const [name, list] of documents(sample, embedded)) if (list.length > 0) await target.collection(name).insertMany(list);
  for (const table of sample.tables)
    for (const columns of table.indexes ?? [])
      if (!embedded.some((one) => one.table === table.name))
        await target.collection(table.name).createIndex(Object.fromEntries(columns.map((column) => [column, 1])));
  const withDatabase = new URL(url);
  withDatabase.pathname = `/${database}`;
  if (url.username && !url.searchParams.has('authSource')) withDatabase.searchParams.set('authSource', 'admin');
  return {
    type: 'mongodb',
    connection: { uri: withDatabase.href },
    async drop() {
      await target.dropDatabase();
      await client.close();
    },
  };
}

function given(variable: 'TEST_MYSQL_URL' | 'TEST_MONGODB_URL'): string {
  const url = readEnv(variable);
  if (!url) throw new Error(`${variable} is not set: run the tests through \`npm test\`.`);
  return url;
}
