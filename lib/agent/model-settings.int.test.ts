import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ScriptedReply, startModelServer } from '../testing/model-server';
import { createSourceDatabase, type SourceDatabase } from '../testing/source-database';

/** Each variable that chooses a model, or what it sees, changes what the model's server receives. [J3] */

const EASY = 'How many customers are there?';
const HARD = 'Compare the trend and growth of the total per country above average versus never';
const REPLY: ScriptedReply = { kind: 'text', text: JSON.stringify({ sql: 'SELECT count(*) AS n FROM customers' }) };

let database: SourceDatabase;
let model: Awaited<ReturnType<typeof startModelServer>>;

beforeAll(async () => {
  database = await createSourceDatabase(`
    CREATE TABLE customers (id integer PRIMARY KEY, country text);
    CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers, total numeric);
    CREATE TABLE refunds (id integer PRIMARY KEY, order_id integer REFERENCES orders, total numeric);
    INSERT INTO customers VALUES (1, 'Canada')`);
  model = await startModelServer([REPLY]);
});
afterAll(async () => {
  const { drainPools } = await import('../sources');
  const { closeDb } = await import('../db');
  await drainPools(0);
  await closeDb();
  await model.close();
  await database.drop();
});
afterEach(() => {
  vi.unstubAllEnvs();
  model.requests.length = 0;
});

/** Asks in a process with these settings; gives the request that the model's server saw. */
async function askWith(environment: Record<string, string>, question: string) {
  vi.stubEnv('MODEL_PROVIDER', 'vllm');
  vi.stubEnv('MODEL_BASE_URL', model.baseUrl);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // Settings are read once per process: modules that are loaded anew read them again.
  vi.resetModules();
  const { createTestOrganization } = await import('../testing/organization');
  const { createSource, deleteSource } = await import('../sources');
  const { ask } = await import('./ask');
  const org = await createTestOrganization();
  try {
    const source = await createSource(org.ctx, { name: 'Shop', type: 'postgres', connection: { uri: database.uri } });
    const answer = await ask(org.ctx, { dataSourceId: source.id, question }, () => undefined);
    await deleteSource(org.ctx, source.id);
    const [request] = model.requests;
    if (!request) throw new Error('No model was asked.');
    return { model: request.model, prompt: JSON.stringify(request.messages), answer };
  } finally {
    await org.drop();
  }
}

const MODELS = { FAST_MODEL: 'small', BALANCED_MODEL: 'middle', COMPLEX_MODEL: 'big' };

describe('settings of the model', () => {
  it('FAST_MODEL, BALANCED_MODEL and COMPLEX_MODEL answer by how hard the question is', async () => {
    expect((await askWith(MODELS, EASY)).model).toBe('small');
    model.requests.length = 0;
    expect((await askWith(MODELS, 'How many customers are there per country since 2020?')).model).toBe('middle');
    model.requests.length = 0;
    expect((await askWith(MODELS, HARD)).model).toBe('big');
  });

  it('MODEL_STRATEGY=fixed asks the balanced one, whatever the question', async () => {
    expect((await askWith({ ...MODELS, MODEL_STRATEGY: 'fixed' }, EASY)).model).toBe('middle');
    model.requests.length = 0;
    expect((await askWith({ ...MODELS, MODEL_STRATEGY: 'fixed' }, HARD)).model).toBe('middle');
  });

  it('MAX_TABLES_IN_CONTEXT bounds the tables that the model sees', async () => {
    const shown = (prompt: string) =>
      ['customers', 'orders', 'refunds'].filter((table) => prompt.includes(`TABLE ${table}`) || prompt.includes(`${table} (`));
    const question = 'Which customers have orders and refunds?';
    const all = shown((await askWith({ BALANCED_MODEL: 'm' }, question)).prompt);
    model.requests.length = 0;
    const one = shown((await askWith({ BALANCED_MODEL: 'm', MAX_TABLES_IN_CONTEXT: '1' }, question)).prompt);
    expect(all).toEqual(['customers', 'orders', 'refunds']);
    expect(one).toHaveLength(1);
  });
});
