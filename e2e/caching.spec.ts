import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { signInAsOwner } from './installation';

/** [F4] What is reused, chosen in the page: for the organisation and for one source. */
test.describe.configure({ mode: 'serial' });

let page: Page;
let slug: string;
let source: { id: string };

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
  slug = await signInAsOwner(page.request);
  const listed = await (await page.request.get('/api/data-sources', { headers: { 'x-quarry-organization': slug } })).json();
  source = listed.dataSources[0];
});
test.afterAll(() => page.context().close());

/** The cache state of a query that nobody else asks. */
async function state(): Promise<string> {
  const response = await page.request.post('/api/execute-query', {
    headers: { 'x-quarry-organization': slug },
    data: { dataSourceId: source.id, query: 'SELECT 4711 AS caching' },
  });
  expect(response.status()).toBe(200);
  return (await response.json()).cache.state;
}
const results = () => page.getByRole('checkbox', { name: 'Results of queries' });
const save = async () => {
  const form = page.getByRole('form', { name: 'Caching' });
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Caching saved').last()).toBeVisible();
  await expect(form.getByRole('button', { name: 'Save' })).toBeDisabled();
};

test('the organisation turns reuse off and on, and clears what is kept', async () => {
  await page.goto(`/${slug}/settings/caching`);
  await state();
  expect(await state()).toBe('hit');
  await results().uncheck();
  await save();
  expect(await state()).toBe('bypass');
  await page.reload();
  await expect(results()).not.toBeChecked();
  await results().check();
  await save();
  expect([await state(), await state()]).toEqual(['miss', 'hit']);
  await page.getByRole('button', { name: 'Clear caches' }).click();
  await expect(page.getByText('Caches cleared')).toBeVisible();
  expect(await state()).toBe('miss');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});

test('a source chooses its own time, and says when the organisation has turned it off', async () => {
  await page.goto(`/${slug}/sources/${source.id}/settings`);
  const seconds = page.getByRole('textbox', { name: 'Results of queries: reused for, in seconds' });
  await seconds.fill('soon');
  await expect(page.getByText('Give whole seconds')).toBeVisible();
  await seconds.fill('60');
  await save();
  await page.reload();
  await expect(seconds).toHaveValue('60');
  await page.getByRole('form', { name: 'Caching' }).getByRole('button', { name: 'Clear cache' }).click();
  await expect(page.getByText('Cache cleared')).toBeVisible();
  expect(await state()).toBe('miss');
  await seconds.fill('');
  await save();
  const settings = (cache: object) =>
    page.request.put('/api/organizations/settings', { headers: { 'x-quarry-organization': slug }, data: { cache } });
  expect((await settings({ query: { enabled: false } })).status()).toBe(200);
  await page.reload();
  await expect(results()).toBeDisabled();
  await expect(page.getByText('Turned off for the organisation.')).toBeVisible();
  await settings({});
});
