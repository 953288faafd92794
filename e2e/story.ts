import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

/** The person and the organisation that the browser tests are about. */
export const owner = { name: 'Ada Lovelace', email: 'ada@example.com', password: 'correct horse battery staple' };
export const organization = { name: 'Acme Outdoor', slug: 'acme-outdoor' };

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Fails when a rule of WCAG 2.2 AA is broken on the page as it is now. */
async function checkAccessibility(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect(found, `accessibility of ${name}`).toEqual([]);
}

/** Fails when the page is wider than the screen. */
async function checkWidth(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBe(0);
  // Lists and pages that scroll down must not scroll sideways; only grids and code may.
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('main .overflow-y-auto, aside .overflow-y-auto')]
      .filter((node) => node.scrollWidth > node.clientWidth)
      .map((node) => node.className),
  );
  expect(wide).toEqual([]);
}

/** Keeps a picture of the page as it is, and checks its width. For sizes of a page whose accessibility is checked at one of them. */
export async function keepSize(page: Page, name: string): Promise<void> {
  const file = test.info().outputPath(`${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
  await test.info().attach(name, { path: file, contentType: 'image/png' });
  await checkWidth(page);
}

/** Looks at the page in both themes: keeps a picture, and checks its accessibility and its width. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // The chart is drawn again in the other theme's colours: two frames, then it stands.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const file = test.info().outputPath(`${name}-${colorScheme}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    await test.info().attach(`${name}-${colorScheme}`, { path: file, contentType: 'image/png' });
    await checkAccessibility(page, `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await checkWidth(page);
}

export const questionBox = (page: Page) => page.getByRole('textbox', { name: 'Question' });
export const lastAnswer = (page: Page) => page.getByRole('article').last();

/** Asks and waits for the rows. */
export async function ask(page: Page, question: string): Promise<void> {
  await questionBox(page).fill(question);
  await questionBox(page).press('Enter');
  const answer = page.getByRole('article', { name: question }).last();
  await expect(answer.getByRole('region', { name: 'Result' })).toBeVisible({ timeout: 60_000 });
}

export async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
