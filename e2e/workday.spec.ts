import { expect, type Page, test } from '@playwright/test';
import { startModelServer } from '../lib/testing/model-server';
import { ask, keepPicture, keepSize, lastAnswer, organization, owner, questionBox, signIn } from './story';

/**
 * A day of work on an installation that is set up: by the keyboard alone, with a model that asks back, errs, dawdles and fails, with
 * a session that ends, wide results, long names, and two organisations.
 */
test.describe.configure({ mode: 'serial' });

let page: Page;
const ASK = `/${organization.slug}/ask`;

/** A request with the session of the page, as the page makes it. */
async function api(method: string, path: string, data?: unknown): Promise<{ id: string } & Record<string, unknown>> {
  const response = await page.request.fetch(path, {
    method,
    headers: { 'x-quarry-organization': organization.slug },
    ...(data === undefined ? {} : { data }),
  });
  expect(response.ok(), `${method} ${path}: ${response.status()}`).toBe(true);
  return response.status() === 204 ? { id: '' } : response.json();
}

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
  const { email, password, name } = owner;
  // Already there when the journey ran before.
  await page.request.post('/api/setup', { data: { email, password, name, organization: organization.name, samples: true } });
  await page.goto('/sign-in');
  await signIn(page);
  await expect(page).toHaveURL(new RegExp(`${ASK}$`));
});

test.afterAll(async () => {
  await page.context().close();
});

/** The element that has the focus shows it: an outline, or the box around the question in the accent's colour. */
async function expectVisibleFocus(): Promise<void> {
  const shown = await page.evaluate(() => {
    const node = document.activeElement;
    if (!node || node === document.body) return 'nothing has the focus';
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) return true;
    // The separator draws a line in the middle of its handle.
    const { backgroundColor } = getComputedStyle(node, '::after');
    if (node.matches('[role="separator"]') && backgroundColor !== 'rgba(0, 0, 0, 0)') return true;
    // The question's box takes the accent's colour around the text.
    return node.matches('textarea') || node.outerHTML.slice(0, 200);
  });
  expect(shown).toBe(true);
}

/** Presses a key until an element has the focus; fails when it never comes. */
async function walkTo(target: ReturnType<Page['locator']>, key = 'Tab', steps = 60): Promise<void> {
  await expect(target).toBeVisible();
  for (let step = 0; step < steps; step += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press(key);
    await expectVisibleFocus();
  }
  throw new Error(`${key} does not reach ${target}`);
}

