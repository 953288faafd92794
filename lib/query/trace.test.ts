import { describe, expect, it } from 'vitest';
import { QuarryError } from '../kernel/errors';
import { Trace } from './trace';

describe('Trace', () => {
  it('keeps stages in the order in which they began and marks an error with its stage', async () => {
    const trace = new Trace();
    await trace.run('parse', () => 1);
    trace.add('execute', 1.23456);
    const error = await trace
      .run('cache', () => Promise.reject(new QuarryError('query.failed', 'No.', { hints: ['h'], details: { a: 1 } })))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'query.failed', message: 'No.', stage: 'cache', hints: ['h'], details: { a: 1 } });
    expect(trace.spans.map((span) => span.stage)).toEqual(['parse', 'execute', 'cache']);
    expect(trace.spans[1]?.durationMs).toBe(1.235);
  });

  it('leaves the stage of an error that has one, and hides what is not ours', async () => {
    const trace = new Trace();
    const own = new QuarryError('query.invalid', 'No.', { stage: 'parse' });
    expect(await trace.run('execute', () => Promise.reject(own)).catch((thrown: unknown) => thrown)).toBe(own);
    const foreign = trace.run('execute', () => Promise.reject(new Error('connect db.internal:5432 password=x')));
    await expect(foreign).rejects.toMatchObject({ code: 'internal', stage: 'execute' });
    await expect(foreign).rejects.not.toThrow(/db\.internal/);
  });
});
