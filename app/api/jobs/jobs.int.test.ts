import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '@/lib/db';
import { readEnv } from '@/lib/kernel/env';
import { drainQueue, JOBS, jobQueue, startQueue } from '@/lib/queue';
import { createSource, drainPools } from '@/lib/sources';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { testRequest } from '@/lib/testing/request';
import { createSourceDatabase, type SourceDatabase, until } from '@/lib/testing/source-database';
import { HANDLERS } from '@/workers/registry';
import { POST as cancel } from './[id]/cancel/route';
import { POST as retry } from './[id]/retry/route';
import { GET as getOne } from './[id]/route';
import { GET as queues } from './queues/route';
import { GET as list, POST as request } from './route';

/** On a builder database of its own, since this file runs jobs: nobody else's must be among them. */
let scratch: ScratchDatabase;
let org: TestOrganization;
let other: TestOrganization;
let source: SourceDatabase;
let dataSourceId: string;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
  org = await createTestOrganization({ role: 'admin' });
  other = await createTestOrganization();
  source = await createSourceDatabase('CREATE TABLE orders (id int PRIMARY KEY)');
  dataSourceId = (await createSource(org.ctx, { name: 'Shop', type: 'postgres', connection: source.connection })).id;
});
afterAll(async () => {
  await drainQueue(0);
  await drainPools(0);
  await closeDb();
  await source?.drop();
  await scratch?.drop();
});

async function call(
  handler: typeof list,
  path: string,
  options: { id?: string; token?: string; body?: unknown; method?: string } = {},
) {
  const { id, token = org.token, ...rest } = options;
  const answer = await handler(testRequest(path, { token, ...rest }), {
    params: Promise.resolve(id === undefined ? {} : { id }),
  });
  return { status: answer.status, body: await answer.json() };
}
const ask = () => call(request, '/api/jobs', { body: { kind: 'schema.refresh', dataSourceId } });
const one = (id: string) => call(getOne, `/api/jobs/${id}`, { id });
const post = (handler: typeof list, id: string, token?: string) =>
  call(handler, `/api/jobs/${id}/x`, { id, method: 'POST', ...(token ? { token } : {}) });
const ended = (id: string) =>
  until(
    () => one(id),
    ({ body }) => body.status === 'completed' || body.status === 'failed',
  );

