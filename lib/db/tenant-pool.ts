import type pg from 'pg';
import { QuarryError } from '../kernel/errors';
import { BuilderPool } from './builder-pool';
import { TENANT_ROLE } from './tenant-role';
import { currentOrganization } from './tenant-scope';

/**
 * Connections that can see one organisation at a time: before a connection is handed out it acts as quarry_tenant, with
 * quarry.organization_id set to the organisation of the running operation. Row-level security does the rest. The setting costs a
 * round trip only when the connection last served another organisation.
 */
export class TenantPool extends BuilderPool {
  private readonly serving = new WeakMap<pg.PoolClient, string>();

  protected override async checkOut(): Promise<pg.PoolClient> {
    // Read now, not when a queued request gets its turn: by then another organisation's operation may be the one that runs.
    const organizationId = currentOrganization();
    if (!organizationId) throw new QuarryError('internal', 'A tenant connection was asked for outside of an organisation.');
    const client = await super.checkOut();
    try {
      if (client.getTransactionStatus() !== 'I') throw new Error('The connection came back inside a transaction.');
      if (this.serving.get(client) !== organizationId) {
        this.serving.delete(client);
        await client.query("SELECT set_config('role', $1, false), set_config('quarry.organization_id', $2, false)", [
          TENANT_ROLE,
          organizationId,
        ]);
        this.serving.set(client, organizationId);
      }
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}
