import { beforeEach, expect, it } from 'vitest';
import { type ErrorCode, QuarryError } from '../kernel/errors';
import { logInto } from '../kernel/log';
import { publicRoute } from './door';

const lines: Record<string, unknown>[] = [];
logInto((line) => lines.push(JSON.parse(line)));
beforeEach(() => void lines.splice(0));

const ERROR = 50;
const INFO = 30;

/** What is logged, beside the request line, of a route that fails like this. */
async function logged(thrown: unknown): Promise<Record<string, unknown>[]> {
  const handler = publicRoute({ reason: 'test' }, () => {
    throw thrown;
  });
  await handler(new Request('http://localhost/api/x'));
  return lines.filter((line) => line.msg !== 'request');
}

it.each<ErrorCode>(['query.timeout', 'pool.timeout', 'source.unreachable', 'model.unavailable'])(
  'logs %s as information, without a stack',
  async (code) => {
    const [line, ...more] = await logged(
      new QuarryError(code, 'It took too long.', { stage: 'execute', cause: new Error('driver') }),
    );
    expect(line).toMatchObject({ level: INFO, code, stage: 'execute', msg: 'It took too long.', requestId: expect.any(String) });
    expect(line).not.toHaveProperty('err');
    expect(more).toEqual([]);
  },
);

it.each<ErrorCode>(['vault.corrupt', 'database.unavailable'])('logs %s as an error with its cause', async (code) => {
  expect(await logged(new QuarryError(code, 'No.', { cause: new Error('the cause') }))).toMatchObject([
    { level: ERROR, code, err: { message: 'the cause', stack: expect.any(String) } },
  ]);
});

it('logs what nobody expected as an error with its stack', async () => {
  expect(await logged(new TypeError('x is not a function'))).toMatchObject([
    { level: ERROR, code: 'internal', err: { type: 'TypeError', stack: expect.stringContaining('door-log.test') } },
  ]);
});

it("does not log the caller's own mistakes", async () => {
  expect(await logged(new QuarryError('query.failed', 'There is no such table.'))).toEqual([]);
  expect(await logged(new QuarryError('not_found', 'Nothing here.'))).toEqual([]);
});
