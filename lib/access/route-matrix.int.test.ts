import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemDb } from '../db';
import { routeFiles } from '../testing/api-server';
import { createTestOrganization, type TestOrganization, type TestUser } from '../testing/organization';
import { testRequest } from '../testing/request';
import type { RouteHandler } from './door';
import { PERMISSIONS, ROLE_NAMES, ROLES, type RoleName } from './permissions';

/**
 * H8: every route × role × organisation, generated from the route files that exist. Whoever adds a route adds nothing here,
 * unless it needs a body before it looks at an id: then its body stands in BODIES.
 */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
/** What Next allows a route file to export besides its methods. */
const SEGMENT_OPTIONS = new Set([
  'dynamic',
  'dynamicParams',
  'revalidate',
  'runtime',
  'maxDuration',
  'preferredRegion',
  'fetchCache',
]);

interface Entry {
  name: string;
  method: string;
  pattern: string;
  handler: RouteHandler;
}

async function readRoutes(): Promise<{ entries: Entry[]; undeclared: string[] }> {
  const entries: Entry[] = [];
  const undeclared: string[] = [];
  for (const { pattern, file } of routeFiles()) {
    const module: Record<string, unknown> = await import(file);
    for (const [method, handler] of Object.entries(module)) {
      if (METHODS.includes(method) && isDeclared(handler))
        entries.push({ name: `${method} ${pattern}`, method, pattern, handler });
      else if (!SEGMENT_OPTIONS.has(method)) undeclared.push(`${method} ${pattern}`);
    }
  }
  return { entries, undeclared };
}

function isDeclared(handler: unknown): handler is RouteHandler {
  const spec = typeof handler === 'function' && 'spec' in handler ? (handler.spec as Record<string, unknown>) : {};
  return spec.kind === 'public'
    ? typeof spec.reason === 'string'
    : spec.kind === 'route' && String(spec.permission) in PERMISSIONS;
}

const { entries, undeclared } = await readRoutes();
const locked = entries.filter(({ handler }) => handler.spec.kind === 'route');

let ours: TestOrganization;
let theirs: TestOrganization;
const people = new Map<RoleName, TestUser>();
/** Stands in the names of all that "theirs" holds: an answer to us that has it is a leak. */
const mark = `secret-${randomUUID()}`;
/** What "theirs" holds, by the first segment of the routes that name it. */
const held: Record<string, string> = {};

