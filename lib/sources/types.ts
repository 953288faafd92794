import type { Adapter, ConnectionReport, ConnectionSummary, Lease } from '../adapters/contract';
import type { CacheRules } from './cache-rules';
import type { CacheSettings, PoolSettings, SourceLimits } from './schema';

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
  cache: CacheSettings;
  /** Keys of the tables that questions, suggestions and the explorer keep to ("public.orders"); null: all of them. */
  tables: string[] | null;
  createdAt: string;
  updatedAt: string;
  /** This process's pool: "open" with its figures, or "closed" until the next query. */
  status: { pool: 'open' | 'closed'; active: number; idle: number; waiting: number; lastUsedAt: string | null };
}

export interface TestReport extends ConnectionReport {
  ok: true;
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
   * @throws QuarryError pool.timeout | source.unreachable | source.auth_failed | source.host_refused | not_found (deleted meanwhile)
   */
  lease(options?: { signal?: AbortSignal }): Promise<Lease>;
}

/** One pool of this process, for the statistics page. Figures are the driver's own. */
export interface PoolReport {
  dataSourceId: string;
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
}
