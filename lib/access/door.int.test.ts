import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { QuarryError } from '../kernel/errors';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { testRequest } from '../testing/request';
import { publicRoute, route } from './door';
import { jobContext } from './index';
import { takeRateLimit } from './rate-limit';

let org: TestOrganization;
let other: TestOrganization;

beforeAll(async () => {
  org = await createTestOrganization();
  other = await createTestOrganization();
});
afterAll(async () => {
  await org.drop();
  await other.drop();
});

const echo = route(
  {
    permission: 'organization.read',
    params: z.object({ id: z.uuid() }),
    query: z.object({ page: z.coerce.number().int().optional(), tag: z.array(z.string()).optional() }),
    body: z.strictObject({ name: z.string(), size: z.number().int().optional() }),
    status: 201,
  },
  (ctx, { body, params, query }) => ({ organization: ctx.organization.slug, body, params, query }),
);
const id = '5b0c9a52-8f5e-4d55-9c6e-0f5f3f0f7a11';
const at = (value: string) => ({ params: Promise.resolve({ id: value }) });

describe('route', () => {
  it('hands parsed params, query and body to the handler and answers JSON with its status', async () => {
    const request = testRequest('/api/x?page=2&tag=a&tag=b', { token: org.token, body: { name: 'n' } });
    const answer = await echo(request, at(id));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const expected = {
      organization: org.organization.slug,
      body: { name: 'n' },
      params: { id },
      query: { page: 2, tag: ['a', 'b'] },
    };
    expect(await answer.json()).toEqual(expected);
  });

  it('takes over a request id only when it is a UUID', async () => {
    const send = async (given: string) => {
      const answer = await echo(
        testRequest('/api/x', { token: org.token, body: {}, headers: { 'x-request-id': given } }),
        at(id),
      );
      return { header: answer.headers.get('x-request-id'), body: (await answer.json()).error.requestId };
    };
    expect(await send(id)).toEqual({ header: id, body: id });
    const forged = await send('x"} forged {"level":50');
    expect(forged.header).toMatch(/^[0-9a-f-]{36}$/);
    expect(forged.body).toBe(forged.header);
  });

  it.each([
    ['not JSON', '{"name":', 'The body is not JSON.'],
    ['a wrong type', { name: 1 }, /name/],
    ['an unknown field', { name: 'n', admin: true }, /admin/],
    ['nothing', '', /name/],
    ['an array', [], /object/],
  ])('refuses a body that is %s with input.invalid', async (_what, body, message) => {
    const answer = await echo(testRequest('/api/x', { method: 'POST', token: org.token, body }), at(id));
    expect(answer.status).toBe(400);
    const { error } = await answer.json();
    expect(error.code).toBe('input.invalid');
    expect(error.message).toMatch(message);
  });

  it('names the fields that are wrong', async () => {
    const answer = await echo(testRequest('/api/x', { token: org.token, body: { name: 1, size: 1.5 } }), at(id));
    const { error } = await answer.json();
    expect(error.details.fields.map(({ field }: { field: string }) => field)).toEqual(['name', 'size']);
  });

  it.each([
    ['a zero byte', '{"name":"a\\u0000b"}', /name: holds a zero byte/],
    ['half a surrogate pair', '{"name":"a\\ud800b"}', /name: holds a zero byte or half a character/],
    ['a byte that is not UTF-8', new Uint8Array([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]), /not UTF-8/],
    ['brackets to the bottom', '['.repeat(200_000) + ']'.repeat(200_000), /must be an object/],
  ])('refuses %s instead of losing it or failing later', async (_what, body, message) => {
    const init = { method: 'POST', body, headers: { authorization: `Bearer ${org.token}` } };
    const answer = await echo(new Request('http://quarry.test/api/x', init), at(id));
    const { error } = await answer.json();
    expect([answer.status, error.code]).toEqual([400, 'input.invalid']);
    expect(error.message).toMatch(message);
  });

  it('refuses a zero byte in the query string, and knows no path that holds one', async () => {
    const query = await echo(testRequest('/api/x?tag=a&tag=%00', { token: org.token, body: { name: 'n' } }), at(id));
    expect([query.status, (await query.json()).error.code]).toEqual([400, 'input.invalid']);
    const anyId = route({ permission: 'organization.read', params: z.object({ id: z.string() }) }, () => 'here');
    const path = await anyId(testRequest('/api/x', { token: org.token }), at('a\0b'));
    expect([path.status, (await path.json()).error.code]).toEqual([404, 'not_found']);
  });

  it('keeps whole characters, paired surrogates and an escaped backslash, and skips a byte order mark', async () => {
    const name = 'שלום 😀 \\u0000';
    const body = `\ufeff${JSON.stringify({ name }).replace('😀', '\\ud83d\\ude00')}`;
    const answer = await echo(testRequest('/api/x', { token: org.token, body }), at(id));
    expect((await answer.json()).body).toEqual({ name });
  });

  it('says what is wrong in words', async () => {
    const answer = await echo(testRequest('/api/x', { token: org.token, body: { name: 'n', size: 1.5 } }), at(id));
    expect((await answer.json()).error.message).toBe('The request is not valid. size: must be a whole number.');
  });

  it('reads no more than a mebibyte, whatever Content-Length says', async () => {
    const big = JSON.stringify({ name: 'x'.repeat(1024 * 1024) });
    const honest = testRequest('/api/x', { token: org.token, body: big });
    const stream = new Blob([big]).stream();
    const init = { method: 'POST', body: stream, duplex: 'half', headers: { authorization: `Bearer ${org.token}` } };
    for (const request of [honest, new Request('http://quarry.test/api/x', init as RequestInit)]) {
      const answer = await echo(request, at(id));
      expect(answer.status).toBe(400);
      expect((await answer.json()).error.message).toContain('longer than 1,048,576 bytes');
    }
  });

  it('takes a body that breaks off for what it is, not for a failure of ours', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) });
    const init = { method: 'POST', body, duplex: 'half', headers: { authorization: `Bearer ${org.token}` } };
    const answer = await echo(new Request('http://quarry.test/api/x', init as RequestInit), at(id));
    expect([answer.status, (await answer.json()).error.code]).toEqual([400, 'input.invalid']);
  });

  it('answers 404 to a malformed id', async () => {
    const answer = await echo(testRequest('/api/x', { token: org.token, body: { name: 'n' } }), at("1' or '1'='1"));
    expect((await answer.json()).error.code).toBe('not_found');
  });

  it('asks who it is before it looks at the input', async () => {
    const answer = await echo(testRequest('/api/x', { body: 'rubbish' }), at('rubbish'));
    expect(answer.status).toBe(401);
    expect((await answer.json()).error.code).toBe('auth.required');
  });

  it.each(['Basic abc', 'Bearer', 'Bearer abc', 'Bearer qry_unknown', 'qry_x'])(
    'refuses the authorization %s',
    async (authorization) => {
      const answer = await echo(testRequest('/api/x', { body: {}, headers: { authorization } }), at(id));
      expect(answer.status).toBe(401);
      expect((await answer.json()).error.code).toBe('auth.invalid');
    },
  );

  it('keeps the text of errors that are not ours to itself', async () => {
    const broken = route({ permission: 'organization.read' }, () => {
      throw new Error('connect ECONNREFUSED db.internal:5432 password=hunter2');
    });
    const answer = await broken(testRequest('/api/x', { token: org.token }));
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toMatch(/hunter2|db\.internal|ECONNREFUSED/);
    expect(JSON.parse(text).error.code).toBe('internal');
  });

  it('gives Retry-After with 429', async () => {
    const limited = route({ permission: 'organization.read' }, () => {
      throw new QuarryError('rate.limited', 'Too much.', { retryAfterS: 7 });
    });
    const answer = await limited(testRequest('/api/x', { token: org.token }));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('passes a Response through, with the request id, and nothing as 204', async () => {
    const redirect = route({ permission: 'organization.read' }, () => Response.redirect('http://quarry.test/elsewhere'));
    const moved = await redirect(testRequest('/api/x', { token: org.token }));
    expect([moved.status, moved.headers.has('x-request-id')]).toEqual([302, true]);
    const nothing = await route(
      { permission: 'organization.read' },
      () => undefined,
    )(testRequest('/api/x', { token: org.token }));
    expect(nothing.status).toBe(204);
  });

  it('aborts ctx.signal when the client goes away', async () => {
    const client = new AbortController();
    const waits = route({ permission: 'organization.read' }, async (ctx) => {
      client.abort();
      await new Promise<void>((resolve) =>
        ctx.signal.aborted ? resolve() : ctx.signal.addEventListener('abort', () => resolve()),
      );
      return { aborted: ctx.signal.aborted };
    });
    const answer = await waits(testRequest('/api/x', { token: org.token, signal: client.signal }));
    expect(await answer.json()).toEqual({ aborted: true });
  });

  it('counts queries and questions apart, per token', async () => {
    const member = await org.addUser({ role: 'analyst' });
    const asked = route({ permission: 'question.ask', rateLimit: 'ask' }, () => ({ ok: true }));
    const statuses = [];
    for (let i = 0; i < 62; i += 1) statuses.push((await asked(testRequest('/api/x', { token: member.token }))).status);
    expect(statuses.slice(0, 60).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect(() => takeRateLimit(member.ctx, 'query')).not.toThrow();
    expect((await asked(testRequest('/api/x', { token: org.token }))).status).toBe(200);
  });
});

describe('the organisation of a request', () => {
  it('is the token’s own; naming another answers 404', async () => {
    const where = route({ permission: 'organization.read' }, (ctx) => ({ slug: ctx.organization.slug }));
    const send = (organization?: string) => where(testRequest('/api/x', { token: org.token, organization }));
    expect(await (await send()).json()).toEqual({ slug: org.organization.slug });
    expect((await send(org.organization.slug)).status).toBe(200);
    for (const slug of [other.organization.slug, 'no-such']) {
      const answer = await send(slug);
      expect((await answer.json()).error.code).toBe('not_found');
    }
  });

  it('must be named by a person who belongs to several', async () => {
    const { contextFor, choosePlace } = await import('./make-context');
    const principal = { kind: 'session' as const, userId: id, email: 'a@b.c', name: 'A', credentialId: id };
    const places = [
      { organization: org.organization, role: 'viewer' as const },
      { organization: other.organization, role: 'owner' as const },
    ];
    const identity = { principal, places, scopes: null };
    expect(() => choosePlace(identity, undefined)).toThrow(/x-quarry-organization/);
    expect(() => choosePlace({ ...identity, places: [] }, undefined)).toThrow(/not a member of any/);
    const chosen = choosePlace(identity, other.organization.slug);
    const ctx = contextFor(identity, chosen, { requestId: id, clock: org.ctx.clock, signal: org.ctx.signal });
    expect([ctx.organization.slug, ctx.permissions.has('organization.delete')]).toEqual([other.organization.slug, true]);
  });
});

describe('publicRoute', () => {
  it('answers without anybody, but not to another site’s form', async () => {
    const open = publicRoute({ reason: 'test', body: z.object({ n: z.number() }) }, ({ body }) => ({ twice: body.n * 2 }));
    expect(await (await open(testRequest('/api/x', { body: { n: 2 } }))).json()).toEqual({ twice: 4 });
    expect((await open(testRequest('/api/x', { body: { n: 2 }, headers: { 'sec-fetch-site': 'cross-site' } }))).status).toBe(403);
    expect((await open(testRequest('/api/x', { body: {} }))).status).toBe(400);
  });
});

describe('jobContext', () => {
  it('acts for an organisation that exists, and as a member only while they are one', async () => {
    expect((await jobContext(org.organization.id)).principal.kind).toBe('system');
    await expect(jobContext(id)).rejects.toThrow(/no such organisation/);
    await expect(jobContext(org.organization.id, { userId: other.user.id })).rejects.toThrow(/not an active member/);
  });
});
