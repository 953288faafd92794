import { createIORedisClient, Queue, RedisConnection } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '../db';
import { systemClock } from '../kernel/clock';
import { readEnv } from '../kernel/env';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import { JobQueue, type QueueOptions } from './job-queue';

/** A real Redis that stops, comes back empty, or forgets: jobs wait, and none is lost. */
let scratch: ScratchDatabase;
let server: RedisServer;
const open: { drain(graceMs: number): Promise<void> }[] = [];
const ran: string[] = [];

const definition = (everyMs?: number) => ({
  ...{
    label: 'A test',
    queue: 'sources',
    scope: 'installation',
    data: z.object({}),
    attempts: 3,
    backoffMs: 10,
    timeoutMs: 10_000,
  },
  ...(everyMs ? { everyMs: () => everyMs } : {}),
});
const connection = () => ({ host: '127.0.0.1', port: server.port });

function makeQueue(options: Partial<QueueOptions> = {}): JobQueue {
  const queue = new JobQueue({
    jobs: { 'test.run': definition() } as QueueOptions['jobs'],
    redis: { connection: connection(), prefix: 'outage' },
    clock: systemClock,
    slots: { sources: 2, upkeep: 1 },
    beatMs: 50,
    leaseMs: 10_000,
    ...options,
  });
  open.push(queue);
  return queue;
}
const handlers = { 'test.run': async ({ id }: { id: string }) => void ran.push(id) };

/** A look into Redis beside the queue. */
async function look<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
  RedisConnection.clientFactory ??= (options) => createIORedisClient(new Redis(options as RedisOptions));
  const queue = new Queue('sources', { connection: connection(), prefix: 'outage' });
  queue.on('error', () => undefined);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

const read = (id: string) => systemDb().workflow.findUniqueOrThrow({ where: { id } });
const ended = (id: string) =>
  until(
    () => read(id),
    ({ status }) => status === 'completed' || status === 'failed',
  );
async function ask(queue: JobQueue): Promise<string> {
  return (await queue.add({ organizationId: null, kind: 'test.run', data: {}, maxAttempts: 3 }))?.id ?? '';
}

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
  server = await startRedisServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.drain(0)));
  ran.length = 0;
});
afterAll(async () => {
  await server?.remove();
  await closeDb();
  await scratch?.drop();
});

it('takes jobs while Redis is away, and runs them once it is back', async () => {
  const queue = makeQueue();
  await queue.start({ handlers });
  await ended(await ask(queue));
  await server.stop();
  const ids = [await ask(queue), await ask(queue)];
  for (const id of ids) expect(await read(id)).toMatchObject({ status: 'pending', deliveredAt: null });
  await server.start();
  for (const id of ids) expect(await ended(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect([...ran].sort()).toEqual(expect.arrayContaining([...ids].sort()));
});

it('takes jobs in a process that began while Redis was away', async () => {
  await server.stop();
  const queue = makeQueue();
  const id = await ask(queue);
  await queue.start({ handlers });
  expect(await read(id)).toMatchObject({ status: 'pending', deliveredAt: null });
  await server.start();
  expect(await ended(id)).toMatchObject({ status: 'completed' });
});

it('tells again what Redis has forgotten', async () => {
  const asking = makeQueue({ redeliverMs: 200 });
  const id = await ask(asking);
  expect((await read(id)).deliveredAt).not.toBeNull();
  await server.stop();
  await server.start();
  expect(await look((queue) => queue.getJobCountByTypes('waiting', 'delayed'))).toBe(0);
  await makeQueue({ redeliverMs: 200 }).start({ handlers });
  expect(await ended(id)).toMatchObject({ status: 'completed' });
});

it('finishes what runs when Redis stops in the middle', async () => {
  const queue = makeQueue();
  const id = await ask(queue);
  let finish: () => void = () => undefined;
  await queue.start({
    handlers: {
      'test.run': () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    },
  });
  await until(
    () => read(id),
    ({ status }) => status === 'running',
  );
  await server.stop();
  finish();
  expect(await ended(id)).toMatchObject({ status: 'completed', attempt: 1 });
  await server.start();
});

it('keeps its schedules in a Redis that came back empty, removes those of jobs that are gone, and shrugs at their ticks', async () => {
  const scheduled = { 'test.run': definition(3_600_000) } as QueueOptions['jobs'];
  const keys = () => look(async (queue) => (await queue.getJobSchedulers()).map(({ key }) => key));
  await look(async (queue) => {
    await queue.upsertJobScheduler('gone.job', { every: 3_600_000 }, { name: 'gone.job', data: { schedule: 'gone.job' } });
    await queue.add('gone.job', { schedule: 'gone.job' });
  });
  const queue = makeQueue({ jobs: scheduled });
  await queue.start({ handlers });
  await until(keys, (found) => found.join() === 'test.run');
  await until(
    () => ran.length,
    (count) => count > 0,
  );
  await until(
    () => look((one) => one.getJobCountByTypes('waiting', 'active')),
    (count) => count === 0,
  );
  expect(await systemDb().workflow.count({ where: { kind: 'gone.job' } })).toBe(0);
  await server.stop();
  await server.start();
  await until(keys, (found) => found.join() === 'test.run');
});
