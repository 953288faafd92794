/** Questions to a source of documents, from the onboarding to the answer, with the built-in planner and with a model. */
import { randomBytes } from 'node:crypto';
import { Decimal128, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { readEnv } from '../kernel/env';
import { createSource } from '../sources';
import { type ScriptedReply, startModelServer } from '../testing/model-server';
import { createTestOrganization } from '../testing/organization';
import { ask } from './ask';
import { createModelProvider } from './providers';
import { suggestQuestionsFor } from './suggestions';

const people = ['Ada', 'Ben', 'Cleo'].map((name, at) => ({
  _id: new ObjectId(),
  name,
  address: { city: ['Paris', 'Berlin', 'Lyon'][at], country: ['France', 'Germany', 'France'][at] },
}));
const orders = Array.from({ length: 90 }, (_, at) => ({
  _id: at,
  customerId: people[at % 3]?._id,
  placedAt: new Date(Date.UTC(2025, at % 12, 3)),
  status: at % 5 === 0 ? 'cancelled' : 'shipped',
  amount: Decimal128.fromString(`${at}.10`),
  items: [{ product: `Thing ${at % 4}`, quantity: 1 + (at % 2) }],
}));

let client: MongoClient;
let uri: string;
const name = `ask_${randomBytes(6).toString('hex')}`;
beforeAll(async () => {
  const given = readEnv('TEST_MONGODB_URL');
  if (!given) throw new Error('TEST_MONGODB_URL is not set: run the tests through `npm test`.');
  client = new MongoClient(given);
  await client.db(name).collection('customers').insertMany(people);
  await client
    .db(name)
    .collection('orders')
    .insertMany(orders as never);
  const url = new URL(given);
  url.pathname = `/${name}`;
  uri = url.href;
});
afterAll(async () => {
  await client?.db(name).dropDatabase();
  await client?.close();
});

async function workspace(): Promise<{ ctx: Ctx; dataSourceId: string }> {
  const { ctx } = await createTestOrganization({ role: 'owner' });
  const source = await createSource(ctx, { name: 'Shop', type: 'mongodb', connection: { uri } });
  return { ctx, dataSourceId: source.id };
}

const byText = (rows: readonly unknown[][]) => [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe('ask over documents', () => {
  it('answers in figures, sentences and charts, and takes follow-ups', async () => {
    const { ctx, dataSourceId } = await workspace();
    const answer = await ask(ctx, { dataSourceId, question: 'How many orders per customer country?' });
    expect(byText(answer.rows)).toEqual([
      ['France', 60],
      ['Germany', 30],
    ]);
    expect(answer).toMatchObject({ status: 'completed', chart: { type: 'bar', x: 'country', y: ['count'] } });
    expect(answer.tables.sort()).toEqual(['customers', 'orders']);
    expect(answer.answer).toContain('France with 60');
    expect(answer.query).toMatch(/^db\.orders\.aggregate\(\[/);
    const { conversationId } = answer;
    const next = await ask(ctx, { dataSourceId, conversationId, question: 'only the cancelled ones' });
    expect(byText(next.rows)).toEqual([
      ['France', 12],
      ['Germany', 6],
    ]);
    const months = await ask(ctx, { dataSourceId, conversationId, question: 'by month instead' });
    expect(months.rows).toHaveLength(12);
    expect(months.chart).toMatchObject({ type: 'line', x: 'month', y: ['count'] });
    const total = await ask(ctx, { dataSourceId, question: 'What is the total amount of shipped orders in 2025?' });
    const exact = orders.filter(({ status }) => status === 'shipped').reduce((sum, { _id }) => sum + _id * 10 + 1, 0);
    expect(total.rows).toEqual([[exact / 10]]);
  });

  it('answers about what lies in arrays, and about nothing', async () => {
    const { ctx, dataSourceId } = await workspace();
    const items = await ask(ctx, { dataSourceId, question: 'total quantity per product' });
    expect(byText(items.rows)).toEqual([
      ['Thing 0', 23],
      ['Thing 1', 46],
      ['Thing 2', 22],
      ['Thing 3', 44],
    ]);
    const none = await ask(ctx, { dataSourceId, question: 'how many orders were placed in 2019?' });
    expect(none.rows).toEqual([[0]]);
  });

  it('suggests questions, each of which is answered', async () => {
    const { ctx, dataSourceId } = await workspace();
    const questions = await suggestQuestionsFor(ctx, dataSourceId);
    expect(questions.length).toBeGreaterThanOrEqual(4);
    for (const question of questions) {
      const answer = await ask(ctx, { dataSourceId, question });
      expect(answer.status, question).toBe('completed');
      expect(answer.rowCount, question).toBeGreaterThan(0);
    }
  });

  it('tells a model the language and the fields, and what was wrong with its first query', async () => {
    const { ctx, dataSourceId } = await workspace();
    const reply = (sql: string): ScriptedReply => ({
      kind: 'text',
      text: JSON.stringify({ sql, explanation: 'orders per status' }),
    });
    const server = await startModelServer([
      reply('db.order.aggregate([{$group: {_id: "$status", n: {$sum: 1}}}])'),
      reply('db.orders.aggregate([{$group: {_id: "$status", n: {$sum: 1}}}, {$sort: {_id: 1}}])'),
    ]);
    try {
      await createModelProvider(ctx, {
        name: 'Model',
        kind: 'vllm',
        baseUrl: server.baseUrl,
        apiKey: 'key',
        models: { balanced: 'scripted' },
      });
      const answer = await ask(ctx, { dataSourceId, question: 'Orders by status, please' });
      expect(answer.rows).toEqual([
        ['cancelled', 18],
        ['shipped', 72],
      ]);
      const [first, second] = server.requests.map((request) => JSON.stringify(request.messages));
      expect(first).toContain('MongoDB');
      expect(first).toContain('aggregate([');
      expect(first).toContain('items.product');
      expect(second).toContain('Did you mean orders?');
    } finally {
      await server.close();
    }
  });
});
