import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '@/lib/kernel/ids';
import { flushHistory, listRunning } from '@/lib/query';
import { drainPools } from '@/lib/sources';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { createQuerySource, type QuerySource } from '@/lib/testing/query-source';
import { testRequest } from '@/lib/testing/request';
import { POST as cancel } from '../queries/[id]/cancel/route';
import { GET as running } from '../queries/running/route';
import { GET as stats } from '../stats/route';
import { POST as exportFile } from './export/route';
import { POST as execute } from './route';
import { POST as stream } from './stream/route';

let org: TestOrganization;
let source: QuerySource;

beforeAll(async () => {
  org = await createTestOrganization();
  source = await createQuerySource(org.ctx, 'CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (2)');
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await source.drop();
  await org.drop();
});

const ask = (path: string, body: object, more: object = {}) => testRequest(path, { token: org.token, body, ...more });
const query = (text: string, more: object = {}) => ({ dataSourceId: source.id, query: text, ...more });

describe('POST /api/execute-query', () => {
  it('answers API.md’s document', async () => {
    const response = await execute(ask('/api/execute-query', query('SELECT id FROM t ORDER BY id')));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const body = await response.json();
    expect(Object.keys(body).sort()).toEqual(
      ['cache', 'columns', 'durationMs', 'policy', 'query', 'queryId', 'rowCount', 'rows', 'truncated', 'warnings'].sort(),
    );
    expect(body.rows).toEqual([[1], [2]]);
  });

  it.each([
    ['an address instead of a source', { url: 'postgres://x/y', query: 'SELECT 1' }, 400, 'input.invalid'],
    ['no row at all', { limit: 0 }, 400, 'input.invalid'],
    ['an unknown cache mode', { cache: 'maybe' }, 400, 'input.invalid'],
    ['a number that JSON has rounded', { parameters: [9007199254740992] }, 400, 'input.invalid'],
    ['a source that is not there', { dataSourceId: newId() }, 404, 'not_found'],
    ['a write', { query: 'UPDATE t SET id = 3' }, 403, 'query.refused'],
    ['a syntax error', { query: 'SELECT FROM WHERE' }, 400, 'query.invalid'],
    ['a query that the database refuses', { query: 'SELECT * FROM nowhere' }, 422, 'query.failed'],
    ['a query that takes too long', { query: 'SELECT pg_sleep(60)', timeoutMs: 200 }, 504, 'query.timeout'],
  ])('%s', async (_what, change, status, code) => {
    const response = await execute(ask('/api/execute-query', 'url' in change ? change : { ...query('SELECT 1'), ...change }));
    expect(response.status).toBe(status);
    const { error } = await response.json();
    expect(error).toMatchObject({ code, requestId: response.headers.get('x-request-id') });
  });

  it('wants somebody who is signed in', async () => {
    expect((await execute(testRequest('/api/execute-query', { body: query('SELECT 1') }))).status).toBe(401);
  });
});

describe('the streamed routes', () => {
  it('stream lines', async () => {
    const response = await stream(ask('/api/execute-query/stream', query('SELECT id FROM t ORDER BY id')));
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0].columns).toMatchObject([{ name: 'id', type: 'integer' }]);
    expect(lines[1]).toEqual({ rows: [[1], [2]] });
    expect(lines[2].end).toMatchObject({ rowCount: 2, truncated: null });
  });

  it('export a file with a name', async () => {
    const response = await exportFile(ask('/api/execute-query/export?format=csv', query('SELECT id FROM t ORDER BY id')));
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="quarry-[\d-]+\.csv"$/);
    expect(await response.text()).toBe('id\r\n1\r\n2\r\n');
  });

  it('name the formats that there are', async () => {
    const response = await exportFile(ask('/api/execute-query/export?format=docx', query('SELECT 1')));
    expect(response.status).toBe(400);
    const { error } = await response.json();
    expect(error.code).toBe('input.invalid');
    expect(JSON.stringify(error)).toContain('csv, ');
  });
});

describe('cancel and figures', () => {
  it('cancel what runs under the id that the page chose', async () => {
    const queryId = newId();
    const pending = execute(ask('/api/execute-query', query('SELECT pg_sleep(60)', { queryId })));
    await source.until(source.activeQueries, (active) => active.length > 0);
    const listed = await (await running(testRequest('/api/queries/running', { token: org.token }))).json();
    expect(listed.queries).toMatchObject([{ queryId }]);
    const params = { params: Promise.resolve({ id: queryId }) };
    const response = await cancel(testRequest(`/api/queries/${queryId}/cancel`, { token: org.token, method: 'POST' }), params);
    expect(await response.json()).toEqual({ cancelled: true });
    expect((await pending).status).toBe(499);
    expect(listRunning(org.ctx)).toEqual([]);
    const again = await cancel(testRequest(`/api/queries/${queryId}/cancel`, { token: org.token, method: 'POST' }), {
      params: Promise.resolve({ id: queryId }),
    });
    expect(again.status).toBe(404);
    await source.until(source.activeQueries, (active) => active.length === 0);
  });

  it('answer figures of the organisation', async () => {
    const response = await stats(testRequest('/api/stats', { token: org.token }));
    expect(response.status).toBe(200);
    const body = await response.json();
    expect(body.queries.count).toBeGreaterThan(0);
    expect(body.pools[0]).toMatchObject({ dataSourceId: source.id });
    expect(body).toHaveProperty('sessions.active');
    const since = new Date(Date.now() + 3_600_000).toISOString();
    const later = await (await stats(testRequest(`/api/stats?since=${encodeURIComponent(since)}`, { token: org.token }))).json();
    expect(later.queries).toMatchObject({ count: 0, p50Ms: null, hitRate: 0 });
  });
});
