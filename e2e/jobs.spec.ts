import { once } from 'node:events';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { type APIRequestContext, expect, test } from '@playwright/test';
import { readEnv } from '../lib/kernel/env';
import { signInAsOwner } from './installation';
import { keepPicture, keepSize } from './story';

/** The jobs page: a job that fails since its server is gone, asked for again from the page once it is back. [G6] */
const name = `Harbour ${Date.now().toString(36)}`;
let api: APIRequestContext;
let slug = '';
let sourceId = '';
let open = true;
let door: Server;
const sockets = new Set<Socket>();

/** Stands before the test server, and can be shut like a server that is gone: whoever comes is sent away at once. */
async function startDoor(target: URL): Promise<number> {
  door = createServer((socket) => {
    socket.on('error', () => undefined);
    if (!open) {
      socket.destroy();
      return;
    }
    const through = connectTo(Number(target.port || 5432), target.hostname);
    through.on('error', () => socket.destroy());
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      through.destroy();
    });
    socket.pipe(through).pipe(socket);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  return typeof address === 'object' && address ? address.port : 0;
}

test.beforeAll(async ({ playwright, baseURL }) => {
  const url = readEnv('TEST_POSTGRES_URL');
  if (!url) throw new Error('TEST_POSTGRES_URL is not set: run the browser tests through `npm test -- e2e`.');
  const target = new URL(url);
  const port = await startDoor(target);
  api = await playwright.request.newContext({ baseURL });
  slug = await signInAsOwner(api);
  const connection = {
    host: '127.0.0.1',
    port,
    database: target.pathname.slice(1),
    username: decodeURIComponent(target.username),
    password: decodeURIComponent(target.password),
  };
  const made = await api.post('/api/data-sources', {
    headers: { 'x-quarry-organization': slug },
    data: { name, type: 'postgres', connection },
  });
  expect(made.status(), await made.text()).toBe(201);
  sourceId = (await made.json()).id;
});

test.afterAll(async () => {
  await api.delete(`/api/data-sources/${sourceId}`, { headers: { 'x-quarry-organization': slug } });
  for (const socket of sockets) socket.destroy();
  door.close();
  await api.dispose();
});

test('a failed job is understood and asked for again from the page', async ({ page }) => {
  // Four attempts with pauses between them, twice.
  test.setTimeout(240_000);
  await page.context().addCookies((await api.storageState()).cookies);
  await page.goto(`/${slug}/settings/jobs`);
  await expect(page.getByRole('heading', { name: 'Jobs', level: 1 })).toBeVisible();
  await keepPicture(page, 'jobs-before');

  open = false;
  for (const socket of sockets) socket.destroy();
  await page.getByRole('button', { name: 'Read schemas' }).click();
  await page.getByRole('menuitem', { name }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  await expect(row.getByText('Trying again')).toBeVisible({ timeout: 30_000 });
  await expect(row.getByText(/^Attempt \d of 4 failed: /)).toBeVisible();

  // It doesn't wait for the remaining attempts: cancelled, it is a failed job like another.
  await row.getByRole('button', { name: 'Cancel' }).click();
  await expect(row.getByText('Cancelled', { exact: true })).toBeVisible();
  await row.getByRole('button', { name: 'Retry' }).click();
  await expect(row.getByText(/Waiting|Running|Trying again/)).toBeVisible();
  await expect(row.getByText('Failed', { exact: true })).toBeVisible({ timeout: 60_000 });

  await page.getByRole('radio', { name: 'Failed' }).click();
  await expect(page).toHaveURL(/\?status=failed$/);
  await page.reload();
  await expect(row.getByText('Failed', { exact: true })).toBeVisible();
  await keepPicture(page, 'jobs-failed');
  await page.setViewportSize({ width: 390, height: 844 });
  await keepSize(page, 'phone-jobs-failed');
  await page.setViewportSize({ width: 1440, height: 900 });

  // By the keyboard: to the first row, into its details, and back to it.
  const first = page
    .getByRole('list', { name: 'Jobs' })
    .getByRole('button', { name: /^Read a schema again/ })
    .first();
  await first.focus();
  await page.keyboard.press('Enter');
  const details = page.getByRole('dialog');
  await expect(details.getByText('Attempt 1 failed').first()).toBeVisible();
  await expect(details.getByText('source.unreachable')).toBeVisible();
  await expect(page).toHaveURL(/job=[0-9a-f-]{36}/);
  await keepPicture(page, 'job-details');
  await page.setViewportSize({ width: 390, height: 844 });
  await keepSize(page, 'phone-job-details');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(first).toBeFocused();

  open = true;
  await page.getByRole('radio', { name: 'All' }).click();
  await row.getByRole('button', { name: 'Retry' }).click();
  await expect(row.getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
  await page.getByText('Processes and schedules').click();
  await expect(page.getByText('runs jobs', { exact: true })).toBeVisible();
  await keepPicture(page, 'jobs-done');
});

test('questions are listed without their words', async ({ page }) => {
  await page.context().addCookies((await api.storageState()).cookies);
  const asked = await api.post('/api/query', {
    headers: { 'x-quarry-organization': slug },
    data: { dataSourceId: sourceId, question: 'how many pelicans are there?' },
  });
  expect([200, 422]).toContain(asked.status());
  await page.goto(`/${slug}/settings/jobs?kind=question`);
  const row = page
    .getByRole('list', { name: 'Jobs' })
    .getByRole('button', { name: /^Question/ })
    .first();
  await row.click();
  const details = page.getByRole('dialog');
  await expect(details.getByText('Understand').first()).toBeVisible();
  await expect(page.getByText('pelicans')).toHaveCount(0);
  await keepPicture(page, 'question-details');
});
