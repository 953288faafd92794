import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Ctx } from '../access';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '../db';
import { systemClock } from '../kernel/clock';
import { readEnv } from '../kernel/env';
import { QuarryError } from '../kernel/errors';

import { settableClock } from '../testing/clock';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import type { JobDefinition } from './job-definition';
import { JobQueue, type QueueOptions } from './job-queue';
import type { JobHandler, JobRun } from './runner';

/** Both ways to carry the news, judged by the same expectations, on a builder database of their own. */
let scratch: ScratchDatabase;
let redis: RedisServer;
let organizations: string[] = [];
const queues: JobQueue[] = [];

const base = { queue: 'sources', attempts: 3, backoffMs: 10, timeoutMs: 10_000 } as const;
const job = (more: Partial<JobDefinition> = {}): JobDefinition => ({
  label: 'A test',
  scope: 'organization',
  data: z.object({ n: z.number().optional() }),
  ...base,
  ...more,
});

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
  redis = await startRedisServer();
});

afterAll(async () => {
  await redis?.remove();
  await closeDb();
  await scratch?.drop();
});

describe.each(['process', 'redis'] as const)('the queue by %s', (transport) => {
  let prefix: string;

  beforeEach(async () => {
    prefix = `test-queue-${randomUUID()}`;
    const made = [randomUUID(), randomUUID()].map((id) => ({ id, slug: id, name: id }));
    await systemDb().organization.createMany({ data: made });
    organizations = made.map(({ id }) => id);
  });

  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.drain(0)));
    await systemDb().workflowEvent.deleteMany();
    await systemDb().workflow.deleteMany();
    await systemDb().organization.deleteMany();
  });

  /** One process's queue, with its own name and connections. */
  function makeQueue(options: Partial<QueueOptions> = {}): JobQueue {
    const queue = new JobQueue({
      jobs: { 'test.run': job() },
      redis: transport === 'redis' ? { connection: { host: '127.0.0.1', port: redis.port }, prefix } : null,
      clock: systemClock,
      slots: { sources: 4, upkeep: 1 },
      pollMs: 30,
      beatMs: 50,
      leaseMs: 10_000,
      contextOf: async (id) => ({ organization: { id } }) as Ctx,
      ...options,
    });
    queues.push(queue);
    return queue;
  }

  const ask = async (queue: JobQueue, more: object = {}) => {
    const added = await queue.add({
      organizationId: organizations[0] ?? '',
      kind: 'test.run',
      data: {},
      maxAttempts: 3,
      ...more,
    });
    return added?.id ?? '';
  };
  const read = (id: string) => systemDb().workflow.findUniqueOrThrow({ where: { id } });
  const ended = (id: string) =>
    until(
      () => read(id),
      ({ status }) => status === 'completed' || status === 'failed',
    );
  async function history(id: string) {
    const events = await systemDb().workflowEvent.findMany({ where: { workflowId: id }, orderBy: { sequence: 'asc' } });
    return events.map(({ status, step }) => (step ? `${status} ${step}` : status));
  }
  const run = (handler: JobHandler) => ({ handlers: { 'test.run': handler } });

  it('runs a job, with its context, its steps and its result in the row and its history', async () => {
    const queue = makeQueue();
    const id = await ask(queue, { data: { n: 7 } });
    expect(await read(id)).toMatchObject({ status: 'pending', attempt: 0 });
    const seen: JobRun[] = [];
    await queue.start(
      run(async (one) => {
        seen.push(one);
        one.step('first', { tables: 3 });
        one.step('second');
        return { done: 1 };
      }),
    );
    expect(await ended(id)).toMatchObject({
      status: 'completed',
      step: 'second',
      result: { done: 1 },
      error: null,
      attempt: 1,
      finishedAt: expect.any(Date),
    });
    expect(seen).toMatchObject([{ id, data: { n: 7 }, attempt: 1, ctx: { organization: { id: organizations[0] } } }]);
    expect(await history(id)).toEqual(['pending', 'running', 'running first', 'running second', 'completed second']);
    const [, , first] = await systemDb().workflowEvent.findMany({ where: { workflowId: id }, orderBy: { sequence: 'asc' } });
    expect(first?.detail).toEqual({ attempt: 1, tables: 3 });
  });

  it('runs what waited before it started, and gives an installation job no context', async () => {
    const id = await ask(makeQueue(), { organizationId: null });
    const contexts: unknown[] = [];
    await makeQueue().start(run(async ({ ctx }) => void contexts.push(ctx)));
    expect(await ended(id)).toMatchObject({ status: 'completed', organizationId: null, installation: true });
    expect(contexts).toEqual([null]);
  });

  it('tries again with growing pauses, and then says why it failed', async () => {
    const queue = makeQueue({ random: () => 0.5 });
    const id = await ask(queue);
    let tries = 0;
    await queue.start(
      run(async () => {
        tries += 1;
        throw new QuarryError('source.unreachable', `The server is away (${tries}).`);
      }),
    );
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { code: 'source.unreachable', message: 'The server is away (3).' },
    });
    expect(tries).toBe(3);
    expect(await history(id)).toEqual([
      'pending',
      ...Array(2).fill(['running', 'failed', 'pending']).flat(),
      'running',
      'failed',
    ]);
    const pauses = await systemDb().workflowEvent.findMany({
      where: { workflowId: id, status: 'pending' },
      orderBy: { sequence: 'asc' },
    });
    expect(pauses.map(({ detail }) => (detail as { delayMs?: number }).delayMs)).toEqual([undefined, 10, 20]);
  });

  it('begins with fresh attempts and short pauses when a failed job is asked for again', async () => {
    const queue = makeQueue({ random: () => 0.5 });
    const id = await ask(queue, { maxAttempts: 1 });
    await queue.start(
      run(async () => {
        throw new QuarryError('source.unreachable', 'The server is away.');
      }),
    );
    await ended(id);
    const organizationId = organizations[0] ?? '';
    expect(await queue.store.again(organizations[1] ?? '', id, 3, 'Eve', null)).toBeNull();
    expect(await queue.store.again(organizationId, id, 3, 'Ada', 'k')).toBe(1);
    await queue.announce([{ id, kind: 'test.run', attempt: 1, delayMs: 0 }]);
    expect(
      await until(
        () => read(id),
        ({ status }) => status === 'failed',
      ),
    ).toMatchObject({ attempt: 4, activeKey: null });
    const pauses = await systemDb().workflowEvent.findMany({
      where: { workflowId: id, status: 'pending' },
      orderBy: { sequence: 'asc' },
    });
    expect(
      pauses.map(({ detail }) => (detail as { by?: string; delayMs?: number }).by ?? (detail as { delayMs?: number }).delayMs),
    ).toEqual([undefined, 'Ada', 10, 20]);
  });

  it('heals when a later attempt goes well', async () => {
    const queue = makeQueue();
    const id = await ask(queue);
    await queue.start(
      run(async ({ attempt }) => {
        if (attempt < 3) throw new Error('secret driver text');
      }),
    );
    expect(await ended(id)).toMatchObject({ status: 'completed', attempt: 3, error: null });
    const told = JSON.stringify(await systemDb().workflowEvent.findMany({ where: { workflowId: id } }), (_, value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    expect(told).not.toContain('secret driver text');
  });

  it('does not repeat what another attempt cannot mend', async () => {
    const queue = makeQueue();
    const [gone, strange] = [await ask(queue), await ask(queue, { data: { n: 'no number' } })];
    await queue.start(
      run(async () => {
        throw new QuarryError('not_found', 'The source is gone.');
      }),
    );
    expect(await ended(gone)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'not_found' } });
    expect(await ended(strange)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'input.invalid' } });
  });

  it('ends an attempt that takes too long', async () => {
    const queue = makeQueue({ jobs: { 'test.run': job({ timeoutMs: 30, attempts: 1 }) } });
    const id = await ask(queue, { maxAttempts: 1 });
    await queue.start(
      run(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    );
    expect(await ended(id)).toMatchObject({ status: 'failed', error: { code: 'job.timeout' } });
  });

  it('keeps one unfinished job per key, and gives the key back at the end', async () => {
    const queue = makeQueue();
    const asked = await Promise.all(Array.from({ length: 20 }, () => ask(queue, { activeKey: 'k' })));
    expect(new Set(asked).size).toBe(1);
    await queue.start(run(async () => undefined));
    await ended(asked[0] ?? '');
    expect(await ask(queue, { activeKey: 'k' })).not.toBe(asked[0]);
  });

  it('waits as long as it was told', async () => {
    const queue = makeQueue();
    const starts: number[] = [];
    await queue.start(run(async () => void starts.push(Date.now())));
    const [late, soon] = [await ask(queue, { delayMs: 300 }), await ask(queue)];
    await ended(soon);
    const row = await ended(late);
    expect(starts).toHaveLength(2);
    expect(row.startedAt?.getTime()).toBeGreaterThanOrEqual(row.runAt.getTime());
  });

  it('runs no more at once than there are slots, and all of them', async () => {
    const queue = makeQueue({ slots: { sources: 3, upkeep: 1 } });
    let [now, most] = [0, 0];
    const ids = await Promise.all(Array.from({ length: 12 }, () => ask(queue)));
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await queue.start(
      run(async () => {
        now += 1;
        most = Math.max(most, now);
        if (now === 3) open();
        await gate;
        now -= 1;
      }),
    );
    for (const id of ids) await ended(id);
    expect(most).toBe(3);
  });

  it('lets no organisation wait behind the many jobs of another', async () => {
    const queue = makeQueue({ slots: { sources: 1, upkeep: 1 } });
    for (let at = 0; at < 20; at += 1) await ask(queue);
    const id = await ask(queue, { organizationId: organizations[1] ?? '' });
    const order: string[] = [];
    await queue.start(run(async (one) => void order.push(one.id)));
    await until(
      () => order.length,
      (count) => count === 21,
    );
    expect(order.indexOf(id)).toBeLessThanOrEqual(2);
  });

  it('shares the work between processes, and runs each job once', async () => {
    const [one, two] = [makeQueue(), makeQueue()];
    const ids = await Promise.all(Array.from({ length: 40 }, () => ask(one)));
    const ran: string[] = [];
    const note = (name: string) => run(async ({ id }) => void ran.push(`${name} ${id}`));
    await Promise.all([one.start(note('one')), two.start(note('two'))]);
    for (const id of ids) await ended(id);
    expect(ran.map((text) => text.slice(4)).sort()).toEqual([...ids].sort());
    expect(await systemDb().workflow.count({ where: { attempt: { not: 1 } } })).toBe(0);
  });

  it('gives the job of a silent process to another, which cannot be overwritten', async () => {
    const dead = makeQueue({ leaseMs: 200 });
    const id = await ask(dead);
    const claimed = await dead.store.claim(['test.run'], 'dead-worker');
    expect(claimed?.id).toBe(id);
    const alive = makeQueue({ leaseMs: 200 });
    await alive.start(run(async () => ({ by: 'alive' })));
    expect(await ended(id)).toMatchObject({ status: 'completed', attempt: 2, result: { by: 'alive' } });
    const pulse = { id, attempt: 1, step: '', notes: [] };
    expect(await dead.store.end('dead-worker', pulse, { kind: 'completed', result: { by: 'dead' } })).toBe(false);
    expect(await dead.store.beat('dead-worker', [pulse])).toEqual([]);
    expect(await read(id)).toMatchObject({ result: { by: 'alive' } });
    expect(await history(id)).toEqual(['pending', 'running', 'failed', 'pending', 'running', 'completed']);
  });

  it('fails a job whose processes die each time', async () => {
    const queue = makeQueue({ leaseMs: 1 });
    const id = await ask(queue, { maxAttempts: 2, activeKey: 'deadly' });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await until(
        () => queue.store.claim(['test.run'], 'dead-worker'),
        (row) => row?.attempt === attempt,
      );
      await until(
        () => queue.store.recover(1),
        ({ count }) => count === 1,
      );
    }
    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'job.lost' }, activeKey: null, attempt: 2 });
    expect(await queue.store.claim(['test.run'], 'another')).toBeNull();
  });

  it('keeps the lease of a long job', async () => {
    const queue = makeQueue({ leaseMs: 300, beatMs: 30 });
    const other = makeQueue({ leaseMs: 300 });
    const id = await ask(queue);
    let finish: () => void = () => undefined;
    await queue.start(run(() => new Promise<void>((resolve) => (finish = resolve))));
    const first = await until(
      () => read(id),
      ({ status }) => status === 'running',
    );
    await until(
      async () => {
        await other.upkeep();
        return read(id);
      },
      ({ heartbeatAt }) => (heartbeatAt?.getTime() ?? 0) - (first.startedAt?.getTime() ?? 0) > 900,
    );
    finish();
    expect(await ended(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('puts back what still runs when a process stops, without counting the attempt', async () => {
    const stopping = makeQueue();
    const id = await ask(stopping, { maxAttempts: 1 });
    await stopping.start(
      run(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))),
    );
    await until(
      () => read(id),
      ({ status }) => status === 'running',
    );
    await stopping.drain(0);
    expect(await read(id)).toMatchObject({ status: 'pending', error: null });
    await makeQueue().start(run(async () => 'finished'));
    expect(await ended(id)).toMatchObject({ status: 'completed', result: 'finished' });
  });

  it('lets what runs finish within the grace of a stop', async () => {
    const queue = makeQueue();
    const id = await ask(queue);
    let finish: () => void = () => undefined;
    await queue.start(run(() => new Promise<void>((resolve) => (finish = resolve))));
    await until(
      () => read(id),
      ({ status }) => status === 'running',
    );
    const drained = queue.drain(8_000);
    finish();
    await drained;
    expect(await read(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('cancels a job that waits at once, and one that runs by its signal, without another attempt', async () => {
    const queue = makeQueue();
    const organizationId = organizations[0] ?? '';
    const waiting = await ask(queue, { delayMs: 60_000, activeKey: 'w' });
    expect(await queue.store.cancel(organizations[1] ?? '', waiting, 'Eve')).toBeNull();
    expect(await queue.store.cancel(organizationId, waiting, 'Ada')).toBe('failed');
    expect(await read(waiting)).toMatchObject({ status: 'failed', error: { message: 'Ada cancelled it.' }, activeKey: null });
    const running = await ask(queue);
    await queue.start(
      run(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    );
    await until(
      () => read(running),
      ({ status }) => status === 'running',
    );
    expect(await queue.store.cancel(organizationId, running, 'Ada')).toBe('running');
    expect(await ended(running)).toMatchObject({ status: 'failed', error: { code: 'job.cancelled' }, attempt: 1 });
    expect(await queue.store.cancel(organizationId, running, 'Ada')).toBeNull();
  });

  it('ends a job that this version does not know, with a warning, and leaves it to newer processes first', async () => {
    const queue = makeQueue({ unknownGraceMs: 60_000 });
    const id = await ask(queue, { kind: 'future.job', activeKey: 'f' });
    await queue.start(run(async () => undefined));
    await queue.upkeep();
    expect(await read(id)).toMatchObject({ status: 'pending' });
    await makeQueue({ unknownGraceMs: 0 }).start(run(async () => undefined));
    expect(await ended(id)).toMatchObject({
      status: 'completed',
      attempt: 0,
      activeKey: null,
      result: { warning: expect.any(String) },
    });
    expect(await history(id)).toEqual(['pending', 'completed']);
  });

  it('asks for a scheduled job once per period, however many processes there are', async () => {
    const clock = settableClock(1_000_000_000);
    const scheduled = () => ({ 'test.run': job({ scope: 'installation', everyMs: () => 60_000 }) });
    const all = [1, 2, 3].map(() => makeQueue({ clock, jobs: scheduled() }));
    const periods: string[] = [];
    for (const queue of all) await queue.start(run(async ({ id }) => void periods.push(id)));
    const rows = () => systemDb().workflow.findMany({ where: { kind: 'test.run' } });
    await until(rows, (found) => found.length === 1 && found[0]?.status === 'completed');
    clock.advance(60_000);
    await Promise.all(all.flatMap((queue) => [queue.tick('test.run'), queue.tick('test.run')]));
    await until(rows, (found) => found.length === 2 && found.every(({ status }) => status === 'completed'));
    await Promise.all(all.map((queue) => queue.tick('test.run')));
    expect(await rows()).toHaveLength(2);
    expect(new Set(periods).size).toBe(periods.length);
  });

  it('does not ask for a scheduled job again while the last one is unfinished', async () => {
    const clock = settableClock(1_000_000_000);
    const queue = makeQueue({ clock, jobs: { 'test.run': job({ scope: 'installation', everyMs: () => 60_000 }) } });
    await queue.tick('test.run');
    clock.advance(60_000);
    await queue.tick('test.run');
    expect(await systemDb().workflow.count()).toBe(1);
  });

  it('shows which processes are alive, and forgets one that has stopped', async () => {
    const queue = makeQueue();
    queue.reportSweep('pools.sweep', { at: '2026-01-01T00:00:00Z', handled: 2 });
    await queue.start(run(async () => undefined));
    const id = queue.heart.workerId;
    expect(await systemDb().worker.findUnique({ where: { id } })).toMatchObject({
      runsJobs: true,
      running: 0,
      sweeps: { 'pools.sweep': { handled: 2 } },
    });
    await queue.drain(0);
    expect(await systemDb().worker.findUnique({ where: { id } })).toBeNull();
  });

  it('removes what ended long ago, with its history', async () => {
    const clock = settableClock();
    const queue = makeQueue({ storeClock: clock });
    const [own, swept] = [await ask(queue), await ask(queue, { organizationId: null })];
    for (let taken = await queue.store.claim(['test.run'], 'w'); taken; taken = await queue.store.claim(['test.run'], 'w'))
      await queue.store.end('w', { id: taken.id, attempt: 1, step: '', notes: [] }, { kind: 'completed', result: null });
    const waiting = await ask(queue);
    clock.advance(2_000);
    expect(await queue.store.clean(10_000, 1_000)).toBe(1);
    expect(await systemDb().workflow.findUnique({ where: { id: swept } })).toBeNull();
    expect(await systemDb().workflowEvent.count({ where: { workflowId: swept } })).toBe(0);
    clock.advance(10_000);
    expect(await queue.store.clean(10_000, 1_000)).toBe(1);
    expect(await systemDb().workflowEvent.count({ where: { workflowId: own } })).toBe(0);
    expect((await systemDb().workflow.findMany()).map(({ id }) => id)).toEqual([waiting]);
  });
});
