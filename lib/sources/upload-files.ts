import { type Ctx, requirePermission } from '../access';
import type { UploadedDatabase } from '../adapters/contract';
import { listAdapters } from '../adapters/registry';
import { appendAudit } from '../audit';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { readFormFiles } from './read-form';
import { sweepUploads } from './upload-use';

/** Uploads of one organisation that one process takes at a time: each has a disk and a processor to itself for a while. */
const MOST_AT_ONCE = 3;

export interface UploadAnswer extends UploadedDatabase {
  /** The engine that opens the file. */
  type: string;
}

/**
 * Takes the files of a form and makes a database of them that only this organisation can connect, as `{file}`. [A10]
 * @throws QuarryError input.invalid, source.file_refused, upload.too_large, storage.full, rate.limited, query.cancelled; nothing is left
 *   behind then
 */
export async function uploadFiles(ctx: Ctx, request: Request): Promise<UploadAnswer> {
  requirePermission(ctx, 'source.manage');
  const adapter = listAdapters().find(({ uploads }) => uploads !== undefined);
  if (!adapter?.uploads) throw new QuarryError('source.unsupported', 'No engine of this installation takes files.');
  const { type } = adapter.manifest;
  const leave = enter(ctx.organization.id);
  try {
    await sweepUploads(ctx, type);
    const announced = Number(request.headers.get('content-length') ?? Number.NaN);
    const made = await adapter.uploads.receive(readFormFiles(request, ctx.signal), {
      organizationId: ctx.organization.id,
      maxBytes: settings().uploadMaxBytes,
      expectedBytes: Number.isSafeInteger(announced) ? announced : null,
      timeoutMs: settings().uploadTimeoutMs,
      signal: ctx.signal,
    });
    const detail = { file: made.file, tables: made.tables.length };
    await appendAudit(ctx, { action: 'source.upload', outcome: 'ok', detail });
    return { type, ...made };
  } finally {
    leave();
  }
}

/** @throws QuarryError rate.limited */
function enter(organizationId: string): () => void {
  const running = singleton('sources.uploads', () => new Map<string, number>());
  const count = running.get(organizationId) ?? 0;
  if (count >= MOST_AT_ONCE) {
    throw new QuarryError('rate.limited', 'Your organisation is uploading other files already. Try again when they are done.', {
      retryAfterS: 10,
    });
  }
  running.set(organizationId, count + 1);
  return () => {
    const left = (running.get(organizationId) ?? 1) - 1;
    if (left > 0) running.set(organizationId, left);
    else running.delete(organizationId);
  };
}
