import type { TenantDb } from '../db';
import { GENESIS, hashEvent } from './hash';

interface ChainReport {
  ok: boolean;
  /** Events that were checked. */
  count: number;
  /** Sequence number of the first event that was altered, or whose predecessor is missing. */
  brokenAt?: string;
}

const PAGE = 500;

/** Recomputes the organisation's chain from its first event. */
export async function verifyAuditChain(ctx: {
  readonly db: TenantDb;
  readonly organization: { id: string };
}): Promise<ChainReport> {
  let previousHash = GENESIS;
  let sequence = 0n;
  for (;;) {
    const events = await ctx.db.auditEvent.findMany({
      where: { sequence: { gt: sequence } },
      orderBy: { sequence: 'asc' },
      take: PAGE,
    });
    for (const event of events) {
      const intact =
        event.sequence === sequence + 1n &&
        event.previousHash === previousHash &&
        event.hash === hashEvent({ ...event, organizationId: ctx.organization.id });
      if (!intact) return { ok: false, count: Number(sequence), brokenAt: event.sequence.toString() };
      sequence = event.sequence;
      previousHash = event.hash;
    }
    if (events.length < PAGE) return { ok: true, count: Number(sequence) };
  }
}
