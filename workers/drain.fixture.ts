/** A process of its own for drain.int.test.ts: a web server's workers, and two queries that run when it is told to stop. */
import { jobContext } from '@/lib/access';
import { toQuarryError } from '@/lib/kernel/errors';
import { runQuery } from '@/lib/query';
import { startWorkers } from './main';

export interface DrainRequest {
  organizationId: string;
  dataSourceId: string;
  queries: string[];
}

/** What became of each query: its rows' count, or the code of its error. */
export interface DrainReply {
  outcomes?: string[];
  error?: string;
}

process.on('message', ({ organizationId, dataSourceId, queries }: DrainRequest) => {
  const run = async () => {
    const ctx = await jobContext(organizationId);
    const outcomes = queries.map((query) =>
      runQuery(ctx, { dataSourceId, query, cache: 'bypass' }).then(
        ({ rowCount }) => `${rowCount} row`,
        (error: unknown) => toQuarryError(error).code,
      ),
    );
    return Promise.all(outcomes);
  };
  run().then(
    (outcomes) => process.send?.({ outcomes }),
    (error: unknown) => process.send?.({ error: toQuarryError(error).message }),
  );
});
process.once('disconnect', () => process.exit(0));
startWorkers();
process.send?.({});
