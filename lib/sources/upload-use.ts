import type { Ctx } from '../access';
import { getAdapter } from '../adapters/registry';
import { QuarryError } from '../kernel/errors';
import { openConnection } from './credentials';
import type { SourceRow } from './source-row';

type UploadContext = Pick<Ctx, 'db' | 'organization' | 'log'>;

/** The upload that a source is on, or null. A connection that can't be opened any more is on none that we could name. */
export async function uploadOfSource(ctx: UploadContext, row: Pick<SourceRow, 'id' | 'type'>): Promise<string | null> {
  const adapter = getAdapter(row.type);
  if (!adapter.uploads) return null;
  try {
    const { config } = await openConnection(ctx, row.id, adapter);
    return adapter.uploads.uploadOf(config, ctx.organization.id);
  } catch (error) {
    ctx.log.warn({ err: error, dataSourceId: row.id }, 'The connection of a source could not be opened to find its upload.');
    return null;
  }
}

/** The uploads of the organisation that its sources are on. @throws QuarryError when one connection can't be opened: it may be on any */
export async function uploadsInUse(ctx: UploadContext, type: string): Promise<Set<string>> {
  const adapter = getAdapter(type);
  const used = new Set<string>();
  for (const { id } of await ctx.db.dataSource.findMany({ where: { type, deletedAt: null }, select: { id: true } })) {
    const connection = await openConnection(ctx, id, adapter).catch((error: unknown) => {
      // It was deleted since the list was read.
      if (error instanceof QuarryError && error.code === 'not_found') return null;
      throw error;
    });
    const upload = connection && (adapter.uploads?.uploadOf(connection.config, ctx.organization.id) ?? null);
    if (upload !== null) used.add(upload);
  }
  return used;
}

/** Removes an upload that no source is on. What goes wrong is only logged: the next sweep tries again. */
export async function removeUnused(ctx: UploadContext, type: string, upload: string): Promise<void> {
  try {
    if ((await uploadsInUse(ctx, type)).has(upload)) return;
    await getAdapter(type).uploads?.remove(ctx.organization.id, upload);
  } catch (error) {
    ctx.log.warn({ err: error }, 'An upload that nothing uses could not be removed.');
  }
}

/** What was uploaded and not connected within this time is removed. */
const UNUSED_MS = 24 * 3_600_000;

/** Removes the organisation's uploads that were never connected, or were left by a process that was killed. */
export async function sweepUploads(ctx: UploadContext & Pick<Ctx, 'clock'>, type: string): Promise<void> {
  try {
    const { uploads } = getAdapter(type);
    const old = (await uploads?.list(ctx.organization.id, ctx.clock.now() - UNUSED_MS)) ?? [];
    if (old.length === 0) return;
    const used = await uploadsInUse(ctx, type);
    for (const upload of old) if (!used.has(upload)) await uploads?.remove(ctx.organization.id, upload);
  } catch (error) {
    ctx.log.warn({ err: error }, 'Old uploads could not be removed.');
  }
}