beforeAll(async () => {
  ours = await createTestOrganization();
  theirs = await createTestOrganization();
  for (const role of ROLE_NAMES) people.set(role, role === 'owner' ? ours.user : await ours.addUser({ role }));
  const organizationId = theirs.organization.id;
  const environmentId = theirs.environments[0]?.id ?? '';
  const db = systemDb();
  const source = await db.dataSource.create({
    data: { organizationId, environmentId, name: mark, type: 'sqlite', summary: { target: mark } },
  });
  const userId = theirs.user.id;
  const conversation = await db.conversation.create({ data: { organizationId, userId, title: mark, dataSourceId: source.id } });
  await db.message.create({
    data: { organizationId, conversationId: conversation.id, position: 0, role: 'user', content: mark },
  });
  const provider = await db.modelProvider.create({
    data: { organizationId, name: mark, kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1', models: {}, position: 0 },
  });
  await db.environment.create({ data: { organizationId, slug: mark, name: mark, kind: 'other', position: 3 } });
  const token = await db.accessToken.findFirstOrThrow({ where: { organizationId } });
  await db.accessToken.update({ where: { id: token.id }, data: { name: mark } });
  const run = await db.queryRun.create({
    data: {
      ...{ id: randomUUID(), organizationId, dataSourceId: source.id, userId, origin: 'api', query: mark, fingerprint: mark },
      ...{ status: 'ok', durationMs: 1, cacheState: 'miss', stages: [], startedAt: new Date() },
    },
  });
  const workflow = await db.workflow.create({
    data: { organizationId, kind: 'schema.refresh', status: 'failed', step: mark, data: { dataSourceId: source.id } },
  });
  held.members = (await db.membership.findFirstOrThrow({ where: { organizationId } })).id;
  Object.assign(held, {
    tokens: token.id,
    'data-sources': source.id,
    conversations: conversation.id,
    'model-providers': provider.id,
    jobs: workflow.id,
  });
  held.queries = run.id;
});
afterAll(async () => {
  await ours.drop();
  await theirs.drop();
});

/** Bodies with which a route gets as far as looking at the ids it was given; `dataSourceId` is the foreign source's. */
const BODIES: Record<string, (dataSourceId: string) => unknown> = {
  'PATCH /api/members/[id]': () => ({ active: true }),
  'PATCH /api/data-sources/[id]': () => ({ name: 'ours now' }),
  'PATCH /api/conversations/[id]': () => ({ title: 'ours now' }),
  'PATCH /api/model-providers/[id]': () => ({ enabled: false }),
  'POST /api/conversations/[id]/restore': () => ({ messageId: randomUUID() }),
  'POST /api/jobs': (dataSourceId) => ({ kind: 'schema.refresh', dataSourceId }),
  'POST /api/conversations': (dataSourceId) => ({ dataSourceId }),
  'POST /api/query': (dataSourceId) => ({ dataSourceId, question: 'how many rows are there?' }),
  'POST /api/execute-query': (dataSourceId) => ({ dataSourceId, query: 'select 1' }),
  'POST /api/execute-query/stream': (dataSourceId) => ({ dataSourceId, query: 'select 1' }),
  'POST /api/execute-query/export': (dataSourceId) => ({ dataSourceId, query: 'select 1' }),
};

/** Query strings that a route wants before it looks at anything else. */
const QUERIES: Record<string, string> = {
  '/api/execute-query/export': '?format=csv',
  '/api/data-sources/[id]/schema/sample': '?table=public.t',
  '/api/data-sources/[id]/schema/versions/diff': '?from=1&to=2',
};

interface Knock {
  token?: string;
  organization?: string;
  id?: string;
  body?: unknown;
}

async function knock({ method, pattern, handler }: Entry, { id = randomUUID(), body, ...who }: Knock) {
  const names = [...pattern.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map((match) => match[1] ?? '');
  const url = `${pattern.replace(/\[[^\]]+\]/g, id)}${QUERIES[pattern] ?? ''}`;
  const sent = method === 'GET' || method === 'HEAD' ? undefined : (body ?? {});
  const params = Promise.resolve(Object.fromEntries(names.map((name) => [name, id])));
  const answer = await handler(testRequest(url, { method, body: sent, ...who }), { params });
  const text = await answer.text();
  expect(answer.headers.get('x-request-id'), 'x-request-id').toMatch(/^[0-9a-f-]{36}$/);
  const error = answer.headers.get('content-type')?.includes('application/json') ? JSON.parse(text).error : undefined;
  return { status: answer.status, text, code: error?.code as string | undefined, permission: error?.details?.permission };
}

describe('the routes', () => {
  it('are there, and each export declares a permission or why it needs none', () => {
    expect(entries.length).toBeGreaterThan(15);
    expect(undeclared).toEqual([]);
  });

  it('that need nobody signed in are few and known', () => {
    const open = entries.filter(({ handler }) => handler.spec.kind === 'public').map(({ pattern }) => pattern);
    const known = ['/api/auth/[...nextauth]', '/api/health', '/api/ready', '/api/setup', '/api/openapi.json'];
    expect([...new Set(open)].filter((pattern) => !known.includes(pattern))).toEqual([]);
  });
});

describe.each(locked.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  const permission = entry.handler.spec.kind === 'route' ? entry.handler.spec.permission : undefined;

  it('wants somebody to be signed in', async () => {
    expect(await knock(entry, {})).toMatchObject({ status: 401, code: 'auth.required' });
    expect(await knock(entry, { token: 'qry_wrong' })).toMatchObject({ status: 401, code: 'auth.invalid' });
  });

  it.each(ROLE_NAMES)('as %s', async (role) => {
    const allowed = ROLES[role].permissions.some((own) => own === permission);
    const answer = await knock(entry, { token: people.get(role)?.token });
    if (!allowed) expect(answer).toMatchObject({ status: 403, code: 'access.denied', permission });
    else {
      expect(answer.status).not.toBe(401);
      expect(answer.status).toBeLessThan(500);
      expect([answer.status, answer.permission]).not.toEqual([403, permission]);
    }
  });

  it('is not found under the name of another organisation', async () => {
    const answer = await knock(entry, { token: ours.token, organization: theirs.organization.slug });
    expect(answer).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('shows and changes nothing of another organisation', async () => {
    const kind = entry.pattern.split('/')[2] ?? '';
    const body = BODIES[name]?.(held['data-sources'] ?? '');
    const answer = await knock(entry, { token: ours.token, id: held[kind], body });
    for (const theirsOnly of [mark, theirs.user.email, theirs.organization.slug]) expect(answer.text).not.toContain(theirsOnly);
    const namesTheirs = (entry.pattern.includes('[') && held[kind] !== undefined) || body !== undefined;
    if (!namesTheirs) return;
    // Without a body in BODIES, a route may refuse the empty one before it looks for the id.
    const expected = body !== undefined || entry.method === 'GET' || entry.method === 'DELETE' ? [404] : [404, 400];
    expect(expected, `${name} answered ${answer.status} ${answer.text.slice(0, 200)}`).toContain(answer.status);
  });
});
