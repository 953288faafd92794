import type { TenantDb } from '../db';
import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/log';
import type { Permission, RoleName } from './permissions';

/** Who acts. A token acts as its user with at most its own scopes; the system acts for an organisation's jobs. */
export interface Principal {
  kind: 'session' | 'token' | 'system';
  userId: string;
  email: string;
  name: string;
  /** Id of the signed-in session or of the token; null for the system. */
  credentialId: string | null;
}

/**
 * What every feature function gets first: who, in which organisation, with which rights. Only the door (lib/access/door) and
 * job contexts make one. `db` sees rows of this organisation only.
 */
export interface Ctx {
  readonly requestId: string;
  readonly principal: Principal;
  readonly organization: { id: string; slug: string; name: string };
  readonly role: RoleName;
  readonly permissions: ReadonlySet<Permission>;
  readonly db: TenantDb;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the client goes away or the process drains. */
  readonly signal: AbortSignal;
}
