import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { QuarryError } from '../kernel/errors';
import { projectRoot } from '../kernel/paths';
import { singleton } from '../kernel/singleton';
import { createScratchDatabase } from './scratch';
import { ensureTenantRole } from './tenant-role';
import { databaseUrl } from './url';

export interface MigrateOptions {
  /** Builder database to migrate; the configured one when absent. */
  url?: string;
}

/** Any numbers that nobody else uses. The first: two processes that start at once migrate one after the other. */
const LOCK = 714_209_331;
/** The second is held by a running script itself, which the server goes on with when the process that sent it is killed. */
const SCRIPT_LOCK = 714_209_332;
const FILTERS = { externalTables: [], externalEnums: [] };

/** See index.ts. */
export async function applyMigrations(options: MigrateOptions): Promise<{ applied: string[] }> {
  const url = options.url ?? databaseUrl();
  const guard = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'quarry migrate' });
  guard.on('error', () => undefined);
  try {
    await guard.connect();
  } catch (error) {
    throw unavailable('The builder database cannot be reached. Check DATABASE_URL and that the server runs.', error);
  }
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await ensureTenantRole(guard);
    if (await isUpToDate(guard)) return { applied: [] };
    return await withEngine(url, async (engine) => {
      await forgetInterrupted(engine, guard);
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList: readMigrations(), filters: FILTERS });
      return { applied: appliedMigrationNames };
    });
  } catch (error) {
    if (error instanceof QuarryError) throw error;
    throw unavailable(`The builder database could not be migrated: ${explain(error)}`, error);
  } finally {
    await guard.end();
  }
}

/** Every shipped migration, as it is shipped, has been applied: then the engine needn't be loaded, which takes half a second. */
async function isUpToDate(client: pg.Client): Promise<boolean> {
  const table = await client.query<{ there: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`);
  if (!table.rows[0]?.there) return false;
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  const applied = new Map(rows.filter(({ finished }) => finished).map(({ name, checksum }) => [name, checksum]));
  const shipped = readMigrations().migrationDirectories.map(
    ({ path: name, migrationFile: { content } }) => [name, content.value] as const,
  );
  return (
    rows.length === applied.size &&
    shipped.length === applied.size &&
    shipped.every(([name, sql]) => applied.get(name) === createHash('sha256').update(sql).digest('hex'))
  );
}

/** See index.ts. */
export async function writeMigration(name: string, options: MigrateOptions): Promise<string | null> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new QuarryError('input.invalid', 'Name a migration in lower case, digits and underscores, like add_tags.');
  }
  const script = await findMissingSql(options.url ?? databaseUrl());
  if (script === null) return null;
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(migrationsFolder(), `${time}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), script);
  return path.basename(folder);
}

/** The SQL that leads from the committed migrations to prisma/schema.prisma; null when nothing is missing. */
export async function findMissingSql(url: string): Promise<string | null> {
  const scratch = await createScratchDatabase(url);
  try {
    return await diffAgainstSchema(scratch.url);
  } finally {
    await scratch.drop();
  }
}

async function diffAgainstSchema(scratchUrl: string): Promise<string | null> {
  await applyMigrations({ url: scratchUrl });
  const schemaPath = path.join(projectRoot(), 'prisma/schema.prisma');
  const files = [{ path: schemaPath, content: readFileSync(schemaPath, 'utf8') }];
  const result = await withEngine(scratchUrl, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: path.dirname(schemaPath) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: FILTERS,
    }),
  );
  return result.exitCode === 0 ? null : (result.stdout ?? null);
}

/**
 * A killed process leaves a migration that started and never finished. Each script commits in one step together with its
 * finished_at (see atomicScripts), so one that is unfinished once its script has ended changed nothing: it is noted as rolled back, and runs again.
 */
