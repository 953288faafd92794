import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { startModelServer } from '../testing/model-server';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createModelProvider, listModelProviders, testModelProvider, updateModelProvider } from './providers';

let org: TestOrganization;
const servers: Server[] = [];

beforeAll(async () => {
  org = await createTestOrganization({ role: 'owner' });
});
afterAll(async () => {
  for (const server of servers) server.close();
  await org.drop();
  await closeDb();
});

const provider = (baseUrl: string) => ({ name: 'Model', kind: 'vllm' as const, baseUrl, models: { balanced: 'm' } });

describe('the address of a model [I13]', () => {
  it.each(['http://169.254.169.254/v1', 'http://[::ffff:169.254.169.254]/v1', 'http://2852039166/v1', 'http://0.0.0.0:8000/v1'])(
    'is not %s: neither tried nor saved',
    async (baseUrl) => {
      await expect(testModelProvider(org.ctx, provider(baseUrl))).rejects.toMatchObject({ code: 'source.host_refused' });
      await expect(createModelProvider(org.ctx, provider(baseUrl))).rejects.toMatchObject({ code: 'source.host_refused' });
      expect(await listModelProviders(org.ctx)).toEqual([]);
    },
  );

  it('is judged again when it is changed, and when it is called', async () => {
    const { id } = await createModelProvider(org.ctx, { ...provider('http://127.0.0.1:9/v1'), name: 'Changed' });
    const moved = updateModelProvider(org.ctx, id, { baseUrl: 'http://169.254.169.254/v1' });
    await expect(moved).rejects.toMatchObject({ code: 'source.host_refused' });
    await org.ctx.db.modelProvider.update({ where: { id }, data: { baseUrl: 'http://169.254.169.254/v1' } });
    const called = testModelProvider(org.ctx, { id });
    await expect(called).rejects.toMatchObject({
      code: 'model.unavailable',
      message: expect.stringContaining('metadata service'),
    });
  });

  it('leads nowhere else: redirects are not followed', async () => {
    const model = await startModelServer([{ kind: 'text', text: 'ready' }]);
    const redirect = createServer((_request, response) =>
      response.writeHead(307, { location: `${model.baseUrl}/chat/completions` }).end(),
    );
    servers.push(redirect);
    await new Promise<void>((listening) => redirect.listen(0, '127.0.0.1', listening));
    const { port } = redirect.address() as AddressInfo;
    const refused = testModelProvider(org.ctx, provider(`http://127.0.0.1:${port}/v1`));
    await expect(refused).rejects.toMatchObject({ code: 'model.unavailable' });
    expect(await testModelProvider(org.ctx, provider(model.baseUrl))).toMatchObject({ ok: true });
    await model.close();
  });
});
