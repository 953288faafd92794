import type { Adapter, ConnectionReport, ConnectionSummary, Lease } from '../adapters/contract';
import type { CacheRules } from './cache-rules';
import type { CacheSettings, PoolSettings, ReplicaSettings, SourceLimits } from './schema';
import type { Purpose } from './source-health';

/** What may be shown of a source. Never a secret. */
export interface SourceSummary {
  id: string;
  name: string;
  type: string;
  environment: { id: string; slug: string; name: string; kind: string };
  access: 'read' | 'read-write';
  summary: ConnectionSummary;
  /** Name of the sample database that it is, if it is one. */
  sample: string | null;
  pool: PoolSettings;
  limits: SourceLimits;
  /** Null: the primary answers everything. */
  replica: ReplicaSettings | null;
  cache: CacheSettings;
  /** Keys of the tables that questions, suggestions and the explorer keep to ("public.orders"); null: all of them. */
  tables: string[] | null;
  createdAt: string;
  updatedAt: string;
  /** This process's pool: "open" with its figures, or "closed" until the next query; and whether the server answers. */
  status: {
    pool: 'open' | 'closed';
    active: number;
    idle: number;
    waiting: number;
    lastUsedAt: string | null;
    health: HealthReport;
  };
}

/** Whether a source's server answers this process. Times in ISO 8601. */
export interface HealthReport {
  /** unknown: nobody has tried it yet. */
  state: 'up' | 'down' | 'unknown';
  since?: string;
  checkedAt?: string;
  /** Round trip of the last check. */
  latencyMs?: number;
  /** Why it is down, and when it is asked again. */
  reason?: string;
  nextTryAt?: string;
  /** Replicas: seconds behind the primary; null when it doesn't replicate. */
  lagS?: number | null;
}

export interface TestReport extends ConnectionReport {
  ok: true;
  /** The tunnel that was used, and the fingerprint of its server's key: saving the source stores it, and no other key is taken then. */
  ssh?: { server: string; hostKeySha256: string };
}

export interface LeaseOptions {
  signal?: AbortSignal;
  read?: boolean;
  purpose?: Purpose;
  only?: 'replica';
}

export interface SourceLease extends Lease {
  /** Which server answers, for sources that have a read replica. */
  server?: 'primary' | 'replica';
  /** Why the replica doesn't, in one sentence. */
  note?: string;
}

/** A source that the caller's organisation has, ready to be queried. Nothing is connected until a lease is taken. */
export interface OpenSource {
  source: SourceSummary;
  adapter: Adapter;
  credentialVersion: number;
  /** Grows with every change of what is known of the schema. */
  schemaRevision: number;
  environmentId: string;
  /** false: every wall is set for reading only. */
  allowWrites: boolean;
  limits: SourceLimits;
  /** What is cached of the source, and for how long. */
  cache: CacheRules;
  /**
   * A connection of the shared pool; release it.
   * @param options.read takes the read replica, where there is one that is near enough
   * @param options.purpose `use` learns at once that a source is down; the others ask it again
   * @param options.only refuses instead of going elsewhere
   * @throws QuarryError pool.timeout | source.unreachable | source.auth_failed | source.host_refused | not_found (deleted meanwhile)
   */
  lease(options?: LeaseOptions): Promise<SourceLease>;
}

/** One pool of this process, for the statistics page. Figures are the driver's own. */
export interface PoolReport {
  dataSourceId: string;
  role: 'primary' | 'replica';
  name: string;
  min: number;
  max: number;
  active: number;
  idle: number;
  waiting: number;
  opened: number;
  errors: number;
  lastUsedAt: string;
  createdAt: string;
  health: HealthReport;
}
