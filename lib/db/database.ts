import { PrismaPg } from '@prisma/adapter-pg';
import { LRUCache } from 'lru-cache';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { logger } from '../kernel/log';
import { BuilderPool } from './builder-pool';
import { PrismaClient } from './generated/client';
import { createHotPath, type HotPath } from './hot-path';
import { scopeClient, type TenantDb, type TenantPrisma } from './tenant-client';
import { TenantPool } from './tenant-pool';

export interface DatabaseOptions {
  /** Connections at most, for the tenants together and for the system each. */
  max?: number;
}

/** One builder database: the clients on it and their connections. */
export interface Database {
  tenantDb(organizationId: string): TenantDb;
  systemDb(): PrismaClient;
  hot: HotPath;
  ping(): Promise<{ latencyMs: number }>;
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Prisma's own 2 s and 5 s would fail transactions that only wait their turn under load. */
const TRANSACTION_OPTIONS = { maxWait: CONNECT_TIMEOUT_MS, timeout: STATEMENT_TIMEOUT_MS };

/** Opens a builder database by its URL. Nothing connects before the first query. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const config = {
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    application_name: 'quarry',
  };
  const systemPool = new BuilderPool(config);
  const tenantPool = new TenantPool(config);
  let closing = false;
  for (const pool of [systemPool, tenantPool]) {
    // A pool without a listener takes the process down when the server ends an idle connection.
    pool.on('error', (error) => {
      if (!closing) logger().warn({ reason: error.message }, 'a builder-database connection was lost');
    });
  }
  const system = new PrismaClient({ adapter: new PrismaPg(systemPool), transactionOptions: TRANSACTION_OPTIONS });
  const tenant: TenantPrisma = new PrismaClient({
    adapter: new PrismaPg(tenantPool),
    transactionOptions: TRANSACTION_OPTIONS,
    omit: { user: { passwordHash: true } },
  });
  // A scoped client holds nothing but its organisation's id; making one costs more than a small query.
  const scoped = new LRUCache<string, TenantDb>({ max: 1_000 });
  return {
    tenantDb(organizationId) {
      if (!isId(organizationId)) throw new QuarryError('internal', 'An organisation is named by its id.');
      const id = organizationId.toLowerCase();
      const known = scoped.get(id);
      if (known) return known;
      const made = scopeClient(tenant, id, (run, limits) => tenant.$transaction((tx) => run(tx), limits));
      scoped.set(id, made);
      return made;
    },
    hot: createHotPath({ system: systemPool, tenant: tenantPool }),
    systemDb: () => system,
    async ping() {
      const startedAt = performance.now();
      try {
        await systemPool.query('SELECT 1');
      } catch (error) {
        throw new QuarryError('database.unavailable', 'The builder database does not answer. Check that it runs.', {
          cause: error,
        });
      }
      return { latencyMs: Math.round((performance.now() - startedAt) * 100) / 100 };
    },
    async close() {
      closing = true;
      await Promise.all([system.$disconnect(), tenant.$disconnect()]);
      await Promise.all([systemPool.end(), tenantPool.end()]);
    },
  };
}
