/** A process that has started what runs beside requests, for tests of what it does by itself. */
import { jobContext } from '@/lib/access';
import { closeDb } from '@/lib/db';
import { schemaStats } from '@/lib/schema';
import { startWorkers } from './main';

export interface StartedRequest {
  organizationId: string;
}

export interface StartedReply {
  /** Schemas that the process holds for the organisation. */
  schemas?: number;
  error?: string;
}

process.on('message', ({ organizationId }: StartedRequest) => {
  jobContext(organizationId).then(
    (ctx) => process.send?.({ schemas: schemaStats(ctx).memory.schemas } satisfies StartedReply),
    (error: unknown) => process.send?.({ error: String(error) } satisfies StartedReply),
  );
});
process.on('disconnect', () => void closeDb().finally(() => process.exit()));
startWorkers();
process.send?.({});
