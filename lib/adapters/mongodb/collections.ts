import { QuarryError } from '../../kernel/errors';
import type { MongoConnection } from './connection';

/** What listCollections tells. */
export interface CollectionInfo {
  name: string;
  type?: 'collection' | 'view' | 'timeseries';
  options?: { validator?: Record<string, unknown>; timeseries?: { timeField: string; metaField?: string } };
}

/**
 * Collections of the database that this login may read, the server's own left out. A login without the right to list them all gets its own.
 * @param names only these
 */
export async function listCollections(
  connection: MongoConnection,
  { names, nameOnly = false }: { names?: readonly string[]; nameOnly?: boolean } = {},
): Promise<CollectionInfo[]> {
  const found: CollectionInfo[] = [];
  const body = { listCollections: 1, filter: names ? { name: { $in: names } } : {}, cursor: { batchSize: 10_000 } };
  let { cursor } = (await connection.ask({ ...body, nameOnly, authorizedCollections: nameOnly })) as Listing;
  found.push(...(cursor.firstBatch ?? []));
  while (BigInt(cursor.id) !== 0n) {
    ({ cursor } = (await connection.ask({ getMore: cursor.id, collection: '$cmd.listCollections' })) as Listing);
    found.push(...(cursor.nextBatch ?? []));
  }
  return found.filter(({ name }) => !/^system\./i.test(name));
}

interface Listing {
  cursor: { id: bigint; firstBatch?: CollectionInfo[]; nextBatch?: CollectionInfo[] };
}

/**
 * MongoDB answers nothing for a collection that isn't there, as if it were empty. A mistyped name should say so.
 * @param known what is found is added to it
 * @throws QuarryError query.failed naming the first that is missing
 */
export async function assertCollections(
  connection: MongoConnection,
  names: readonly string[],
  known: Set<string>,
): Promise<void> {
  const found = new Set((await listCollections(connection, { names, nameOnly: true })).map(({ name }) => name));
  for (const name of found) known.add(name);
  const missing = names.find((name) => !found.has(name));
  if (missing === undefined) return;
  known.delete(missing);
  throw new QuarryError('query.failed', `There is no collection "${missing}" that this source may read.`, {
    stage: 'execute',
    details: { collection: missing },
  });
}
