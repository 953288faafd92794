import { expect, it, vi } from 'vitest';
import { QuarryError, toErrorBody, toQuarryError } from './errors';

it('knows its errors from another copy of the module', async () => {
  vi.resetModules();
  const copy = await import('./errors');
  expect(copy.QuarryError).not.toBe(QuarryError);
  const foreign = new copy.QuarryError('pool.timeout', 'All connections are busy.', { retryAfterS: 3 });
  expect(foreign).toBeInstanceOf(QuarryError);
  expect(toQuarryError(foreign)).toBe(foreign);
  expect(new Error('x')).not.toBeInstanceOf(QuarryError);
  expect({ code: 'pool.timeout' }).not.toBeInstanceOf(QuarryError);
});

it('keeps the text of what it does not know out of the answer', () => {
  const body = toErrorBody(toQuarryError(new Error('password=hunter2 at db.internal')), 'id');
  expect(body.error).toMatchObject({ code: 'internal', requestId: 'id' });
  expect(JSON.stringify(body)).not.toContain('hunter2');
});
