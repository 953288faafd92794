import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pool } from '../contract';
import { expectCode, makeCertificates, type PrivateServer, read } from '../contract-suite';
import { postgres } from './index';
import { startPostgresServer } from './test-server';

/** What PostgreSQL does with TLS beyond the contract suite (A8). */

const folder = mkdtempSync(path.join(tmpdir(), 'quarry-tls-'));
const LIMITS = { max: 2, min: 0, waitMs: 5_000, connectTimeoutMs: 5_000, recycleMs: 3_600_000, allowWrites: false };
const pools: Pool[] = [];
let server: PrivateServer;

beforeAll(async () => {
  server = await startPostgresServer(makeCertificates(folder));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.drain(0)));
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function open(config: Parameters<typeof postgres.open>[0]): Pool {
  const pool = postgres.open(config, { ...LIMITS, resolveHost: async () => '127.0.0.1' });
  pools.push(pool);
  return pool;
}

describe('TLS', () => {
  it('is on by itself where the server offers it, and the server says so', async () => {
    const pool = open(postgres.manifest.parseConnection(server.connection));
    expect((await read(pool, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([[true]]);
  });

  it('is required by the server: without it the message says what is missing', async () => {
    const plain = postgres.manifest.parseConnection({ ...server.connection, tls: { mode: 'disable' } });
    expect((await expectCode(open(plain).lease(), 'source.auth_failed')).message).toMatch(/without TLS/);
  });

  it('says that a server offers no TLS', async () => {
    // Answers N to the request for TLS, as a server without it does (manual, 54.2.10).
    const plain = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write('N'));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    try {
      const config = postgres.manifest.parseConnection({ uri: `postgres://u:p@127.0.0.1:${port}/d?sslmode=require` });
      const error = await expectCode(open(config).lease(), 'source.tls_failed');
      expect(error.message).toMatch(/does not offer TLS/);
    } finally {
      plain.close();
    }
  });
});
