import { expect, it } from 'vitest';
import type { Adapter, Dialect, Feature, OpenLimits, Pool } from '../contract';
import type { EngineFixture, Queries, TestDatabase } from './fixture';

export const LIMITS: OpenLimits = {
  max: 3,
  min: 0,
  waitMs: 10_000,
  connectTimeoutMs: 10_000,
  recycleMs: 3_600_000,
  allowWrites: false,
};

/** What the areas of the suite work with: one database with `ledger`, one pool of it, and more pools when they want them. */
export class Suite {
  readonly adapter: Adapter;
  readonly dialect: Dialect;
  readonly queries: Queries;
  private readonly pools: Pool[] = [];
  private made: { database: TestDatabase; pool: Pool } | null = null;

  constructor(readonly fixture: EngineFixture) {
    this.adapter = fixture.adapter;
    this.dialect = fixture.adapter.dialect;
    this.queries = fixture.queries;
  }

  get database(): TestDatabase {
    return this.ready().database;
  }

  get pool(): Pool {
    return this.ready().pool;
  }

  /** A pool of the shared database, drained at the end. */
  open(limits: Partial<OpenLimits> = {}, config: unknown = this.database.config): Pool {
    const opened = this.adapter.open(config, { ...LIMITS, ...limits });
    this.pools.push(opened);
    return opened;
  }

  async setUp(): Promise<void> {
    const database = await this.fixture.create();
    await database.exec(this.queries.makeLedger);
    this.made = { database, pool: this.adapter.open(database.config, LIMITS) };
    this.pools.push(this.made.pool);
  }

  /** Drains every pool but the shared one: before a login or a server goes away. */
  async drainOthers(): Promise<void> {
    const others = this.pools.splice(1);
    await Promise.all(others.map((opened) => opened.drain(0)));
  }

  async tearDown(): Promise<void> {
    await Promise.all(this.pools.map((opened) => opened.drain(0)));
    await this.made?.database.drop();
  }

  /** Works with a database of its own and a pool of it, and leaves neither behind. */
  async withDatabase(work: (database: TestDatabase, pool: Pool) => Promise<void>): Promise<void> {
    const database = await this.fixture.create();
    const pool = this.adapter.open(database.config, LIMITS);
    try {
      await work(database, pool);
    } finally {
      await pool.drain(0);
      await database.drop();
    }
  }

  /**
   * A test of something that an engine may declare it can't do. Then the run names the reason which people are shown, under the same
   * behaviour, and nothing is skipped in silence.
   */
  offered(feature: Feature, behaviour: string, test: () => Promise<void>, timeoutMs?: number): void {
    const reason = this.adapter.manifest.capabilities.notOffered[feature];
    if (reason === undefined) it(behaviour, test, timeoutMs);
    else it(`${behaviour} [not offered: ${reason}]`, () => expect(reason).toMatch(/^\p{L}.{15,}\.$/u));
  }

  private ready(): { database: TestDatabase; pool: Pool } {
    if (!this.made) throw new Error('The suite is not set up: use this inside a test.');
    return this.made;
  }
}