test('everything can be done by the keyboard, with the focus in sight', async () => {
  await page.goto(ASK);
  const suggestions = page.getByRole('region', { name: 'Suggested questions' }).getByRole('button');
  await expect(suggestions).toHaveCount(6, { timeout: 60_000 });
  await walkTo(page.getByRole('link', { name: 'Skip to the work' }));
  await walkTo(questionBox(page));
  await walkTo(suggestions.first());
  await page.keyboard.press('ArrowDown');
  await expect(suggestions.nth(1)).toBeFocused();
  await walkTo(questionBox(page), 'Shift+Tab');
  await page.keyboard.type('How many orders are there per status?');
  await page.keyboard.press('Enter');
  await expect(lastAnswer(page).getByRole('region', { name: 'Result' })).toBeVisible({ timeout: 60_000 });
  await expect(questionBox(page)).toBeFocused();
  await page.keyboard.type('only web');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article')).toHaveCount(2);
  await expect(page.getByRole('article', { name: 'only web' }).getByRole('button', { name: /How this answer/ })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(questionBox(page)).toHaveValue('only web');
  await page.keyboard.press('ArrowDown');

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Find or do anything' });
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await expect(questionBox(page)).toBeFocused();

  const list = page.getByRole('complementary', { name: 'Conversations' });
  const more = list.getByRole('button', { name: /^Rename or delete/ }).first();
  await more.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Rename conversation' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(more).toBeFocused();

  await walkTo(page.getByRole('navigation').getByRole('link', { name: 'Sources' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/sources$/);
  const sources = page.getByRole('complementary', { name: 'Sources' }).locator('[data-item]');
  await sources.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(sources.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/sources\/[0-9a-f-]{36}$/);
});

test.describe('with a model', () => {
  let model: Awaited<ReturnType<typeof startModelServer>>;
  let provider: string;
  const reply = (value: object) => ({ kind: 'text', text: JSON.stringify(value) }) as const;

  test.beforeAll(async () => {
    model = await startModelServer([
      reply({
        clarify: {
          question: 'Which status do you mean by open?',
          choices: ['Orders that are pending', 'Orders that are shipped'],
        },
      }),
      reply({
        sql: "SELECT COUNT(*) AS orders FROM orders WHERE status = 'pending'",
        explanation: 'Number of pending orders',
        assumptions: ['Open means pending.'],
      }),
      reply({ sql: 'SELECT countri, COUNT(*) AS n FROM customers GROUP BY countri', explanation: 'Customers per country' }),
      reply({ sql: 'SELECT country, COUNT(*) AS n FROM customers GROUP BY country', explanation: 'Customers per country' }),
      { kind: 'silent' },
    ]);
    provider = (
      await api('POST', '/api/model-providers', {
        name: 'Scripted',
        kind: 'vllm',
        baseUrl: model.baseUrl,
        models: { balanced: 'scripted-1' },
      })
    ).id;
  });

  test.afterAll(async () => {
    if (provider) await api('DELETE', `/api/model-providers/${provider}`);
    await model.close();
  });

  test('the page names who answers, and a question that can be read in two ways is asked back', async () => {
    await page.goto(ASK);
    await expect(page.getByRole('link', { name: 'Answered by Scripted. Change' })).toBeVisible();
    await questionBox(page).fill('How many open orders are there?');
    await questionBox(page).press('Enter');
    const choice = page.getByRole('button', { name: 'Orders that are pending' });
    await expect(choice).toBeVisible({ timeout: 30_000 });
    await keepPicture(page, 'clarify');
    await choice.click();
    const answer = lastAnswer(page);
    await expect(answer.getByRole('region', { name: 'Result' })).toBeVisible({ timeout: 30_000 });
    await expect(answer.getByText('Open means pending.')).toBeVisible();
    await expect(choice).toBeDisabled();
  });

  test('a query that fails is mended, and the answer says how', async () => {
    await ask(page, 'How many customers does each country have?');
    const answer = lastAnswer(page);
    await answer.getByRole('button', { name: 'Why this query?' }).click();
    const why = answer.getByRole('region', { name: 'Why this query' });
    await expect(why).toContainText('Scripted · scripted-1');
    await expect(why.getByRole('heading', { name: 'Attempt 2' })).toBeVisible();
    await expect(why).toContainText('countri');
    await keepPicture(page, 'attempts');
  });

  test('a slow answer says what it does and can be stopped', async () => {
    await questionBox(page).fill('How many products are there?');
    await questionBox(page).press('Enter');
    const answer = lastAnswer(page);
    await expect(answer.getByText(/It takes longer than most/)).toBeVisible({ timeout: 20_000 });
    await keepPicture(page, 'slow');
    await answer.getByRole('button', { name: 'Stop' }).click();
    await expect(answer.getByText('Stopped before the answer came.')).toBeVisible();
  });

  test('a model that fails says so, and what to do', async () => {
    model.script.splice(0, model.script.length, { kind: 'status', status: 401 });
    await questionBox(page).fill('How many payments are there?');
    await questionBox(page).press('Enter');
    await expect(lastAnswer(page).getByRole('alert')).toContainText(/key/i, { timeout: 30_000 });
    await expect(lastAnswer(page).getByRole('button', { name: 'Try again' })).toBeVisible();
    await expect(lastAnswer(page).getByRole('link', { name: 'Open Models' })).toBeVisible();
    await keepPicture(page, 'error');
  });
});

test('an answer from the cache says its age and can be made afresh', async () => {
  await page.goto(ASK);
  await ask(page, 'How many returns are there per reason?');
  await page.goto(ASK);
  await ask(page, 'How many returns are there per reason?');
  await expect(lastAnswer(page).getByText(/From the cache/)).toBeVisible();
  await lastAnswer(page).getByRole('button', { name: 'Run fresh' }).click();
  await expect(page.getByRole('article')).toHaveCount(2);
  await expect(lastAnswer(page).getByRole('region', { name: 'Result' })).toBeVisible();
  await expect(lastAnswer(page).getByText(/From the cache/)).toHaveCount(0);
});

test('a session that ends in the middle of work loses nothing', async () => {
  const here = page.url();
  const question = 'How many customers are there in Germany?';
  await questionBox(page).fill(question);
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await questionBox(page).press('Enter');
  await expect(page).toHaveURL(/\/sign-in\?from=.*ended=1/);
  await expect(page.getByText('Your session ended.')).toBeVisible();
  await keepPicture(page, 'session-ended');
  expect(cookies.length).toBeGreaterThan(0);
  await signIn(page);
  await expect(page).toHaveURL(here);
  await expect(questionBox(page)).toHaveValue(question);
  await questionBox(page).press('Enter');
  await expect(page.getByRole('article', { name: question }).getByRole('region', { name: 'Result' })).toBeVisible();
});

test('sixty columns, five hundred rows and very long names stay in their place', async () => {
  const answer = lastAnswer(page);
  await answer.getByRole('button', { name: 'Edit and run' }).click();
  const columns = Array.from({ length: 60 }, (_, i) =>
    i % 3 === 0
      ? `repeat('Long text ${i} ', 30) AS a_column_with_a_name_that_is_much_longer_than_its_values_${i}`
      : `i * ${i} AS n${i}`,
  );
  await answer.getByRole('textbox', { name: 'Query' }).fill(`SELECT ${columns.join(', ')} FROM generate_series(1, 500) AS i`);
  await answer.getByRole('textbox', { name: 'Query' }).press('Control+Enter');
  const grid = answer.getByRole('grid', { name: 'Rows of the result' });
  await expect(grid).toHaveAttribute('aria-colcount', '61');
  await expect(grid).toHaveAttribute('aria-rowcount', '501');
  await grid.focus();
  await page.keyboard.press('Control+End');
  await expect(grid.getByRole('gridcell', { name: formatted(500 * 59), exact: true })).toBeVisible();
  await answer.getByRole('button', { name: 'Close' }).click();
  await expect(answer.getByRole('button', { name: 'Back to the answer' })).toBeVisible();

  const conversation = page.url().split('/').at(-1);
  const title = 'A conversation with a title so long that no list of any width could ever show it in one line, '.repeat(2).trim();
  await api('PATCH', `/api/conversations/${conversation}`, { title });
  const long = Array.from({ length: 40 }, (_, i) => (i === 0 ? 'customers' : `word${i}`)).join(' ');
  await questionBox(page).fill(long);
  await questionBox(page).press('Enter');
  await expect(page.getByRole('article', { name: long }).getByRole('button', { name: /How this answer/ })).toBeVisible();
  await keepPicture(page, 'long-1440');
  for (const [width, height] of [
    [1024, 768],
    [768, 1024],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    await keepSize(page, `long-${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('a source with a very long name stays in its card', async () => {
  await page.goto(`/${organization.slug}/sources`);
  const link = page.getByRole('main').getByRole('link', { name: 'Network (SQLite)', exact: true });
  const id = (await link.getAttribute('href'))?.split('/').at(-1);
  const name = 'Customer orders and returns of the European storefront, replicated every hour (PostgreSQL 18)';
  await api('PATCH', `/api/data-sources/${id}`, { name });
  for (const width of [1440, 1024, 768, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`/${organization.slug}/sources`);
    await expect(page.getByRole('main').getByRole('link', { name, exact: true })).toBeVisible();
    await keepSize(page, `long-source-${width}`);
    await page.goto(`${ASK}?source=${id}`);
    await expect(page.getByRole('heading', { name: /replicated every hour/ })).toBeVisible();
    await keepSize(page, `long-source-ask-${width}`);
  }
  await api('PATCH', `/api/data-sources/${id}`, { name: 'Network (SQLite)' });
  await page.setViewportSize({ width: 1440, height: 900 });
});

const formatted = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');

test('a second organisation starts empty, and one click leads there and back', async () => {
  const name = 'Northern Lights Research Collective of the Universities of the North and the Baltic States';
  await api('POST', '/api/organizations', { name });
  await page.goto(ASK);
  const open = (from: string) => page.getByRole('button', { name: `Organisation ${from}. Switch` }).click();
  await open(organization.name);
  await page.getByRole('menuitemradio', { name }).click();
  await expect(page.getByText('Connect a database to ask it')).toBeVisible();
  await expect(page.getByText('Your questions are kept here, with their answers.')).toBeVisible();
  await keepPicture(page, 'no-sources');
  await open(name);
  await page.getByRole('menuitemradio', { name: organization.name }).click();
  await expect(page).toHaveURL(new RegExp(`${ASK}$`));
  await expect(page.getByRole('heading', { name: /Storefront/ })).toBeVisible();
});
