import { AsyncLocalStorage } from 'node:async_hooks';
import { singleton } from '../kernel/singleton';

/** Carries the organisation of a tenant operation from the scoped client down to the connection pool, and nowhere else. */
const scope = () => singleton('db.tenant-scope', () => new AsyncLocalStorage<string>());

/** Runs `work` to its end with the organisation set for every tenant connection that it takes. */
export function runInOrganization<T>(organizationId: string, work: () => PromiseLike<T>): Promise<T> {
  return scope().run(organizationId, async () => await work());
}

/** The organisation of the running operation; undefined outside of one. */
export function currentOrganization(): string | undefined {
  return scope().getStore();
}
