import type { Ctx } from '../access';
import { logger } from '../kernel/log';
import { Run } from './heart';
import type { JobQueue } from './job-queue';
import { QUESTION, type WorkflowError } from './schema';

/** The workflow of a question while it is answered. */
export interface QuestionRecord {
  /** Notes a change of a step; costs nothing now. */
  step(name: string, detail?: Record<string, unknown>): void;
  /** How it ended. Never throws: an answer isn't lost because its record is. @param outcome status and figures, no content */
  complete(outcome: Record<string, unknown>): Promise<void>;
  fail(error: WorkflowError): Promise<void>;
}

/**
 * Records a question as a workflow [K1]: one statement when it begins, which nobody waits for, and one at its end with every step
 * between. If the process dies, the sweep of silent workflows fails it within a minute. Holds no word of the question or the answer:
 * those belong to the person, and administrators see workflows.
 * @param id the message of the answer: the workflow has the same id
 */
export function beginQuestion(
  queue: JobQueue,
  ctx: Ctx,
  id: string,
  data: { conversationId: string; dataSourceId: string },
): QuestionRecord {
  const run = new Run(id, 1, 'understand');
  const workflow = { id, organizationId: ctx.organization.id, kind: QUESTION, data, maxAttempts: 1 };
  const requestedBy = ctx.principal.credentialId === null ? {} : { requestedById: ctx.principal.userId };
  const begun = queue.store.begin({ ...workflow, ...requestedBy }, queue.heart.workerId, run.step).then(
    () => {
      queue.heart.hold(run);
      return true;
    },
    (error: unknown) => {
      logger().warn({ err: error, workflow: id }, 'a question could not be recorded');
      return false;
    },
  );
  const end = async (ending: Parameters<typeof queue.heart.release>[1]) => {
    if (await begun) await queue.heart.release(run, ending, 0);
  };
  return {
    step: (name, detail) => run.note(name, detail),
    complete: (outcome) => end({ kind: 'completed', result: outcome }),
    fail: (error) => end({ kind: 'failed', error }),
  };
}
