import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb, systemDb } from '../db';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { appendAudit, verifyAuditChain, withAudit } from '.';
import { hashEvent } from './hash';

let org: TestOrganization;

beforeAll(async () => {
  org = await createTestOrganization();
});

afterAll(async () => {
  await org.drop();
  await closeDb();
});

const events = () => org.ctx.db.auditEvent.findMany({ orderBy: { sequence: 'asc' } });

describe('[I10] the audit chain', () => {
  it('keeps who did what in an unbroken sequence, however many write at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        appendAudit(org.ctx, { action: 'test.append', outcome: 'ok', detail: { z: i, a: [{ y: 1, b: null }] } }),
      ),
    );
    const all = await events();
    expect(all.map((event) => event.sequence)).toEqual(all.map((_, i) => BigInt(i + 1)));
    expect(all[0]).toMatchObject({ actorId: org.user.id, action: 'test.append', outcome: 'ok' });
    expect(await verifyAuditChain(org.ctx)).toEqual({ ok: true, count: 20 });
  });

  it('takes another place when another process was faster', async () => {
    let runs = 0;
    await withAudit(org.ctx, async () => {
      runs += 1;
      if (runs === 1) {
        // What another process would do at this moment: it commits the place that this one is about to take.
        const { id: _, ...last } = await systemDb().auditEvent.findFirstOrThrow({
          where: { organizationId: org.organization.id },
          orderBy: { sequence: 'desc' },
        });
        const ahead = { ...last, detail: {}, sequence: last.sequence + 1n, previousHash: last.hash };
        await systemDb().auditEvent.create({ data: { ...ahead, hash: hashEvent(ahead) } });
      }
      return { result: undefined, event: { action: 'test.raced', outcome: 'ok' } };
    });
    expect(await verifyAuditChain(org.ctx)).toMatchObject({ ok: true });
    expect((await events()).at(-1)?.action).toBe('test.raced');
  });

  it('writes nothing when the work fails', async () => {
    const before = (await events()).length;
    const failing = withAudit(org.ctx, async (tx) => {
      await tx.article.create({ data: { title: 'half', content: '', createdById: org.user.id } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await events()).length).toBe(before);
    expect(await org.ctx.db.article.count()).toBe(0);
  });

  it.each([
    ['an altered detail', { detail: { forged: true } }],
    ['another actor', { actorId: null }],
    ['another outcome', { outcome: 'failed' }],
  ])('finds %s', async (_, data) => {
    const [event] = (await events()).slice(4);
    if (!event) throw new Error('no event');
    const where = { id: event.id };
    await systemDb().auditEvent.update({ where, data });
    expect(await verifyAuditChain(org.ctx)).toMatchObject({ ok: false, brokenAt: '5' });
    const { detail, actorId, outcome } = event;
    await systemDb().auditEvent.update({ where, data: { detail: detail ?? {}, actorId, outcome } });
    expect(await verifyAuditChain(org.ctx)).toMatchObject({ ok: true });
  });

  it('finds a removed event', async () => {
    const [event] = (await events()).slice(6);
    await systemDb().auditEvent.delete({ where: { id: event?.id ?? '' } });
    expect(await verifyAuditChain(org.ctx)).toMatchObject({ ok: false, brokenAt: '8' });
  });
});
