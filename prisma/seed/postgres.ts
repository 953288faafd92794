import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { SampleColumn, SampleDatabase, SampleTable, SampleValue } from '../../lib/sources/samples';

const TYPES: Record<SampleColumn['type'], string> = {
  integer: 'integer',
  decimal: 'numeric',
  double: 'double precision',
  text: 'text',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp(0)',
  inet: 'inet',
};

const quote = (name: string) => pg.escapeIdentifier(name);
const marker = (sample: SampleDatabase) => `Quarry sample ${sample.name}, version ${sample.version}`;

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'quarry seed' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What the login of the builder database may do; samples on the server need both. */
export async function mayMakeSamples(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    'SELECT rolsuper OR (rolcreatedb AND rolcreaterole) AS may FROM pg_roles WHERE rolname = current_user',
  );
  return rows[0]?.may ?? false;
}

/**
 * Makes sure that the login exists, has this password, and can do nothing but read what it is granted.
 * @param login may connect to the sample databases only by grant; it owns nothing
 */
export async function ensureLogin(client: pg.Client, login: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [login]);
  const verb = rowCount ? 'ALTER' : 'CREATE';
  await client.query(`${verb} ROLE ${quote(login)} LOGIN NOCREATEDB NOCREATEROLE PASSWORD ${pg.escapeLiteral(password)}`);
  await client.query(`ALTER ROLE ${quote(login)} SET default_transaction_read_only = on`);
}

/** Makes the database if it is missing and shuts out everybody but its owner and the sample login. */
export async function ensureDatabase(client: pg.Client, database: string, login: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (!rowCount) await client.query(`CREATE DATABASE ${quote(database)}`);
  await client.query(`REVOKE ALL ON DATABASE ${quote(database)} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${quote(database)} TO ${quote(login)}`);
}

/**
 * Loads a sample into its database, in one transaction, unless this version of it is there.
 * @returns whether it was loaded
 */
export async function loadSample(client: pg.Client, sample: SampleDatabase, login: string): Promise<boolean> {
  const { rows } = await client.query<{ note: string | null }>(`SELECT obj_description('public'::regnamespace) AS note`);
  if (rows[0]?.note === marker(sample)) return false;
  const data = sample.generate();
  await client.query('BEGIN');
  try {
    for (const { name } of [...sample.tables].reverse()) await client.query(`DROP TABLE IF EXISTS ${quote(name)} CASCADE`);
    for (const table of sample.tables) await loadTable(client, table, data[table.name] ?? []);
    await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await client.query(`GRANT USAGE ON SCHEMA public TO ${quote(login)}`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${quote(login)}`);
    await client.query(`COMMENT ON SCHEMA public IS ${pg.escapeLiteral(marker(sample))}`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  await client.query('ANALYZE');
  return true;
}

async function loadTable(client: pg.Client, table: SampleTable, rows: readonly (readonly SampleValue[])[]): Promise<void> {
  const columns = table.columns.map((column, index) => {
    const type = column.precision ? `${TYPES[column.type]}(${column.precision.join(', ')})` : TYPES[column.type];
    const key = index === 0 ? ' PRIMARY KEY' : column.nullable ? '' : ' NOT NULL';
    return `${quote(column.name)} ${type}${key}${column.unique ? ' UNIQUE' : ''}`;
  });
  await client.query(`CREATE TABLE ${quote(table.name)} (${columns.join(', ')})`);
  await pipeline(Readable.from(copyLines(rows)), client.query(copyFrom(`COPY ${quote(table.name)} FROM STDIN`)));
  for (const column of table.columns) {
    if (column.comment) {
      await client.query(`COMMENT ON COLUMN ${quote(table.name)}.${quote(column.name)} IS ${pg.escapeLiteral(column.comment)}`);
    }
    if (column.references) {
      const target = `${quote(column.references.table)} (${quote(column.references.column)})`;
      await client.query(`ALTER TABLE ${quote(table.name)} ADD FOREIGN KEY (${quote(column.name)}) REFERENCES ${target}`);
    }
  }
  for (const columns of table.indexes ?? [])
    await client.query(`CREATE INDEX ON ${quote(table.name)} (${columns.map(quote).join(', ')})`);
  await client.query(`COMMENT ON TABLE ${quote(table.name)} IS ${pg.escapeLiteral(table.comment)}`);
}

/** COPY's text format, in pieces of some hundred rows. */
function* copyLines(rows: readonly (readonly SampleValue[])[]): Generator<string> {
  for (let start = 0; start < rows.length; start += 500) {
    const lines = rows.slice(start, start + 500).map((row) => row.map(copyText).join('\t'));
    yield `${lines.join('\n')}\n`;
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyText(value: SampleValue): string {
  if (value === null) return '\\N';
  return typeof value === 'string' ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character) : String(value);
}
