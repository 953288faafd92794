import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type APIRequestContext, expect } from '@playwright/test';
import pg from 'pg';
import { readEnv } from '../lib/kernel/env';
import { quarryHome } from '../lib/kernel/paths';

/** The owner whom the journey makes; a run without the journey makes the same. */
const owner = { name: 'Ada Lovelace', email: 'ada@example.com', password: 'correct horse battery staple' };
const organization = 'Acme Outdoor';

/**
 * The installation under test with its owner signed in: what cookies can do. Makes the owner when nobody has.
 * @returns the organisation's slug
 */
export async function signInAsOwner(request: APIRequestContext): Promise<string> {
  const { needed } = await (await request.get('/api/setup')).json();
  if (needed) {
    const made = await request.post('/api/setup', { data: { ...owner, organization, samples: true } });
    expect(made.status(), await made.text()).toBe(201);
  }
  const { csrfToken } = await (await request.get('/api/auth/csrf')).json();
  const form = { csrfToken, email: owner.email, password: owner.password, json: 'true', callbackUrl: '/' };
  const signedIn = await request.post('/api/auth/callback/credentials', { form });
  expect(signedIn.status(), await signedIn.text()).toBe(200);
  const members = await request.get('/api/me', { headers: { 'x-quarry-organization': 'acme-outdoor' } });
  return (await members.json()).organization.slug;
}

/** The builder database of the server under test, for looking at it and breaking it from outside. */
export async function withBuilderDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const connectionString =
    readEnv('DATABASE_URL') ?? JSON.parse(readFileSync(path.join(quarryHome(), 'database.json'), 'utf8')).url;
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
