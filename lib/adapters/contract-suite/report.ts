import { describe, expect, it } from 'vitest';
import { options } from './probes';
import type { Suite } from './suite';

/** What a connection test shows (A3), the plan, and what the manifest says an engine lacks. */
export function report(suite: Suite): void {
  describe('connection report and plan', () => {
    it('tells version, database, tables and latency', async () => {
      const lease = await suite.pool.lease();
      const found = await lease.validate();
      lease.release();
      expect(found.serverVersion).toMatch(/\d+\.\d+/);
      expect(found.database).not.toBe('');
      expect(found.tableCount).toBeGreaterThanOrEqual(1);
      expect(found.tls).toBe('off');
      expect(found.latencyMs).toBeGreaterThan(0);
    });

    it('explains without running', async () => {
      const lease = await suite.pool.lease();
      const { plan } = await lease.explain({ text: suite.queries.readLedger }, options());
      lease.release();
      expect(JSON.stringify(plan)).toMatch(/ledger/);
    });

    suite.offered('replicas', 'knows that a server which copies none has no lag', async () => {
      const lease = await suite.pool.lease();
      expect(lease.replicaLag).toBeTypeOf('function');
      expect(await lease.replicaLag?.(new AbortController().signal)).toBeNull();
      lease.release();
    });

    it('has a reason for everything that it does not offer', () => {
      const { capabilities } = suite.adapter.manifest;
      const lacking = [
        capabilities.transactions ? null : 'transactions',
        capabilities.schemas ? null : 'schemas',
        capabilities.transport === 'network' ? null : 'server',
      ].filter((feature) => feature !== null);
      expect(Object.keys(capabilities.notOffered)).toEqual(expect.arrayContaining(lacking));
      for (const reason of Object.values(capabilities.notOffered)) expect(reason).toMatch(/^\p{L}.{15,}\.$/u);
    });
  });
}
