import { expect } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import type { ExecuteOptions, Lease, Pool, ResultStream, Row } from '../contract';

export function options(overrides: Partial<ExecuteOptions> = {}): ExecuteOptions {
  return { signal: new AbortController().signal, timeoutMs: 30_000, maxRows: 10_000, maxBytes: 100_000_000, ...overrides };
}

type ReadOptions = Partial<ExecuteOptions> & { params?: readonly unknown[] };

/** Runs one statement on a connection of the pool and gives it back. */
export async function read(pool: Pool, text: string, { params, ...overrides }: ReadOptions = {}) {
  const lease = await pool.lease();
  try {
    return { ...(await collect(lease, text, overrides, params)), backendId: lease.backendId };
  } finally {
    lease.release();
  }
}

/** Runs one statement on a lease and reads it to its end. */
export async function collect(lease: Lease, text: string, overrides: Partial<ExecuteOptions> = {}, params?: readonly unknown[]) {
  const result = await lease.execute({ text, params }, options(overrides));
  const rows = await drainRows(result);
  return { columns: result.columns, rows, outcome: result.outcome() };
}

/** Every row that is still to come. */
export async function drainRows(result: Pick<ResultStream, 'rows'>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of result.rows) rows.push(...batch);
  return rows;
}

/** The QuarryError that something fails with; its code is one of those given. */
export async function expectCode(work: Promise<unknown>, ...codes: string[]): Promise<QuarryError> {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(QuarryError);
  expect(codes).toContain((error as QuarryError).code);
  return error as QuarryError;
}

/** Waits until something is so, for 10 s at most. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
