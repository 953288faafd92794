import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Ctx } from '../access';
import { beginExchange, createConversation, failLostExchanges, getConversation } from '../conversations';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '../db';
import { systemClock } from '../kernel/clock';
import { readEnv } from '../kernel/env';
import { JobQueue, recordQuestion } from '../queue';
import { createSource } from '../sources';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { ask } from './ask';

/** Each question is a workflow [K1], on a builder database of its own. */
let scratch: ScratchDatabase;
let source: SourceDatabase;
let ours: TestOrganization;
let ctx: Ctx;
let dataSourceId: string;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
  source = await createSourceDatabase(
    'CREATE TABLE customers (id int PRIMARY KEY, name text); INSERT INTO customers VALUES (1, $$Ada$$)',
  );
  ours = await createTestOrganization();
  ctx = ours.ctx;
  dataSourceId = (await createSource(ctx, { name: 'Shop', type: 'postgres', connection: { uri: source.uri } })).id;
});
afterAll(async () => {
  await ours?.drop();
  await closeDb();
  await source?.drop();
  await scratch?.drop();
});

const read = (id: string) => systemDb().workflow.findUniqueOrThrow({ where: { id } });
const history = (id: string) => systemDb().workflowEvent.findMany({ where: { workflowId: id }, orderBy: { sequence: 'asc' } });

async function running(): Promise<string> {
  const { id } = await createConversation(ctx, { title: 'Talk', dataSourceId });
  return (await beginExchange(ctx, id, 'how many?')).messageId;
}

describe('a question', () => {
  it('is a workflow with its steps, and holds no word of the question', async () => {
    const answer = await ask(ctx, { dataSourceId, question: 'how many customers are there?' });
    expect(await read(answer.messageId)).toMatchObject({
      kind: 'question',
      status: 'completed',
      step: 'answer',
      organizationId: ours.organization.id,
      data: { conversationId: answer.conversationId, dataSourceId },
      result: { answer: 'completed', rows: 1, tries: 1 },
      error: null,
      finishedAt: expect.any(Date),
    });
    const events = await history(answer.messageId);
    expect(events.map(({ status, step }) => `${status} ${step}`.trim())).toEqual([
      'pending',
      ...['', 'understand', 'write', 'check', 'run', 'answer'].map((step) => `running ${step}`.trim()),
      'completed answer',
    ]);
    const kept = JSON.stringify([await read(answer.messageId), events.map(({ sequence: _, ...event }) => event)]);
    expect(kept).not.toMatch(/customers|how many/);
  });

  it('costs two statements', async () => {
    const count = async () => {
      const rows = await systemDb().$queryRaw<{ id: bigint }[]>`
        SELECT count(DISTINCT e.xmin::text)::bigint AS id FROM workflow_events e JOIN workflows w ON w."id" = e."workflowId" WHERE w."kind" = 'question'`;
      return Number(rows[0]?.id);
    };
    const before = await count();
    await ask(ctx, { dataSourceId, question: 'how many customers are there?' });
    // Each statement is a transaction of its own, which stamps the rows that it wrote.
    expect((await count()) - before).toBe(2);
  });

  it('that is stopped is a failed workflow with the code, and without the words', async () => {
    const stopped: Ctx = { ...ctx, signal: AbortSignal.abort() };
    const error = await ask(stopped, { dataSourceId, question: 'how many customers are there?', cache: 'refresh' }).catch(
      (e) => e,
    );
    expect(error).toMatchObject({ code: 'query.cancelled' });
    expect(await read(error.details.messageId)).toMatchObject({
      status: 'failed',
      error: { code: 'query.cancelled', message: expect.not.stringContaining('customers') },
    });
  });
});

describe('a question whose process dies', () => {
  it('fails, with its message, and is never stuck', async () => {
    const clock = settableClock();
    const dead = new JobQueue({ jobs: {}, redis: null, clock, slots: { sources: 1, upkeep: 1 }, storeClock: clock });
    const id = await running();
    const workflow = { id, organizationId: ours.organization.id, kind: 'question', data: {}, maxAttempts: 1 };
    await dead.store.begin(workflow, 'dead-worker', 'understand');
    expect(await dead.store.recover(30_000)).toEqual({ count: 0, questions: 0 });
    expect(await failLostExchanges(systemClock)).toBe(0);
    clock.advance(30_001);
    let told = 0;
    const alive = new JobQueue({ jobs: {}, redis: null, clock, slots: { sources: 1, upkeep: 1 }, storeClock: clock });
    await alive.start({
      onLost: async () => {
        told += await failLostExchanges(systemClock);
      },
    });
    expect(told).toBe(1);
    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'job.lost' }, attempt: 1 });
    const message = await systemDb().message.findUniqueOrThrow({ where: { id } });
    expect(message).toMatchObject({ status: 'failed', result: { error: { code: 'job.lost' } } });
    const { messages } = await getConversation(ctx, message.conversationId);
    expect(messages.at(-1)).toMatchObject({ status: 'failed', content: expect.stringContaining('Ask again') });
    await alive.drain(0);
  });

  it('fails after a minute even when it died before its record was written', async () => {
    const id = await running();
    expect(await failLostExchanges(systemClock)).toBe(0);
    expect(await failLostExchanges(settableClock(Date.now() + 61_000))).toBe(1);
    expect(await systemDb().message.findUniqueOrThrow({ where: { id } })).toMatchObject({ status: 'failed' });
  });

  it('is told from one that ended by itself', async () => {
    const id = await running();
    const record = recordQuestion(ctx, id, { conversationId: randomUUID(), dataSourceId });
    record.step('write');
    await until(
      () => systemDb().workflow.findUnique({ where: { id } }),
      (row) => row?.status === 'running',
    );
    await record.fail({ code: 'model.timeout', message: 'It took too long.' });
    expect(await read(id)).toMatchObject({ status: 'failed', step: 'write', error: { code: 'model.timeout' } });
  });
});
