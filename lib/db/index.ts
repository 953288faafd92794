/**
 * The builder database: everything Quarry knows, apart from customers' data. Promises that a TenantDb reads and writes rows of
 * one organisation only, in three belts (scoped arguments, composite keys, row-level security of the server), that migrations
 * are safe to run at any time, and that secrets are stored sealed.
 */
import { dropSingleton, singleton } from '../kernel/singleton';
import { type Database, openDatabase } from './database';
import type { PrismaClient } from './generated/client';
import type { HotPath } from './hot-path';
import type { MigrateOptions } from './migrate';
import { createVault, readMasterKeys, type SealedSecret, type Vault } from './secrets';
import type { TenantDb } from './tenant-client';
import { databaseUrl } from './url';

export { type Database, openDatabase } from './database';
export { Prisma } from './generated/client';
export type { HolderRow, QueryRunRow, SessionHolderRow, SourceRead, TokenHolderRow } from './hot-path';
export type { MigrateOptions } from './migrate';
export { createScratchDatabase, type ScratchDatabase } from './scratch';
export { createVault, type MasterKeys, type SealedSecret } from './secrets';
export type { TenantDb } from './tenant-client';
export { TENANT_MODELS } from './tenant-models';
export { databaseUrl } from './url';

const NAME = 'db.database';
const database = (): Database => singleton(NAME, () => openDatabase(databaseUrl()));

/**
 * The builder database as one organisation sees it.
 * @throws QuarryError database.unavailable when there is no builder database; internal when the id isn't a UUID
 */
export function tenantDb(organizationId: string): TenantDb {
  return database().tenantDb(organizationId);
}

/** The whole builder database. The architecture test lists who may import it. */
export function systemDb(): PrismaClient {
  return database().systemDb();
}

/** The holder of a session, whatever the organisation; see HotPath. For the door only. @throws QuarryError database.unavailable */
export const readSessionHolder: HotPath['readSessionHolder'] = (...args) => database().hot.readSessionHolder(...args);

/** The holder of a token, whatever the organisation; see HotPath. For the door only. @throws QuarryError database.unavailable */
export const readTokenHolder: HotPath['readTokenHolder'] = (...args) => database().hot.readTokenHolder(...args);

/**
 * One organisation's source with its environment, read on a tenant connection in one round trip; see HotPath.
 * @throws QuarryError database.unavailable; internal when the organisation's id isn't a UUID
 */
export const readSource: HotPath['readSource'] = (...args) => database().hot.readSource(...args);

/** Adds to an organisation's query history, all rows or none; see HotPath. @throws the driver's error when a row doesn't fit */
export const appendQueryRuns: HotPath['appendQueryRuns'] = (...args) => database().hot.appendQueryRuns(...args);

/**
 * Brings the builder database to the newest version. Safe to run twice, by two processes at once, and after a kill.
 * @throws QuarryError database.unavailable with what to do
 */
export async function migrate(options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const { applyMigrations } = await import('./migrate');
  return applyMigrations(options);
}

/**
 * For developers: writes prisma/migrations/<time>_<name>/migration.sql from the difference between the committed migrations and
 * prisma/schema.prisma. Needs a login that may create a scratch database.
 * @returns the new folder's name, or null when nothing differs
 */
export async function createMigration(name: string, options: MigrateOptions = {}): Promise<string | null> {
  const { writeMigration } = await import('./migrate');
  return writeMigration(name, options);
}

const vault = (): Vault =>
  singleton('db.vault', () => {
    const keys = readMasterKeys();
    return createVault(tenantDb, () => keys);
  });

/**
 * Encrypts a secret with the organisation's key, which is made on first use.
 * @param binding the place that it belongs to inside the organisation ("source:<id>/credential:<version>"); opening needs the same
 * @throws QuarryError vault.key_missing
 */
export async function sealSecret(organizationId: string, binding: string, plaintext: string): Promise<SealedSecret> {
  return vault().seal(organizationId, binding, plaintext);
}

/** @throws QuarryError vault.corrupt when altered, swapped or bound elsewhere; vault.key_missing without the master key */
export async function openSecret(organizationId: string, binding: string, sealed: SealedSecret): Promise<string> {
  return vault().open(organizationId, binding, sealed);
}

/** Closes every connection to the builder database; the next use opens it again. */
export async function closeDb(): Promise<void> {
  dropSingleton('db.vault');
  await dropSingleton<Database>(NAME)?.close();
}

/** @returns the round trip of a trivial query. @throws QuarryError database.unavailable */
export async function pingDb(): Promise<{ latencyMs: number }> {
  return database().ping();
}
