import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createConversation, listConversations } from '.';

let org: TestOrganization;

beforeAll(async () => {
  org = await createTestOrganization();
});
afterAll(async () => {
  await org.drop();
  await closeDb();
});

describe('listConversations', () => {
  it('searches for what was typed: %, _ and the backslash are letters, capitals are not [B6]', async () => {
    for (const title of ['Growth of 20 % in May', 'order_items', 'orderitems', 'C:\\temp', 'Ctemp']) {
      await createConversation(org.ctx, { title });
    }
    const titlesWith = async (query: string) =>
      (await listConversations(org.ctx, { query })).conversations.map((found) => found.title);
    expect(await titlesWith('%')).toEqual(['Growth of 20 % in May']);
    expect(await titlesWith('r_i')).toEqual(['order_items']);
    expect(await titlesWith(':\\T')).toEqual(['C:\\temp']);
    expect(await titlesWith('ORDER')).toHaveLength(2);
  });
});
