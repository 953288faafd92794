import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { getConversation } from '../conversations';
import type { QuarryError } from '../kernel/errors';
import { createSource } from '../sources';
import { type ScriptedReply, startModelServer } from '../testing/model-server';
import { createTestOrganization } from '../testing/organization';
import { createSourceDatabase } from '../testing/source-database';
import { ask } from './ask';
import { createModelProvider } from './providers';
import { streamAnswer } from './stream-answer';
import type { AskEvent } from './trace';

const SHOP = `
  CREATE TABLE customers (id integer PRIMARY KEY, full_name text NOT NULL, country text NOT NULL);
  CREATE TABLE orders (id integer PRIMARY KEY, customer_ref text NOT NULL, total numeric(12,2) NOT NULL, ordered_on date NOT NULL);
  INSERT INTO customers SELECT n, 'Person ' || n, (ARRAY['Canada','France','Japan'])[1 + n % 3] FROM generate_series(1, 30) n;
  INSERT INTO orders SELECT n, (1 + n % 30)::text, 10.10 * n, date '2025-01-01' + n FROM generate_series(1, 90) n;
`;

type Server = Awaited<ReturnType<typeof startModelServer>>;
const database = await createSourceDatabase(SHOP);
const servers: Server[] = [];

async function workspace(scripts: ScriptedReply[][]): Promise<{ ctx: Ctx; dataSourceId: string; servers: Server[] }> {
  const { ctx } = await createTestOrganization({ role: 'owner' });
  const source = await createSource(ctx, { name: 'Shop', type: 'postgres', connection: { uri: database.uri } });
  const started: Server[] = [];
  for (const [index, script] of scripts.entries()) {
    const server = await startModelServer(script);
    started.push(server);
    servers.push(server);
    await createModelProvider(ctx, {
      name: `Model ${index}`,
      kind: 'vllm',
      baseUrl: server.baseUrl,
      apiKey: 'canary-model-key',
      models: { balanced: 'scripted' },
    });
  }
  return { ctx, dataSourceId: source.id, servers: started };
}

const text = (query: string): ScriptedReply => ({
  kind: 'text',
  text: JSON.stringify({ sql: query, explanation: 'customers per country' }),
});
const failure = async (promise: Promise<unknown>): Promise<QuarryError> =>
  promise.then(
    () => Promise.reject(new Error('It should have failed.')),
    (error: QuarryError) => error,
  );

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => database.drop());

