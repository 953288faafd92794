import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A Redis of a test's own, which it may stop, start, freeze and flush. */
export interface RedisServer {
  url: string;
  port: number;
  /** Ends it at once, with what it held. */
  stop(): Promise<void>;
  /** On the same port again, empty. */
  start(): Promise<void>;
  /** It keeps its connections and answers nothing, as a host does that hangs. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

/** @param options.password that clients must give */
export async function startRedisServer(options: { password?: string } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'quarry-redis-'));
  const port = await freePort();
  const login = options.password ? ['--requirepass', options.password] : [];
  let child: ChildProcess | null = null;

  const server: RedisServer = {
    port,
    url: `redis://${options.password ? `:${encodeURIComponent(options.password)}@` : ''}127.0.0.1:${port}`,
    async start() {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...login];
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await untilReady(child);
    },
    async stop() {
      if (!child) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      child = null;
    },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async remove() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('error', () => reject(new Error('redis-server is not on the PATH: run the tests through `npm test`.')));
    child.once('exit', () => reject(new Error(`redis-server ended at once: ${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
