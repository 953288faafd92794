import { Long } from 'mongodb';
import type { Catalogue, CatalogueColumn, CatalogueTable } from '../contract';
import { readLong } from './bson-values';
import { type CollectionInfo, listCollections } from './collections';
import type { MongoConnection } from './connection';
import { findValue, valuesOf } from './cursor';
import { FieldSampler } from './sampled-fields';

/** Documents looked at per collection, and bytes of them. */
const SAMPLE_DOCUMENTS = 500;
const SAMPLE_BYTES = 8_000_000;
const SAMPLE_MS = 5_000;

interface IndexInfo {
  name: string;
  key: Record<string, unknown>;
  unique?: boolean;
  partialFilterExpression?: unknown;
}

/**
 * The catalogue of a database without one: what samples of documents have in common, with indexes and validators. One command for the list,
 * and at most three per collection (indexes, number of documents, sample), one after another, so that a large database isn't troubled.
 */
export async function introspect(connection: MongoConnection, signal: AbortSignal): Promise<Catalogue> {
  const tables: CatalogueTable[] = [];
  const collections = await listCollections(connection);
  for (const info of collections.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    signal.throwIfAborted();
    tables.push(await describeCollection(connection, info));
  }
  return { tables };
}

async function describeCollection(connection: MongoConnection, info: CollectionInfo): Promise<CatalogueTable> {
  const isView = info.type === 'view';
  const indexes = isView || info.type === 'timeseries' ? [] : await indexesOf(connection, info.name);
  const rowEstimate = isView ? null : await countOf(connection, info.name);
  const columns = await columnsOf(connection, info, rowEstimate);
  const isKeyed = !isView && info.type !== 'timeseries';
  return {
    name: info.name,
    kind: isView ? 'view' : 'collection',
    ...comment(info),
    rowEstimate,
    columns,
    primaryKey: isKeyed && columns.some(({ name }) => name === '_id') ? ['_id'] : [],
    foreignKeys: [],
    // A partial index keeps only some documents apart.
    uniqueKeys: indexes
      .filter((index) => index.unique && index.partialFilterExpression === undefined)
      .map((index) => ({ name: index.name, columns: Object.keys(index.key) })),
    indexes: indexes
      .filter((index) => index.name !== '_id_')
      .map((index) => ({ name: index.name, columns: Object.keys(index.key), unique: index.unique === true })),
  };
}

function comment({ options }: CollectionInfo): { comment?: string } {
  const described = schemaOf(options?.validator)?.description;
  if (typeof described === 'string' && described !== '') return { comment: described };
  return options?.timeseries ? { comment: `Time series by ${options.timeseries.timeField}` } : {};
}

/** A login that may read documents may not always see the indexes. */
async function indexesOf(connection: MongoConnection, name: string): Promise<IndexInfo[]> {
  try {
    const { cursor } = await connection.ask({ listIndexes: name, cursor: { batchSize: 1_000 } });
    return (cursor as { firstBatch: IndexInfo[] }).firstBatch;
  } catch {
    return [];
  }
}

/** From the collection's own statistics, without reading it. */
async function countOf(connection: MongoConnection, name: string): Promise<number | null> {
  try {
    const { n } = await connection.ask({ count: name, maxTimeMS: SAMPLE_MS });
    return Number(n);
  } catch {
    return null;
  }
}

async function columnsOf(connection: MongoConnection, info: CollectionInfo, rows: number | null): Promise<CatalogueColumn[]> {
  const sampler = new FieldSampler();
  const bytes = await sampleOf(connection, info, rows).catch(() => null);
  if (bytes) {
    const cursor = findValue(bytes, 0, 'cursor');
    await closeCursor(connection, info.name, cursor && findValue(bytes, cursor.at, 'id'), bytes);
    const batch = cursor && findValue(bytes, cursor.at, 'firstBatch');
    let read = 0;
    for (const { at } of batch ? valuesOf(bytes, batch.at) : []) {
      if (read > SAMPLE_BYTES) break;
      sampler.add(bytes, at);
      read += bytes.readInt32LE(at);
    }
  }
  return sampler.columns(schemaOf(info.options?.validator), info.type === 'view' ? undefined : '_id');
}

/**
 * One answer with random documents; of a small collection all of them in their order, of a view the first. `singleBatch` leaves no cursor.
 */
function sampleOf(connection: MongoConnection, { name, type }: CollectionInfo, rows: number | null): Promise<Buffer> {
  if (type === 'view' || rows === null || rows <= SAMPLE_DOCUMENTS) {
    return connection.query({
      find: name,
      limit: SAMPLE_DOCUMENTS,
      batchSize: SAMPLE_DOCUMENTS,
      singleBatch: true,
      maxTimeMS: SAMPLE_MS,
    });
  }
  const pipeline = [{ $sample: { size: SAMPLE_DOCUMENTS } }];
  return connection.query({ aggregate: name, pipeline, cursor: { batchSize: SAMPLE_DOCUMENTS }, maxTimeMS: SAMPLE_MS });
}

/** Large documents fill an answer before all of them are in it; the rest isn't wanted. */
async function closeCursor(connection: MongoConnection, name: string, id: { at: number } | null, bytes: Buffer): Promise<void> {
  const cursorId = id === null ? 0n : readLong(bytes, id.at);
  if (cursorId !== 0n) await connection.query({ killCursors: name, cursors: [Long.fromBigInt(cursorId)] });
}

/** What of a validator is a JSON schema. */
function schemaOf(validator: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const schema = validator?.$jsonSchema;
  return typeof schema === 'object' && schema !== null ? (schema as Record<string, unknown>) : undefined;
}