async function forgetInterrupted(engine: SchemaEngine, client: pg.Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1), pg_advisory_unlock($1)', [SCRIPT_LOCK]);
  const table = await client.query<{ there: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`);
  if (!table.rows[0]?.there) return;
  const { rows } = await client.query<{ migration_name: string }>(
    'SELECT DISTINCT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL',
  );
  for (const row of rows) await engine.markMigrationRolledBack({ migrationName: row.migration_name });
}

const migrationsFolder = () => path.join(projectRoot(), 'prisma/migrations');

function readMigrations(): MigrationList {
  const baseDir = migrationsFolder();
  const lockPath = path.join(baseDir, 'migration_lock.toml');
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lockPath) ? readFileSync(lockPath, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

type EngineClass = typeof import('@prisma/schema-engine-wasm/schema_engine_bg').SchemaEngine;

/** The package's JavaScript half keeps one instance of the WebAssembly half for the whole process. */
function loadEngine(): Promise<EngineClass> {
  return singleton('db.schema-engine', async () => {
    const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    const require = createRequire(path.join(projectRoot(), 'package.json'));
    const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const imports = { './schema_engine_bg.js': { ...glue, ...patientTimers(glue) } } as WebAssembly.Imports;
    const { instance } = await WebAssembly.instantiate(readFileSync(path.join(folder, 'schema_engine_bg.wasm')), imports);
    // Missing from the package's types: hands the instance to the JavaScript half.
    (glue as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void }).__wbg_set_wasm(instance.exports);
    (instance.exports.__wbindgen_start as () => void)();
    return glue.SchemaEngine;
  });
}

/** The engine never clears its 10-second timers; they shall not keep a process alive which is otherwise done. */
function patientTimers(glue: object): WebAssembly.ModuleImports {
  const names = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout'));
  const set = (run: () => void, ms: number) => setTimeout(run, ms).unref();
  return Object.fromEntries(names.map((name) => [name, set]));
}

/** Prisma's schema engine on a driver adapter, without the native binary that Prisma would download (docs/adr). */
async function withEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const Engine = await loadEngine();
  const opened: SqlDriverAdapter[] = [];
  const factory = bindMigrationAwareSqlAdapterFactory(atomicScripts(url, opened));
  const engine = await Engine.new({ datamodels: undefined }, () => undefined, factory);
  try {
    return await work(engine);
  } finally {
    for (const adapter of opened) await adapter.dispose();
    engine.free();
  }
}

/**
 * Prisma's adapter splits a script at every semicolon, even inside function bodies, and runs the pieces one by one. Here a
 * script goes to the server as one simple-protocol message, which Postgres runs as one transaction; a migration's script also
 * carries its finished_at, so that a kill leaves either all of it or nothing.
 */
function atomicScripts(url: string, opened: SqlDriverAdapter[]): SqlMigrationAwareDriverAdapterFactory {
  const pool = new FlagPool({ connectionString: url, max: 1, application_name: 'quarry migrate' });
  const inner = new PrismaPg(pool, { disposeExternalPool: true });
  const migrations = new Set(readMigrations().migrationDirectories.map(({ migrationFile: { content } }) => content.value));
  const adopt = async (connecting: ReturnType<PrismaPg['connect']>): Promise<SqlDriverAdapter> => {
    const adapter = await connecting;
    opened.push(adapter);
    readFlags(adapter);
    adapter.executeScript = async (script) => {
      try {
        await adapter.underlyingDriver().query(migrations.has(script) ? `${BEGIN};\n${script}\n;${FINISH}` : script);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        const { message, detail, column, hint } = error;
        const code = error.code ?? '';
        throw new DriverAdapterError({
          kind: 'postgres',
          code,
          severity: error.severity ?? 'ERROR',
          message,
          detail,
          column,
          hint,
        });
      }
    };
    return adapter;
  };
  const { provider, adapterName } = inner;
  return { provider, adapterName, connect: () => adopt(inner.connect()), connectToShadowDb: () => inner.connectToShadowDb() };
}

const CHAR_OID = 18;
const CHAR_ARRAY_OID = 1002;

/**
 * The adapter can't name the type "char", in which the server's catalogue keeps one-letter flags, though the engine asks for it.
 * It passes through the adapter as an array of it, a type which the catalogue queries never give, and comes out right.
 */
class FlagPool extends pg.Pool {
  override query = (async (...args: Parameters<pg.Pool['query']>) => {
    const result = (await pg.Pool.prototype.query.apply(this, args)) as unknown as pg.QueryResult | undefined;
    for (const field of result?.fields ?? []) if (field.dataTypeID === CHAR_OID) field.dataTypeID = CHAR_ARRAY_OID;
    return result;
  }) as unknown as pg.Pool['query'];
}

function readFlags(adapter: SqlDriverAdapter): void {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const { CharacterArray, Character } = ColumnTypeEnum;
    return { ...result, columnTypes: result.columnTypes.map((type) => (type === CharacterArray ? Character : type)) };
  };
}

const BEGIN = `SELECT pg_advisory_xact_lock(${SCRIPT_LOCK})`;
/** Under our lock there is at most one migration that has started and not ended. */
const FINISH = 'UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL';

const unavailable = (message: string, cause: unknown) => new QuarryError('database.unavailable', message, { cause });

/** The engine's report in one line; its own advice is about Prisma's command line, which isn't there. */
function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('schema is not empty')) return 'it already holds other tables. Give Quarry a database of its own.';
  const name = text.match(/migration_name="([^"]+)"/)?.[1];
  const reason = text.match(/ERROR: (.+)/)?.[1] ?? text.split('\n').find((line) => line.trim() !== '') ?? 'unknown reason';
  return name ? `${name} failed: ${reason}.` : reason;
}
