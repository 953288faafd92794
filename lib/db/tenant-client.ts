import type { PrismaClient } from './generated/client';
import { OPERATIONS, type Operation, scopeOperation } from './scope-args';
import { TENANT_MODELS, type TenantModel } from './tenant-models';
import { runInOrganization } from './tenant-scope';

/** Prisma on tenant connections never reads a password hash; the tenant role has no right to that column either. */
export type TenantPrisma = PrismaClient<never, { user: { passwordHash: true } }>;

type Changes = 'update' | 'updateMany' | 'updateManyAndReturn' | 'upsert' | 'delete' | 'deleteMany';
type Delegates = {
  readonly [M in TenantModel as Uncapitalize<M>]: M extends 'AuditEvent'
    ? Pick<TenantPrisma[Uncapitalize<M>], Exclude<Operation, Changes>>
    : Pick<TenantPrisma[Uncapitalize<M>], Operation>;
};

interface TransactionOptions {
  /** Milliseconds to wait for a connection (default 10,000). */
  maxWait?: number;
  /** Milliseconds after which the transaction is rolled back (default 30,000). */
  timeout?: number;
  isolationLevel?: 'ReadCommitted' | 'RepeatableRead' | 'Serializable';
}

/**
 * Prisma's model API for one organisation's rows. organizationId is added to every filter and every new row; naming another
 * one throws. Operations run when called (not when awaited) and give plain promises. There is no raw SQL, and of the models
 * which aren't the organisation's, only the names and addresses of its members can be read (through `include: {user: true}`).
 */
export type TenantDb = Delegates & {
  /** Everything in `run` happens or nothing does. Transactions don't nest: inside one, `run` joins it. */
  $transaction<T>(run: (tx: TenantDb) => Promise<T>, options?: TransactionOptions): Promise<T>;
};

type AnyDelegate = Record<string, (args: unknown) => PromiseLike<unknown>>;
type Delegated = Pick<TenantPrisma, Uncapitalize<TenantModel>>;
/** Missing on the client of a running transaction. */
type Begin = (run: (tx: Delegated) => Promise<unknown>, options?: TransactionOptions) => Promise<unknown>;

/** Wraps a client, or the client of a running transaction, for one organisation. */
export function scopeClient(client: Delegated, organizationId: string, begin?: Begin): TenantDb {
  const scoped: Record<string, unknown> = Object.create(null);
  for (const model of Object.keys(TENANT_MODELS) as TenantModel[]) {
    const key = `${model.charAt(0).toLowerCase()}${model.slice(1)}` as Uncapitalize<TenantModel>;
    scoped[key] = scopeDelegate(model, client[key] as unknown as AnyDelegate, organizationId);
  }
  scoped.$transaction = (run: (tx: TenantDb) => Promise<unknown>, options?: TransactionOptions) => {
    if (!begin) return run(scoped as TenantDb);
    return runInOrganization(organizationId, () => begin((tx) => run(scopeClient(tx, organizationId)), options));
  };
  return Object.freeze(scoped) as TenantDb;
}

function scopeDelegate(model: TenantModel, delegate: AnyDelegate, organizationId: string): unknown {
  const scoped: Record<string, unknown> = Object.create(null);
  for (const name of OPERATIONS) {
    scoped[name] = async (args?: unknown) => {
      const narrowed = scopeOperation(model, name, args, organizationId);
      return runInOrganization(organizationId, () => call(delegate, narrowed.operation, narrowed.args));
    };
  }
  return Object.freeze(scoped);
}

function call(delegate: AnyDelegate, operation: Operation, args: unknown): PromiseLike<unknown> {
  const method = delegate[operation];
  if (!method) throw new Error(`Prisma has no ${operation} on this model.`);
  return method.call(delegate, args);
}
