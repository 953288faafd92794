import { expect, type Page, test } from '@playwright/test';
import * as story from './story';

/**
 * The first hour of an installation, as a person lives it: set up, ask, follow up, come back, look at the sources, sign out and in.
 * One story in order; every picture is kept beside the test's results, in light and dark, and meets WCAG 2.2 AA.
 */
test.describe.configure({ mode: 'serial' });

let page: Page;

const { owner, organization } = story;
const keepPicture = (name: string) => story.keepPicture(page, name);
const questionBox = () => story.questionBox(page);
const lastAnswer = () => story.lastAnswer(page);
const ask = (question: string) => story.ask(page, question);

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
});

test.afterAll(async () => {
  await page.context().close();
});

test('an empty installation leads to set-up, and says what is missing', async () => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/setup$/);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('A password needs at least 10 characters.')).toBeVisible();
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await keepPicture('set-up');
});

test('set-up makes the owner and opens Ask with the storefront', async () => {
  // By the keyboard alone, in the order of the form; the focus stands in the first field that is missing.
  await page.getByLabel('Your name').focus();
  for (const text of [owner.name, owner.email, owner.password]) {
    await page.keyboard.type(text);
    await page.keyboard.press('Tab');
  }
  await expect(page.getByRole('button', { name: 'Show' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.type(organization.name);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Add the sample databases')).toBeFocused();
  await expect(page.getByLabel('Add the sample databases')).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Create account' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/acme-outdoor\/ask$/, { timeout: 60_000 });
  await expect(page.getByRole('heading', { name: /Storefront/ })).toBeVisible();
  const suggestions = page.getByRole('region', { name: 'Suggested questions' }).getByRole('button');
  await expect(suggestions).toHaveCount(6, { timeout: 60_000 });
  await keepPicture('ask-empty');
});

test('a question gives figures, a chart, the rows and the query', async () => {
  await ask('How many customers are there for each country?');
  const answer = lastAnswer();
  await expect(answer.getByRole('img', { name: /bar chart/ }).locator('canvas')).toBeVisible();
  await expect(answer.getByText(/^\d+ rows/).last()).toBeVisible();
  await expect(page).toHaveURL(/\/ask\/[0-9a-f-]{36}$/);
  await keepPicture('answer-chart');

  await answer.getByRole('radio', { name: 'Table' }).click();
  const grid = answer.getByRole('grid', { name: 'Rows of the result' });
  await expect(grid.getByRole('columnheader', { name: 'country' })).toBeVisible();
  await expect(grid.getByRole('gridcell', { name: 'Germany' })).toBeVisible();
  await keepPicture('answer-table');

  await answer.getByRole('button', { name: 'How this answer was made' }).click();
  await expect(answer.getByText('Understand', { exact: false }).first()).toBeVisible();
  await answer.getByRole('button', { name: 'Why this query?' }).click();
  await expect(answer.getByRole('region', { name: 'Why this query' })).toContainText('Built-in planner');
  await keepPicture('why');
  for (const [name, ending] of [
    ['CSV', /\.csv$/],
    ['Excel (XLSX)', /\.xlsx$/],
  ] as const) {
    const download = page.waitForEvent('download');
    await answer.getByRole('button', { name: 'Download' }).click();
    await page.getByRole('menuitem', { name }).click();
    expect((await download).suggestedFilename()).toMatch(ending);
  }
});

test('the query can be edited and run, and a write is refused with a reason', async () => {
  const answer = lastAnswer();
  await answer.getByRole('button', { name: 'Edit and run' }).click();
  const editor = answer.getByRole('textbox', { name: 'Query' });
  await editor.fill('DELETE FROM orders');
  await editor.press('Control+Enter');
  await expect(answer.getByRole('alert')).toContainText(/read/i);
  await editor.fill("SELECT 9007199254740993 AS big, NULL AS nothing, '' AS empty, '<b>bold</b>' AS markup");
  await editor.press('Control+Enter');
  await expect(answer.getByRole('gridcell', { name: '9\u2009007\u2009199\u2009254\u2009740\u2009993' })).toBeVisible();
  await expect(answer.getByRole('gridcell', { name: 'null' })).toBeVisible();
  await expect(answer.getByRole('gridcell', { name: '<b>bold</b>' })).toBeVisible();
  await answer.getByRole('button', { name: 'Back to the answer' }).click();
  await expect(answer.getByRole('gridcell', { name: 'Germany' })).toBeVisible();
});

test('a follow-up goes on from the answer, and a reload keeps both', async () => {
  await ask('only Germany');
  await keepPicture('follow-up');
  await page.reload();
  await expect(page.getByRole('article')).toHaveCount(2);
  await expect(page.getByRole('article').first().getByRole('region', { name: 'Result' })).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Conversations' }).getByRole('link')).toHaveCount(1);
});

test('what the data does not hold is declined with questions that work', async () => {
  await questionBox().fill('What is the weather on the moon?');
  await questionBox().press('Enter');
  await expect(page.getByText('These would work:')).toBeVisible({ timeout: 60_000 });
  await keepPicture('declined');
});

test('conversations are found, renamed and left by the keyboard', async () => {
  const list = page.getByRole('complementary', { name: 'Conversations' });
  await list.getByRole('button', { name: /^Rename or delete/ }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('Title').fill('Where our customers live');
  await page.getByLabel('Title').press('Enter');
  await expect(list.getByRole('link', { name: /Where our customers live/ })).toBeVisible();
  await list.getByRole('searchbox').fill('no such thing');
  await expect(list.getByText('No conversation matches.')).toBeVisible();
  await list.getByRole('button', { name: 'Clear search' }).click();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Find or do anything' });
  await palette.getByRole('combobox').fill('Sources');
  await palette.getByRole('option', { name: 'Sources', exact: true }).click();
  await expect(page).toHaveURL(/\/sources$/);
});

test('the sources are there with their schema, and a wrong password says so and saves nothing', async () => {
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(4);
  await keepPicture('sources');
  await page.getByRole('main').getByRole('link', { name: 'Storefront (PostgreSQL)', exact: true }).click();
  await page
    .getByRole('main')
    .getByRole('button', { name: /^orders/ })
    .click();
  await expect(page.getByRole('cell', { name: 'customers.id' })).toBeVisible();
  await keepPicture('schema');
  await page.getByRole('link', { name: 'Connect a source' }).click();
  await page.getByRole('textbox', { name: 'Connection string' }).fill('postgres://nobody:wrong@127.0.0.1:1/none');
  await page.getByRole('button', { name: 'Test' }).click();
  await expect(page.getByText('Nothing was saved.')).toBeVisible({ timeout: 30_000 });
  await keepPicture('connect-refused');
});

test('a token is shown once', async () => {
  await page.goto('/acme-outdoor/settings/tokens');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Nightly report');
  await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByText(/^qry_[\w-]{40,}$/)).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Nightly report')).toBeVisible();
  await expect(page.getByText(/^qry_[\w-]{40,}$/)).toHaveCount(0);
  await keepPicture('tokens');
});

test('on a phone everything is in reach', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/acme-outdoor/ask');
  await expect(page.getByRole('heading', { name: /Storefront/ })).toBeVisible();
  await keepPicture('phone-ask');
  await page.getByRole('button', { name: 'Show conversations' }).click();
  await page
    .getByRole('dialog')
    .getByRole('link', { name: /Where our customers live/ })
    .click();
  await expect(page.getByRole('article').first()).toBeVisible();
  await keepPicture('phone-answer');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('signed out, the pages are closed; signed in again, everything is as it was', async () => {
  await page.goto('/acme-outdoor/ask');
  await page.getByRole('button', { name: /account and theme/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto('/acme-outdoor/settings/tokens');
  await expect(page).toHaveURL(/\/sign-in\?from=%2Facme-outdoor%2Fsettings%2Ftokens$/);
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'not right' })).toBeVisible();
  await keepPicture('sign-in');
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/settings\/tokens$/);
  await page.goto('/');
  await expect(page).toHaveURL(/\/acme-outdoor\/ask$/);
  await expect(page.getByRole('link', { name: /Where our customers live/ })).toBeVisible();
});
