import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { useProcessClock } from '../kernel/clock';
import { refreshSchema } from '../schema';
import { clearSourceCache, createSource, updateSource } from '../sources';
import { settableClock } from '../testing/clock';
import { startModelServer } from '../testing/model-server';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase } from '../testing/source-database';
import { answerCacheFigures } from './answer-cache';
import { ask } from './ask';
import { createModelProvider, updateModelProvider } from './providers';

const database = await createSourceDatabase('CREATE TABLE customers AS SELECT n AS id FROM generate_series(1, 30) n');
const clock = settableClock();
const question = 'How many customers?';
const HOUR = 3_600_000;

let org: TestOrganization;
let ctx: Ctx;
let model: Awaited<ReturnType<typeof startModelServer>>;
let dataSourceId: string;
let providerId: string;

beforeEach(async () => {
  useProcessClock(clock);
  org = await createTestOrganization({ role: 'owner', clock });
  ctx = org.ctx;
  const reply = {
    kind: 'text',
    text: JSON.stringify({ sql: 'SELECT count(*) AS n FROM customers', explanation: 'customers' }),
  } as const;
  model = await startModelServer(Array.from({ length: 20 }, () => reply));
  ({ id: dataSourceId } = await createSource(ctx, { name: 'Shop', type: 'postgres', connection: { uri: database.uri } }));
  const provider = { name: 'Model', kind: 'vllm', baseUrl: model.baseUrl, models: { balanced: 'scripted' } } as const;
  ({ id: providerId } = await createModelProvider(ctx, provider));
});
afterEach(async () => {
  useProcessClock();
  await model.close();
  await org.drop();
});
afterAll(() => database.drop());

const asked = async (more: object = {}) => {
  const before = model.requests.length;
  const { cache } = await ask(ctx, { dataSourceId, question, ...more });
  return { ...cache, calls: model.requests.length - before };
};
const MISS = { answer: 'miss', calls: 1 };
const HIT = { answer: 'hit', calls: 0 };

describe('[F2] the cache of answers', () => {
  it('answers an equal question without the model for an hour, with rows no older than those of queries', async () => {
    expect(await asked()).toMatchObject({ ...MISS, state: 'miss' });
    expect(await asked()).toMatchObject({ ...HIT, state: 'hit', ageMs: 0 });
    expect(await asked({ question: '  How   many customers? ' })).toMatchObject(HIT);
    clock.advance(HOUR / 2);
    expect(await asked()).toMatchObject({ ...HIT, state: 'miss' });
    clock.advance(HOUR / 2);
    expect(await asked()).toMatchObject(MISS);
  });

  it('is not used by who asks afresh, whose answer others get; nor by who goes past it', async () => {
    await asked();
    expect(await asked({ cache: 'refresh' })).toMatchObject({ ...MISS, state: 'miss' });
    expect(await asked({ cache: 'bypass' })).toMatchObject({ ...MISS, state: 'bypass' });
    expect(await asked()).toMatchObject(HIT);
    const { hits, misses, stores } = await answerCacheFigures(ctx);
    expect({ hits, misses, stores }).toEqual({ hits: 1, misses: 1, stores: 2 });
  });

  it('misses after a change of the schema, the model, or what came before in the conversation', async () => {
    await asked();
    await database.run('ALTER TABLE customers ADD COLUMN name text');
    await refreshSchema(ctx, dataSourceId);
    expect(await asked()).toMatchObject(MISS);
    await updateModelProvider(ctx, providerId, { models: { balanced: 'another' } });
    expect(await asked()).toMatchObject(MISS);
    const { conversationId } = await ask(ctx, { dataSourceId, question });
    expect(await asked({ conversationId })).toMatchObject(MISS);
    expect(await asked()).toMatchObject(HIT);
  });

  it('is each organisation’s and each role’s own', async () => {
    await asked();
    const analyst = await org.addUser({ role: 'analyst' });
    expect((await ask(analyst.ctx, { dataSourceId, question })).cache.answer).toBe('miss');
    expect((await ask(analyst.ctx, { dataSourceId, question })).cache.answer).toBe('hit');
    const other = await createTestOrganization();
    expect(await answerCacheFigures(other.ctx)).toMatchObject({ hits: 0, misses: 0, entries: 0 });
    await other.drop();
  });

  it('[F4] is off for a source that turns it off, also for what was kept before, and forgets what is cleared', async () => {
    await asked();
    await updateSource(ctx, dataSourceId, { cache: { answer: { enabled: false } } });
    expect(await asked()).toMatchObject(MISS);
    await updateSource(ctx, dataSourceId, { cache: { answer: { ttlS: 60 } } });
    expect(await asked()).toMatchObject(MISS);
    expect(await asked()).toMatchObject(HIT);
    clock.advance(60_000);
    expect(await asked()).toMatchObject(MISS);
    await clearSourceCache(ctx, dataSourceId);
    expect(await asked()).toMatchObject(MISS);
  });

  it('keeps nothing of a question that was declined', async () => {
    const bare = await createTestOrganization({ clock });
    const connection = { uri: database.uri };
    const source = await createSource(bare.ctx, { name: 'Shop', type: 'postgres', connection });
    const declined = { dataSourceId: source.id, question: 'zebra quux frobnicate?' };
    expect((await ask(bare.ctx, declined)).status).toBe('declined');
    expect((await ask(bare.ctx, declined)).cache.answer).toBe('miss');
    expect(await answerCacheFigures(bare.ctx)).toMatchObject({ hits: 0, misses: 2, stores: 0 });
    await bare.drop();
  });
});
