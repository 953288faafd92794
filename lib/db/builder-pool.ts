import pg from 'pg';
import { QuarryError } from '../kernel/errors';

export type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** Connections to the builder database. When there is none to be had, it says so in our own words, without host or login. */
export class BuilderPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const ready = this.checkOut();
    if (!callback) return ready;
    ready.then(
      (client) => callback(undefined, client, (release) => client.release(release as Error | boolean | undefined)),
      (error: Error) => callback(error, undefined, () => undefined),
    );
    return undefined;
  }

  /** @throws QuarryError database.unavailable */
  protected async checkOut(): Promise<pg.PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      throw new QuarryError(
        'database.unavailable',
        'The builder database gives no connection. Check that it runs and has connections to spare, then try again.',
        { cause: error, retryAfterS: 5 },
      );
    }
  }
}