describe('ask with a model', () => {
  it('answers with one call when nothing goes wrong, and keeps the trace [C1 C2 C19 C23]', async () => {
    const { ctx, dataSourceId, servers } = await workspace([
      [text('SELECT country, count(*) AS people FROM customers GROUP BY country ORDER BY country')],
    ]);
    const events: AskEvent[] = [];
    const answer = await ask(ctx, { dataSourceId, question: 'How many customers per country?' }, (event) => events.push(event));
    expect(answer.rows).toEqual([
      ['Canada', 10],
      ['France', 10],
      ['Japan', 10],
    ]);
    expect(answer).toMatchObject({
      status: 'completed',
      rowCount: 3,
      model: { provider: 'Model 0', calls: 1 },
      chart: { type: 'bar' },
      tables: ['customers'],
    });
    expect(servers[0]?.requests).toHaveLength(1);
    expect(servers[0]?.requests[0]?.authorization).toBe('Bearer canary-model-key');
    const steps = events.flatMap((event) => (event.type === 'step' && event.step.state === 'done' ? [event.step.name] : []));
    expect(steps).toEqual(['understand', 'write', 'check', 'run', 'answer']);
    const stored = await getConversation(ctx, answer.conversationId);
    expect(stored.messages.map((message) => message.status)).toEqual(['completed', 'completed']);
    expect(stored.messages[1]?.attempts?.[0]?.steps.map((step) => step.name)).toEqual(steps);
    expect(stored.messages[1]?.rows).toEqual(answer.rows);
    expect(JSON.stringify(stored)).not.toContain('canary-model-key');
  });

  it('ends right after one mistake, with a shorter second prompt [C3 C5 C7]', async () => {
    const { ctx, dataSourceId, servers } = await workspace([
      [text('SELECT fullname FROM customers'), text('SELECT full_name FROM customers ORDER BY id LIMIT 2')],
    ]);
    const answer = await ask(ctx, { dataSourceId, question: 'Names of two customers' });
    expect(answer.rows).toEqual([['Person 1'], ['Person 2']]);
    expect(answer.attempts).toHaveLength(2);
    expect(answer.attempts[0]?.hints?.join(' ')).toContain('customers.full_name');
    const size = (index: number) => JSON.stringify(servers[0]?.requests[index]?.messages).length;
    expect(size(1)).toBeLessThan(size(0));
    expect(JSON.stringify(servers[0]?.requests[1]?.messages)).not.toContain('ordered_on');
  });

  it('recovers from comparing an integer with a text [C6]', async () => {
    const join = (condition: string) => text(`SELECT count(*) AS n FROM customers c JOIN orders o ON ${condition}`);
    const { ctx, dataSourceId, servers } = await workspace([
      [join('c.id = o.customer_ref'), join('c.id::text = o.customer_ref')],
    ]);
    const answer = await ask(ctx, { dataSourceId, question: 'How many orders have customers?' });
    expect(answer.rows).toEqual([[90]]);
    expect(JSON.stringify(servers[0]?.requests[1]?.messages)).toContain('c.id is integer and o.customer_ref is text');
  });

  it('stops after three attempts with the analysis [C3]', async () => {
    const { ctx, dataSourceId, servers } = await workspace([[text('SELECT nope FROM customers')]]);
    const error = await failure(ask(ctx, { dataSourceId, question: 'Names of all customers' }));
    expect(error.code).toBe('query.failed');
    expect(error.hints?.join(' ')).toContain('customers has id, full_name, country');
    expect(error.details?.attempts).toHaveLength(3);
    expect(servers[0]?.requests).toHaveLength(3);
    const stored = await getConversation(ctx, String(error.details?.conversationId));
    expect(stored.messages[1]).toMatchObject({ status: 'failed' });
    expect(stored.messages[1]?.attempts).toHaveLength(3);
  });

  it('never lets a model write', async () => {
    const { ctx, dataSourceId } = await workspace([[text('DELETE FROM customers')]]);
    expect((await failure(ask(ctx, { dataSourceId, question: 'Remove all customers' }))).code).toBe('query.refused');
    expect((await database.admin.query('SELECT count(*)::int AS n FROM customers')).rows).toEqual([{ n: 30 }]);
  });

  it('offers the nearest real value when a filter matches nothing', async () => {
    const { ctx, dataSourceId } = await workspace([
      [
        text("SELECT full_name FROM customers WHERE country = 'Canda'"),
        text("SELECT count(*) AS n FROM customers WHERE country = 'Canada'"),
      ],
    ]);
    const answer = await ask(ctx, { dataSourceId, question: 'How many customers in Canda?' });
    expect(answer.rows).toEqual([[10]]);
    expect(answer.attempts[0]?.hints?.[0]).toContain("near values are 'Canada'");
  });

  it.each<[string, ScriptedReply, string]>([
    ['a refused key', { kind: 'status', status: 401 }, 'model.auth_failed'],
    ['a rate limit', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'model.rate_limited'],
    ['a broken stream', { kind: 'broken', text: '{"sql": "SELECT 1 FROM customers and much more text"}' }, 'model.unavailable'],
    ['a server error', { kind: 'status', status: 500 }, 'model.unavailable'],
    ['an unknown model', { kind: 'status', status: 404 }, 'model.unavailable'],
    ['junk', { kind: 'text', text: 'I like turtles.' }, 'model.bad_answer'],
  ])('says what is wrong after %s [C9 C25]', async (_name, reply, code) => {
    const { ctx, dataSourceId } = await workspace([[reply]]);
    const error = await failure(ask(ctx, { dataSourceId, question: 'How many customers?' }));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('canary-model-key');
    if (code === 'model.rate_limited') expect(error.retryAfterS).toBe(7);
  });

  it('goes on with the next provider in the order [C25]', async () => {
    const { ctx, dataSourceId } = await workspace([
      [{ kind: 'status', status: 500 }],
      [text('SELECT count(*) AS n FROM customers')],
    ]);
    const answer = await ask(ctx, { dataSourceId, question: 'How many customers?' });
    expect(answer.rows).toEqual([[30]]);
    expect(answer.model).toMatchObject({ provider: 'Model 1', calls: 2 });
  });

  it('reads a tool call [C9]', async () => {
    const { ctx, dataSourceId } = await workspace([
      [{ kind: 'tool', name: 'run_sql', arguments: '{"sql":"SELECT count(*) AS n FROM customers"}' }],
    ]);
    expect((await ask(ctx, { dataSourceId, question: 'How many customers?' })).rows).toEqual([[30]]);
  });

  it('is cancelled while the model is silent [C2]', async () => {
    const { ctx, dataSourceId } = await workspace([[{ kind: 'silent' }]]);
    const stop = new AbortController();
    const asked = ask({ ...ctx, signal: stop.signal }, { dataSourceId, question: 'How many customers?' }, (event) => {
      if (event.type === 'step' && event.step.name === 'write' && event.step.state === 'running') stop.abort();
    });
    const error = await failure(asked);
    expect(error.code).toBe('query.cancelled');
    const stored = await getConversation(ctx, String(error.details?.conversationId));
    expect(stored.messages[1]?.status).toBe('cancelled');
  });

  it('answers a repeated question without a call and without the database [C22 F2]', async () => {
    const { ctx, dataSourceId } = await workspace([[text('SELECT count(*) AS n FROM customers')]]);
    await ask(ctx, { dataSourceId, question: 'How many customers?' });
    const again = await ask(ctx, { dataSourceId, question: 'How many customers?' });
    expect(again).toMatchObject({ rows: [[30]], cache: { state: 'hit' }, model: { calls: 0 } });
    const fresh = await ask(ctx, { dataSourceId, question: 'How many customers?', cache: 'refresh' });
    expect(fresh).toMatchObject({ cache: { state: 'miss' }, model: { calls: 1 } });
  });
});

