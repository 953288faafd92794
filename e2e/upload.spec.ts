import { expect, test } from '@playwright/test';
import { signInAsOwner } from './installation';
import { keepPicture } from './story';

/** Files become a source: chosen with the keyboard, looked at, tested, connected, and removed again. */
test('CSV files become a source, and what is no database is refused', async ({ page }) => {
  const slug = await signInAsOwner(page.request);
  await page.goto(`/${slug}/sources/new`);
  await page.getByRole('radio', { name: /A file/ }).check({ force: true });
  const drop = page.getByRole('region', { name: 'Files to upload' });
  const choose = async (...files: { name: string; text: string }[]) => {
    const chooser = page.waitForEvent('filechooser');
    await drop.getByRole('button', { name: 'Choose files' }).focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(files.map(({ name, text }) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })));
  };
  await choose({ name: 'shop.sqlite', text: 'not a database' });
  await expect(page.getByText('shop.sqlite is not a SQLite database')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Connect', exact: true })).toBeDisabled();
  await keepPicture(page, 'upload-refused');

  await choose(
    { name: 'boats.csv', text: 'boat_id,name,built\n1,Nina,1999-04-01\n2,Ida,2004-09-13\n' },
    { name: 'trips.csv', text: 'trip_id;boat_id;guests\n1;1;4\n2;1;6\n3;2\n' },
  );
  const found = page.getByRole('region', { name: 'Tables found' });
  await expect(found.getByRole('listitem').filter({ hasText: 'boats' }).first()).toContainText('2 rows');
  await expect(found.getByText(/Line 4 does not have 3 fields/)).toBeVisible();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('2 tables visible')).toBeVisible();
  await keepPicture(page, 'upload');
  await page.setViewportSize({ width: 390, height: 844 });
  await keepPicture(page, 'phone-upload');
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page).toHaveURL(/\/sources\/[0-9a-f-]{36}\/tables\?step$/, { timeout: 30_000 });
  await expect(page.getByRole('checkbox', { name: /trips/ })).toBeChecked();
  await keepPicture(page, 'choose-tables');
  await page.getByRole('button', { name: 'Start asking' }).click();
  await expect(page).toHaveURL(/\/ask\?source=[0-9a-f-]{36}$/);
  await expect(page.getByRole('region', { name: 'Suggested questions' }).getByRole('button').first()).toBeVisible({
    timeout: 30_000,
  });
  const id = new URL(page.url()).searchParams.get('source');
  const headers = { 'x-quarry-organization': slug };
  expect((await page.request.delete(`/api/data-sources/${id}`, { headers })).status()).toBe(204);
});
