import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GET as neededRoute, POST as setUpRoute } from '../../app/api/setup/route';
import { closeDb, migrate, systemDb } from '../db';
import { createScratchDatabase, type ScratchDatabase } from '../db/scratch';
import { readEnv } from '../kernel/env';
import { testRequest } from '../testing/request';
import { postSignIn } from '../testing/sign-in';

// Set-up happens once per builder database, so this file has one of its own.
let scratch: ScratchDatabase;
const password = 'correct horse battery';

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate();
});
afterAll(async () => {
  await closeDb();
  await scratch.drop();
});

const needed = async () => (await (await neededRoute(testRequest('/api/setup'))).json()).needed;
const setUp = async (body: unknown) => {
  const answer = await setUpRoute(testRequest('/api/setup', { body }));
  return { status: answer.status, body: await answer.json() };
};

describe('set-up', () => {
  it('refuses weak or malformed input and saves nothing', async () => {
    expect(await needed()).toBe(true);
    const good = { email: 'ada@example.com', password, organization: 'Analytical Engines' };
    for (const wrong of [
      { email: 'not an address' },
      { password: 'short' },
      { password: 'ada@example.com' },
      { password: 'analytical engines' },
      { password: 'aaaaaaaaaaaa' },
      { organization: '  ' },
      { role: 'owner' },
    ]) {
      const answer = await setUp({ ...good, ...wrong });
      expect([wrong, answer.status, answer.body.error?.code]).toEqual([wrong, 400, 'input.invalid']);
    }
    expect(await needed()).toBe(true);
    expect(await systemDb().organization.count()).toBe(0);
  });

  it('makes one owner, however many ask at once', async () => {
    const attempts = Array.from({ length: 8 }, (_, i) =>
      setUp({ email: `owner-${i}@example.com`, password, organization: `Org ${i}`, name: 'Ada' }),
    );
    const answers = await Promise.all(attempts);
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused.map(({ body }) => body.error.code)).toEqual(Array.from({ length: 7 }, () => 'setup.done'));
    expect(await systemDb().user.count()).toBe(1);
    expect(await systemDb().organization.count()).toBe(1);
    const [owner] = await systemDb().user.findMany({ include: { memberships: true } });
    expect(owner?.passwordHash).toMatch(/^\$argon2id\$/);
    expect(owner?.memberships.map(({ role }) => role)).toEqual(['owner']);
    expect(made[0]?.body.environments.map(({ slug }: { slug: string }) => slug)).toEqual([
      'development',
      'staging',
      'production',
    ]);
    expect(await needed()).toBe(false);
    expect((await postSignIn(owner?.email ?? '', password)).answer.status).toBe(200);
  });
});