describe('ask with the built-in planner', () => {
  it('answers from real rows with no model [C25]', async () => {
    const { ctx, dataSourceId } = await workspace([]);
    const answer = await ask(ctx, { dataSourceId, question: 'How many customers are in Canada?' });
    expect(answer.rows).toEqual([[10]]);
    expect(answer.model).toMatchObject({ provider: 'builtin', calls: 0 });
    expect(answer.answer).toContain('10');
  });

  it('follows up on the question before [B7]', async () => {
    const { ctx, dataSourceId } = await workspace([]);
    const first = await ask(ctx, { dataSourceId, question: 'How many customers are there?' });
    const second = await ask(ctx, { dataSourceId, question: 'only those in Canada', conversationId: first.conversationId });
    expect(first.rows).toEqual([[30]]);
    expect(second.rows).toEqual([[10]]);
  });

  it('declines what is not in the schema, with questions that would work', async () => {
    const { ctx, dataSourceId } = await workspace([]);
    const answer = await ask(ctx, { dataSourceId, question: 'What is the weather in Paris tomorrow?' });
    expect(answer).toMatchObject({ status: 'declined', query: null, rows: [] });
    expect(answer.answer.length).toBeGreaterThan(10);
  });
});

describe('tenancy', () => {
  it("does not know another organisation's source, nor another person's conversation", async () => {
    const mine = await workspace([]);
    const theirs = await workspace([]);
    const foreign = await failure(ask(mine.ctx, { dataSourceId: theirs.dataSourceId, question: 'How many customers?' }));
    expect(foreign.code).toBe('not_found');
    const answer = await ask(theirs.ctx, { dataSourceId: theirs.dataSourceId, question: 'How many customers?' });
    expect((await failure(getConversation(mine.ctx, answer.conversationId))).code).toBe('not_found');
    const reuse = await failure(
      ask(mine.ctx, { dataSourceId: mine.dataSourceId, question: 'How many customers?', conversationId: answer.conversationId }),
    );
    expect(reuse.code).toBe('not_found');
  });
});

describe('streamAnswer [C22]', () => {
  it('sends steps, then words, then the result, then done', async () => {
    const { ctx, dataSourceId } = await workspace([[text('SELECT count(*) AS n FROM customers')]]);
    const body = await (await streamAnswer(ctx, { dataSourceId, question: 'How many customers?' })).text();
    const names = [...body.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names[0]).toBe('step');
    expect(names.at(-1)).toBe('done');
    expect(names.indexOf('token')).toBeGreaterThan(names.indexOf('step'));
    expect(names.indexOf('result')).toBeGreaterThan(names.lastIndexOf('token'));
  });

  it('refuses what is not there before the stream begins, so that the answer has a status of its own', async () => {
    const theirs = await workspace([]);
    const { ctx, dataSourceId } = await workspace([]);
    const question = 'How many customers?';
    expect((await failure(streamAnswer(ctx, { dataSourceId: theirs.dataSourceId, question }))).code).toBe('not_found');
    const { conversationId } = await ask(theirs.ctx, { dataSourceId: theirs.dataSourceId, question });
    expect((await failure(streamAnswer(ctx, { dataSourceId, question, conversationId }))).code).toBe('not_found');
  });

  it('sends our error body when it fails', async () => {
    const { ctx, dataSourceId } = await workspace([[{ kind: 'status', status: 401 }]]);
    const body = await (await streamAnswer(ctx, { dataSourceId, question: 'How many customers?' })).text();
    expect(body).toContain('event: error\ndata: {"error":{"code":"model.auth_failed"');
  });
});
