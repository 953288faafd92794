import { Prisma, type TenantDb } from '../db';
import type { Clock } from '../kernel/clock';
import { singleton } from '../kernel/singleton';
import { GENESIS, hashEvent } from './hash';

/** What an event takes from the caller's context: a Ctx fits. */
interface AuditContext {
  readonly db: TenantDb;
  readonly organization: { id: string };
  readonly principal: { kind: string; userId: string };
  readonly clock: Clock;
}

interface AuditEventInput {
  /** `noun.verb`, like a permission: "source.create". */
  action: string;
  /** What it was done to: an id. */
  target?: string;
  outcome: 'ok' | 'refused' | 'failed';
  /** The caller's network address. */
  address?: string;
  /** Facts worth keeping. JSON, and never a secret. */
  detail?: Record<string, Prisma.InputJsonValue>;
}

/** Appends one event in a transaction of its own. */
export async function appendAudit(ctx: AuditContext, event: AuditEventInput): Promise<void> {
  await withAudit(ctx, async () => ({ result: undefined, event }));
}

/**
 * Runs `work` in a transaction and appends its event in the same one: both happen or neither does. When another process took the
 * next place of the chain first, everything is rolled back and `work` runs again, so it must do nothing but write to `tx`.
 * @throws what `work` throws; nothing is written then
 */
export async function withAudit<T>(
  ctx: AuditContext,
  work: (tx: TenantDb) => Promise<{ result: T; event: AuditEventInput }>,
): Promise<T> {
  return inTurn(ctx.organization.id, async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ctx.db.$transaction(async (tx) => {
          const { result, event } = await work(tx);
          await append(ctx, tx, event);
          return result;
        });
      } catch (error) {
        if (!(error instanceof PlaceTaken)) throw error;
        if (attempt >= 10) throw error.cause;
      }
    }
  });
}

class PlaceTaken extends Error {}

async function append(ctx: AuditContext, tx: TenantDb, event: AuditEventInput): Promise<void> {
  const last = await tx.auditEvent.findFirst({ orderBy: { sequence: 'desc' }, select: { sequence: true, hash: true } });
  const { kind, userId } = ctx.principal;
  const fields = {
    sequence: (last?.sequence ?? 0n) + 1n,
    at: ctx.clock.date(),
    // The system acts under the nil UUID.
    actorId: /^[0-]+$/.test(userId) ? null : userId,
    actorKind: kind,
    action: event.action,
    target: event.target ?? null,
    outcome: event.outcome,
    address: event.address ?? null,
    detail: event.detail ?? {},
    previousHash: last?.hash ?? GENESIS,
  };
  const hash = hashEvent({ ...fields, organizationId: ctx.organization.id });
  try {
    await tx.auditEvent.create({ data: { ...fields, hash } });
  } catch (error) {
    const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
    throw taken ? new PlaceTaken('The next place of the audit chain is taken.', { cause: error }) : error;
  }
}

/** One at a time per organisation and process, so that a busy process doesn't race with itself. */
function inTurn<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
  const tails = singleton('audit.tails', () => new Map<string, Promise<unknown>>());
  const before = tails.get(organizationId) ?? Promise.resolve();
  const turn = before.then(work, work);
  const tail = turn.then(
    () => undefined,
    () => undefined,
  );
  tails.set(organizationId, tail);
  void tail.then(() => {
    if (tails.get(organizationId) === tail) tails.delete(organizationId);
  });
  return turn;
}
