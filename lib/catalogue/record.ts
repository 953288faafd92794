import type { Catalogue } from '../adapters/contract';
import type { Prisma, TenantDb } from '../db';
import type { Clock } from '../kernel/clock';
import { describeTable } from './describe';
import { fingerprintCatalogue, fingerprintTable } from './fingerprint';
import { hasSamples, keepRareFields } from './rare-fields';
import { tableKey } from './table-key';

/** By table key: the text, and who wrote it. A person's wins over a model's, which wins over the built-in one. */
export type TableDescriptions = Record<string, { text: string; by: 'builtin' | 'model' | 'person' }>;

export interface RecordedSchema {
  version: number;
  fingerprint: string;
  fetchedAt: Date;
  /** As it is kept: what was read, with rare fields of documents that this sample missed. */
  catalogue: Catalogue;
  descriptions: TableDescriptions;
  /** Whether this differs from the version before. */
  changed: boolean;
  /** The number of this state of knowledge: it grew if something changed. */
  revision: number;
}

/** Versions kept of a source: enough to look back a year at two changes a week. */
const VERSIONS_KEPT = 100;

/**
 * Keeps what was read from a source: a new version when the structure changed, else the newest one's fetchedAt and row estimates
 * move. Descriptions of tables that changed are written anew; a person's text stays. Run it in a transaction.
 */
export async function recordSchemaVersion(
  tx: TenantDb,
  dataSourceId: string,
  read: Catalogue,
  clock: Clock,
): Promise<RecordedSchema> {
  const fetchedAt = clock.date();
  const latest = await tx.schemaVersion.findFirst({
    where: { dataSourceId },
    orderBy: { version: 'desc' },
    select: { id: true, version: true, fingerprint: true, dataSource: { select: { schemaRevision: true } } },
  });
  const catalogue = latest && hasSamples(read) ? keepRareFields(await readCatalogue(tx, latest.id), read) : read;
  const fingerprint = fingerprintCatalogue(catalogue);
  const content = { catalogue: catalogue as unknown as Prisma.InputJsonObject, tableCount: catalogue.tables.length, fetchedAt };
  if (latest?.fingerprint === fingerprint) {
    await tx.schemaVersion.updateMany({ where: { id: latest.id }, data: content });
    const descriptions = await readDescriptions(tx, dataSourceId);
    const revision = latest.dataSource.schemaRevision;
    return { version: latest.version, fingerprint, fetchedAt, catalogue, descriptions, changed: false, revision };
  }
  const version = (latest?.version ?? 0) + 1;
  await tx.schemaVersion.create({ data: { dataSourceId, version, fingerprint, createdAt: fetchedAt, ...content } });
  await tx.schemaVersion.deleteMany({ where: { dataSourceId, version: { lte: version - VERSIONS_KEPT } } });
  const descriptions = await describeChangedTables(tx, dataSourceId, catalogue);
  const revision = await raiseSchemaRevision(tx, dataSourceId);
  return { version, fingerprint, fetchedAt, catalogue, descriptions, changed: true, revision };
}

/**
 * Says, in the transaction that changes what is known of a source's schema, that every copy made so far is old. Copies carry the revision
 * in their key, and the source's row, which every request reads, carries the newest: no copy can be mistaken for a fresh one.
 */
export async function raiseSchemaRevision(tx: TenantDb, dataSourceId: string): Promise<number> {
  const [row] = await tx.dataSource.updateManyAndReturn({
    where: { id: dataSourceId },
    data: { schemaRevision: { increment: 1 } },
    select: { schemaRevision: true },
  });
  return row?.schemaRevision ?? 0;
}

async function readCatalogue(tx: TenantDb, id: string): Promise<Catalogue> {
  const row = await tx.schemaVersion.findFirstOrThrow({ where: { id }, select: { catalogue: true } });
  return row.catalogue as unknown as Catalogue;
}

/** Descriptions of the source's tables. */
export async function readDescriptions(db: TenantDb, dataSourceId: string): Promise<TableDescriptions> {
  const rows = await db.tableDescription.findMany({
    where: { dataSourceId, columnName: '' },
    select: { tableName: true, text: true, origin: true },
  });
  return Object.fromEntries(rows.map((row) => [row.tableName, { text: row.text, by: authorOf(row) }]));
}

async function describeChangedTables(tx: TenantDb, dataSourceId: string, catalogue: Catalogue): Promise<TableDescriptions> {
  const kept = await tx.tableDescription.findMany({
    where: { dataSourceId, columnName: '' },
    select: { tableName: true, text: true, origin: true, fingerprint: true },
  });
  const known = new Map(kept.map((row) => [row.tableName, row]));
  const descriptions: TableDescriptions = {};
  const fresh: { tableName: string; text: string; fingerprint: string }[] = [];
  for (const table of catalogue.tables) {
    const key = tableKey(table);
    const fingerprint = fingerprintTable(table);
    const before = known.get(key);
    if (before && (before.origin === 'person' || before.fingerprint === fingerprint)) {
      descriptions[key] = { text: before.text, by: authorOf(before) };
      continue;
    }
    const text = describeTable(table);
    descriptions[key] = { text, by: 'builtin' };
    fresh.push({ tableName: key, text, fingerprint });
  }
  if (fresh.length > 0) {
    await tx.tableDescription.deleteMany({
      where: { dataSourceId, columnName: '', tableName: { in: fresh.map((row) => row.tableName) } },
    });
    await tx.tableDescription.createMany({ data: fresh.map((row) => ({ ...row, dataSourceId, origin: 'builtin' })) });
  }
  return descriptions;
}

const authorOf = ({ origin }: { origin: string }) => (origin === 'person' || origin === 'model' ? origin : 'builtin');
