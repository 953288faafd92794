import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '@/lib/db';
import { systemClock } from '@/lib/kernel/clock';
import { readEnv } from '@/lib/kernel/env';
import { projectRoot } from '@/lib/kernel/paths';
import { JOBS, JobQueue } from '@/lib/queue';
import { createSource } from '@/lib/sources';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { type RedisServer, startRedisServer } from '@/lib/testing/redis-server';
import { createSourceDatabase, type SourceDatabase, until } from '@/lib/testing/source-database';

/** Real worker processes on a builder database of their own; one is killed while it reads a schema. */
let scratch: ScratchDatabase;
let redis: RedisServer;
let source: SourceDatabase;
let ours: TestOrganization;
let gate: Gate;
let gatePort = 0;
const children: ChildProcess[] = [];
const queues: JobQueue[] = [];

/** Stands before a server and lets nothing through until it is opened, like a server that hangs. */
class Gate {
  readonly #server: Server;
  readonly #held = new Set<Socket>();
  #target: { host: string; port: number };
  open = true;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      this.#held.add(socket);
      socket.once('close', () => this.#held.delete(socket));
      if (!this.open) return;
      const through = tcpConnect(this.#target);
      through.on('error', () => socket.destroy());
      socket.once('close', () => through.destroy());
      socket.pipe(through).pipe(socket);
    });
  }

  get waiting(): number {
    return this.#held.size;
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Ends what is connected; what comes next is held. */
  shut(): void {
    this.open = false;
    for (const socket of this.#held) socket.destroy();
  }

  close(): void {
    this.shut();
    this.#server.close();
  }
}

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
  redis = await startRedisServer();
  source = await createSourceDatabase('CREATE TABLE kept (id int PRIMARY KEY)');
  gate = new Gate(source.connection);
  gatePort = await gate.listen();
  ours = await createTestOrganization();
});

afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.drain(0);
  for (const child of children.splice(0)) {
    const gone = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
  }
});

afterAll(async () => {
  await redis?.remove();
  gate?.close();
  await ours?.drop();
  await source?.drop();
  await closeDb();
  await scratch?.drop();
});

/** A worker that has begun: the first process of a busy machine may take long to compile. */
async function startWorker(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'workers/process.ts'], {
    cwd: projectRoot(),
    env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: scratch.url, WORKER_LEASE: '2', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The worker ended before it had begun.')));
  ended.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.stdout.resume();
  return child;
}

/** The queue of a web server beside the workers. */
function makeQueue({ REDIS_URL, REDIS_PREFIX }: Record<string, string>): JobQueue {
  const { hostname: host, port } = new URL(REDIS_URL || 'redis://none');
  const redis = REDIS_URL ? { connection: { host, port: Number(port || 6379) }, prefix: `${REDIS_PREFIX}queue` } : null;
  const queue = new JobQueue({ jobs: JOBS, redis, clock: systemClock, slots: { sources: 1, upkeep: 1 } });
  queues.push(queue);
  return queue;
}

const workers = () => systemDb().worker.findMany();

describe.each(['process', 'redis'] as const)('a worker that is killed, jobs carried by %s', (transport) => {
  it('loses its job to another, which finishes it once', async () => {
    const env: Record<string, string> =
      transport === 'redis' ? { REDIS_URL: redis.url, REDIS_PREFIX: `test-worker-${randomUUID()}:` } : { REDIS_URL: '' };
    gate.open = true;
    const { id: dataSourceId } = await createSource(ours.ctx, {
      name: `behind the gate, ${transport}`,
      type: 'postgres',
      environment: 'development',
      connection: { ...source.connection, port: gatePort },
    });
    gate.shut();

    const first = await startWorker(env);
    await until(workers, (rows) => rows.length === 1 && rows[0]?.runsJobs === true);
    const asking = makeQueue(env);
    const asked = { kind: 'schema.refresh', data: { dataSourceId }, maxAttempts: 4 };
    const id = (await asking.add({ organizationId: ours.organization.id, ...asked }))?.id ?? '';
    const read = () => systemDb().workflow.findUniqueOrThrow({ where: { id } });
    await until(read, (row) => row.status === 'running' && gate.waiting > 0);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await read()).toMatchObject({ status: 'running', attempt: 1 });

    gate.open = true;
    const second = await startWorker(env);
    expect(await until(read, ({ status }) => status === 'completed' || status === 'failed')).toMatchObject({
      status: 'completed',
      attempt: 2,
      error: null,
      result: { tables: 1 },
    });
    const events = await systemDb().workflowEvent.findMany({ where: { workflowId: id }, orderBy: { sequence: 'asc' } });
    const changes = events.map(({ status, detail }) =>
      `${status} ${(detail as { error?: { code: string } }).error?.code ?? ''}`.trim(),
    );
    // Steps are noted too, by the beat that the first one lived to make and by the end of the second.
    expect(changes.filter((change, at) => change !== changes[at - 1])).toEqual([
      'pending',
      'running',
      'failed job.lost',
      'pending',
      'running',
      'completed',
    ]);
    expect(await systemDb().schemaVersion.count({ where: { dataSourceId } })).toBe(1);

    const left = once(second, 'exit');
    second.kill('SIGTERM');
    expect(await left).toEqual([0, null]);
    expect(await workers()).toHaveLength(1); // the killed one could not say goodbye
    await systemDb().worker.deleteMany();
  }, 60_000);
});
