import { QuarryError } from '../kernel/errors';

interface Busy {
  active: number;
  max: number;
  /** Requests that wait, the one that is told included. */
  waiting: number;
  waitMs: number;
  /** What the server said when it refused one connection beside the active ones; absent when it didn't. */
  refusal?: string | undefined;
}

/**
 * What somebody is told who waited in vain for a connection: whether the pool is too small, or the server lets nobody more in, in which
 * case a larger pool wouldn't help.
 * @returns QuarryError pool.timeout with the counts
 */
export function poolTimeout({ waitMs, ...counts }: Busy): QuarryError {
  const { active, max, waiting, refusal } = counts;
  const seconds = Math.round(waitMs / 100) / 10;
  const forHowLong = `stayed busy for ${seconds} s, with ${waiting === 1 ? '1 request' : `${waiting} requests`} waiting`;
  const message =
    refusal === undefined
      ? `All ${max} connections to this source ${forHowLong}. Try again, or raise the pool size of the source.`
      : `${active === 1 ? 'The 1 connection' : `The ${active} connections`} to this source ${forHowLong}; it may have ${max}, but its server lets nobody more in: ${refusal}`;
  const details = { waiting, max, active, ...(refusal === undefined ? {} : { refusal }) };
  return new QuarryError('pool.timeout', message, { stage: 'connect', details, retryAfterS: 1 });
}
