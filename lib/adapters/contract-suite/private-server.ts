import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { ConnectionInput, Pool } from '../contract';
import { type Certificates, makeCertificates } from './certificates';
import type { PrivateServer } from './fixture';
import { collect, expectCode, read, until } from './probes';
import { serverOf } from './server';
import type { Suite } from './suite';
import { countWire } from './wire-counter';

/** TLS in all modes with a private CA (A8), and a server that restarts: on a server of the suite's own. */
export function privateServer(suite: Suite): void {
  const { adapter, fixture, queries } = suite;

  describe('TLS and restarts, on a server of its own', () => {
    let folder: string | undefined;
    let certificates: Certificates;
    let running: PrivateServer;

    beforeAll(async () => {
      if (!fixture.server) return;
      folder = mkdtempSync(path.join(tmpdir(), 'quarry-tls-'));
      certificates = makeCertificates(folder);
      running = await serverOf(suite).startServer(certificates);
    }, 120_000);

    afterAll(async () => {
      await suite.drainOthers();
      await running?.remove();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    const open = (tls: ConnectionInput['tls'], changes: ConnectionInput = {}): Pool => {
      const config = adapter.manifest.parseConnection({ ...running.connection, ...changes, tls });
      return suite.open({ connectTimeoutMs: 5_000, resolveHost: async () => '127.0.0.1' }, config);
    };
    const works = async (pool: Pool) => expect((await read(pool, queries.one.text)).rows).toEqual(queries.one.rows);

    suite.offered('server', '"disable" connects without TLS, which this server refuses', async () => {
      await expectCode(open({ mode: 'disable' }).lease(), 'source.auth_failed', 'source.tls_failed', 'source.unreachable');
    });

    suite.offered('server', '"require" encrypts, and does not check the certificate', async () => {
      const pool = open({ mode: 'require' });
      await works(pool);
      const lease = await pool.lease();
      expect((await lease.validate()).tls).toMatch(/^TLSv1\.[23]\b/);
      expect(await running.isEncrypted(lease.backendId)).toBe(true);
      lease.release();
    });

    suite.offered('server', '"verify-ca" takes the right CA under any host name, and no other CA', async () => {
      await works(open({ mode: 'verify-ca', ca: certificates.ca }, { host: 'other.test' }));
      const error = await expectCode(open({ mode: 'verify-ca', ca: certificates.otherCa }).lease(), 'source.tls_failed');
      expect(error.message).toMatch(/not signed by the given CA/);
      await expectCode(open({ mode: 'verify-ca' }).lease(), 'source.tls_failed');
    });

    suite.offered(
      'server',
      '"verify-full" also wants the host name that was asked for, not the address the guard chose',
      async () => {
        await works(open({ mode: 'verify-full', ca: certificates.ca }));
        const other = open({ mode: 'verify-full', ca: certificates.ca }, { host: 'other.test' });
        expect((await expectCode(other.lease(), 'source.tls_failed')).message).toMatch(/another host name/);
        await expectCode(open({ mode: 'verify-full', ca: certificates.otherCa }).lease(), 'source.tls_failed');
      },
    );

    suite.offered('server', 'goes to the near end of a tunnel, and verifies the name of the far end', async () => {
      const wire = await countWire('127.0.0.1', running.connection.port ?? 0);
      const throughTunnel = (host: string) => {
        const input = { ...running.connection, host, port: 1, tls: { mode: 'verify-full' as const, ca: certificates.ca } };
        const asked: string[] = [];
        const tunnel = async (farHost: string, farPort: number) => {
          asked.push(`${farHost}:${farPort}`);
          return { host: '127.0.0.1', port: wire.port };
        };
        return { pool: suite.open({ connectTimeoutMs: 5_000, tunnel }, adapter.manifest.parseConnection(input)), asked };
      };
      try {
        const { pool, asked } = throughTunnel('localhost');
        await works(pool);
        expect(new Set(asked)).toEqual(new Set(['localhost:1']));
        const lease = await pool.lease();
        const controller = new AbortController();
        const cancelled = expectCode(collect(lease, queries.endless, { signal: controller.signal }), 'query.cancelled');
        controller.abort();
        await cancelled;
        lease.release();
        await works(pool);
        const error = await expectCode(throughTunnel('other.test').pool.lease(), 'source.tls_failed');
        expect(error.message).toMatch(/another host name/);
      } finally {
        await suite.drainOthers();
        await wire.close();
      }
    });

    suite.offered('server', 'sends the client certificate', async () => {
      const { ca, clientCert: cert, clientKey: key } = certificates;
      await works(open({ mode: 'verify-full', ca, cert, key }, running.certificateConnection));
      await expectCode(
        open({ mode: 'require' }, running.certificateConnection).lease(),
        'source.auth_failed',
        'source.tls_failed',
        'source.unreachable',
      );
    });

    suite.offered(
      'server',
      'tells a certificate that is no PEM, and a key without its certificate, before connecting',
      async () => {
        expect(() => open({ mode: 'verify-ca', ca: 'not a certificate' })).toThrow(/PEM/);
        expect(() => open({ mode: 'require', key: certificates.clientKey })).toThrow(/Paste both/);
      },
    );

    suite.offered('server', 'cancels a query over TLS', async () => {
      const lease = await open({ mode: 'verify-full', ca: certificates.ca }).lease();
      const controller = new AbortController();
      const running = expectCode(collect(lease, queries.endless, { signal: controller.signal }), 'query.cancelled');
      controller.abort();
      await running;
      lease.release();
    });

    suite.offered(
      'server',
      'tells that the server went away, and works again when it is back, in the same pool',
      async () => {
        const pool = open({ mode: 'require' });
        await works(pool);
        const busy = await pool.lease();
        const outcome = expectCode(collect(busy, queries.endless), 'source.unreachable');
        await running.stop();
        await outcome;
        busy.release();
        await expectCode(read(pool, queries.one.text), 'source.unreachable');
        await running.start();
        await until(() =>
          works(pool).then(
            () => true,
            () => false,
          ),
        );
        expect(pool.stats()).toMatchObject({ active: 0, idle: 1 });
      },
      120_000,
    );
  });
}