describe('the jobs routes', () => {
  it('say that nobody runs jobs, before anybody does', async () => {
    const { body } = await call(queues, '/api/jobs/queues');
    expect(body).toMatchObject({
      backend: 'process',
      redis: { state: 'off' },
      workers: [],
      trouble: expect.stringContaining('npm run worker'),
    });
    expect(body.schedules.map(({ kind }: { kind: string }) => kind)).toContain('workflows.clean');
  });

  it('cancel a job that waits, and give its key to the next', async () => {
    const first = await ask();
    expect(first).toMatchObject({
      status: 202,
      body: { status: 'pending', label: 'Read a schema again', source: { name: 'Shop' }, canCancel: true },
    });
    expect((await ask()).body.id).toBe(first.body.id);
    expect((await call(queues, '/api/jobs/queues')).body.queues[0]).toMatchObject({
      name: 'sources',
      waiting: 1,
      running: 0,
      failed: 0,
    });
    expect(await post(cancel, first.body.id)).toMatchObject({
      status: 200,
      body: { status: 'failed', error: { code: 'job.cancelled' }, canRetry: true },
    });
    expect(await post(cancel, first.body.id)).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    const second = await ask();
    expect(second.body.id).not.toBe(first.body.id);
    expect(await post(retry, first.body.id)).toMatchObject({
      status: 409,
      body: { error: { message: 'The same job waits or runs already.' } },
    });
    await post(cancel, second.body.id);
  });

  it('show why a job failed, and run it again when it is asked for', async () => {
    await source.setPassword('another');
    await drainPools(0);
    await startQueue({ handlers: HANDLERS });
    const { body: asked } = await ask();
    // Its attempts are seconds apart; what counts here is the end of the first.
    const paused = await until(
      () => one(asked.id),
      ({ body }) => body.error !== null,
    );
    expect(paused.body).toMatchObject({ attempt: expect.any(Number), error: { code: 'source.auth_failed' } });
    await post(cancel, asked.id);
    const failed = await ended(asked.id);
    expect(failed.body).toMatchObject({ status: 'failed', canRetry: true, requestedBy: 'Test admin' });
    expect(failed.body.history.map(({ status }: { status: string }) => status)).toEqual(
      expect.arrayContaining(['pending', 'running', 'failed']),
    );
    expect((await call(queues, '/api/jobs/queues')).body).toMatchObject({ trouble: null, workers: [{ runsJobs: true }] });
    await source.setPassword(source.connection.password);
    expect(await post(retry, asked.id)).toMatchObject({
      status: 200,
      body: { status: expect.stringMatching(/pending|running/) },
    });
    expect((await ended(asked.id)).body).toMatchObject({ status: 'completed', error: null, result: { tables: 1 } });
    expect(await post(retry, asked.id)).toMatchObject({ status: 409 });
    const deeds = await systemDb().auditEvent.findMany({ where: { organizationId: org.organization.id, target: asked.id } });
    expect(deeds.map(({ action }) => action)).toEqual(['job.cancel', 'job.retry']);
  });

  it('list page by page, newest first, by status and kind', async () => {
    const page = async (query: string) => (await call(list, `/api/jobs?${query}`)).body;
    const all = await page('');
    const first = await page('limit=2');
    const rest = await page(`limit=100&cursor=${first.nextCursor}`);
    expect([...first.jobs, ...rest.jobs].map(({ id }: { id: string }) => id)).toEqual(
      all.jobs.map(({ id }: { id: string }) => id),
    );
    expect(all.jobs.map(({ createdAt }: { createdAt: string }) => createdAt)).toEqual(
      all.jobs
        .map(({ createdAt }: { createdAt: string }) => createdAt)
        .sort()
        .reverse(),
    );
    expect((await page('status=completed')).jobs).toHaveLength(1);
    expect((await page('kind=question')).jobs).toEqual([]);
    expect((await page('kind=job')).jobs).toHaveLength(all.jobs.length);
    expect(await call(list, '/api/jobs?cursor=nonsense')).toMatchObject({
      status: 400,
      body: { error: { code: 'input.invalid' } },
    });
    expect(await call(list, '/api/jobs?status=odd')).toMatchObject({ status: 400 });
  });

  it('leave questions to those who asked', async () => {
    const id = randomUUID();
    await systemDb().workflow.create({ data: { id, organizationId: org.organization.id, kind: 'question', status: 'failed' } });
    expect((await one(id)).body).toMatchObject({ label: 'Question', canRetry: false, canCancel: false });
    expect(await post(retry, id)).toMatchObject({ status: 409 });
    expect(await post(cancel, id)).toMatchObject({ status: 409 });
  });

  it("know no job of another organisation, and none of the installation's", async () => {
    const foreign = await systemDb().workflow.create({
      data: { organizationId: other.organization.id, kind: 'schema.refresh', status: 'failed' },
    });
    const swept = await systemDb().workflow.create({
      data: { organizationId: null, installation: true, kind: 'sessions.sweep', status: 'failed' },
    });
    for (const { id } of [foreign, swept]) {
      for (const answer of [await one(id), await post(retry, id), await post(cancel, id)]) expect(answer.status).toBe(404);
      expect((await call(list, '/api/jobs')).body.jobs.map((job: { id: string }) => job.id)).not.toContain(id);
    }
    expect(await systemDb().workflow.count({ where: { id: { in: [foreign.id, swept.id] }, status: 'failed' } })).toBe(2);
  });

  it('let analysts neither see nor do anything', async () => {
    const { token } = await org.addUser({ role: 'analyst' });
    for (const answer of [
      await call(list, '/api/jobs', { token }),
      await call(queues, '/api/jobs/queues', { token }),
      await post(cancel, randomUUID(), token),
    ])
      expect(answer).toMatchObject({ status: 403 });
    expect(await call(request, '/api/jobs', { token, body: { kind: 'schema.refresh', dataSourceId } })).toMatchObject({
      status: 403,
    });
  });
});

describe('every job', () => {
  it('has code that the registry knows, and its schedule runs to its end', async () => {
    expect(Object.keys(HANDLERS).sort()).toEqual(Object.keys(JOBS).sort());
    const queue = jobQueue();
    for (const kind of Object.keys(JOBS)) await queue.tick(kind);
    const scheduled = Object.entries(JOBS).flatMap(([kind, job]) => ('everyMs' in job ? [kind] : []));
    const rows = await until(
      () => systemDb().workflow.findMany({ where: { organizationId: null, kind: { in: scheduled }, status: { not: 'failed' } } }),
      (found) => scheduled.every((kind) => found.some((row) => row.kind === kind && row.status === 'completed')),
    );
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(scheduled));
  });
});
