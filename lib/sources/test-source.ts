import { type Ctx, requirePermission } from '../access';
import { getAdapter } from '../adapters/registry';
import { connectAndTest } from './connect';
import { parseConnection } from './parse-connection';
import type { TestSourceInput } from './schema';
import type { TestReport } from './types';

/**
 * Connects once, looks, and closes; nothing is saved. [A3]
 * @throws QuarryError source.unreachable | source.auth_failed | source.host_refused | source.tls_failed | source.unsupported | input.invalid | …
 */
export async function testSource(ctx: Ctx, input: TestSourceInput): Promise<TestReport> {
  requirePermission(ctx, 'source.manage');
  const adapter = getAdapter(input.type);
  const connection = parseConnection(adapter, input.connection);
  const organizationId = ctx.organization.id;
  return connectAndTest(ctx, { organizationId, adapter, ...connection, pool: {}, allowWrites: false, sample: false });
}
