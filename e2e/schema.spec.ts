import { randomUUID } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import pg from 'pg';
import { readEnv } from '../lib/kernel/env';
import { signInAsOwner, withBuilderDatabase } from './installation';
import { keepPicture, keepSize } from './story';

/** The explorer of a source: tables, columns, rows, references, descriptions, versions and what a change breaks. [D10 D6 D7] */
test.describe.configure({ mode: 'serial' });

const database = `schema_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const headers = (slug: string) => ({ 'x-quarry-organization': slug });
let slug: string;
let id: string;

function serverUrl(name?: string): string {
  const url = new URL(readEnv('TEST_POSTGRES_URL') ?? 'missing TEST_POSTGRES_URL: run the browser tests through npm test');
  if (name) url.pathname = `/${name}`;
  return url.href;
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

const main = (page: Page) => page.getByRole('main');
const tables = (page: Page) => page.getByRole('region', { name: 'Tables', exact: true });

test.beforeAll(async ({ request }) => {
  slug = await signInAsOwner(request);
  await onServer(serverUrl(), `CREATE DATABASE ${database}`);
  await onServer(
    serverUrl(database),
    `CREATE TABLE customers (id int PRIMARY KEY, full_name text NOT NULL, email text UNIQUE, country text DEFAULT 'NO');
     CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text, total numeric(12,2));
     CREATE TABLE order_items (order_id int REFERENCES orders, line int, product_id int, quantity int, PRIMARY KEY (order_id, line));
     CREATE TABLE products (id int PRIMARY KEY, title text, price numeric(10,2));
     CREATE TABLE audit_log (at timestamptz, what text);
     CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 100;
     COMMENT ON COLUMN orders.status IS 'new, paid or sent';
     CREATE INDEX orders_by_status ON orders (status);
     INSERT INTO customers SELECT n, 'Person ' || n, 'p' || n || '@example.com' FROM generate_series(1, 40) n;
     INSERT INTO orders SELECT n, 1 + n % 40, 'paid', n FROM generate_series(1, 120) n; ANALYZE`,
  );
  const made = await request.post('/api/data-sources', {
    headers: headers(slug),
    data: { name: `Explored ${database}`, type: 'postgres', connection: { uri: serverUrl(database) } },
  });
  expect(made.status(), await made.text()).toBe(201);
  id = (await made.json()).id;
});

test.afterAll(async ({ request }) => {
  slug = await signInAsOwner(request);
  await request.delete(`/api/data-sources/${id}`, { headers: headers(slug) });
  await withBuilderDatabase((client) => client.query('DELETE FROM saved_questions WHERE "dataSourceId" = $1', [id]));
  await onServer(serverUrl(), `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
});

test.beforeEach(async ({ page }) => {
  await signInAsOwner(page.request);
});

test('tables are found by table, column and comment, and followed by their references', async ({ page }) => {
  await page.goto(`/${slug}/sources/${id}`);
  await expect(tables(page).getByRole('status')).toHaveText('6 tables');
  await page.getByLabel('Search tables and columns').fill('paid or sent');
  await expect(tables(page).getByRole('button')).toHaveCount(1);
  await page.getByLabel('Search tables and columns').fill('customer_id');
  await expect(tables(page).getByRole('status')).toHaveText('2 of 6 tables');
  await tables(page)
    .getByRole('button', { name: /^orders/ })
    .click();
  await expect(page).toHaveURL(/table=public.orders/);
  const columns = page.getByRole('region', { name: 'Columns' });
  await expect(columns.getByRole('row', { name: /total/ })).toContainText('numeric(12,2)');
  await expect(columns.getByRole('row', { name: /status/ })).toContainText('new, paid or sent');
  await expect(page.getByRole('region', { name: 'Indexes' })).toContainText('status');
  await expect(page.getByRole('region', { name: 'Referred to by' })).toContainText('order_items.order_id');
  await keepPicture(page, 'schema-table');
  await columns.getByRole('button', { name: 'Go to customers.id' }).click();
  await expect(page.getByRole('heading', { name: 'customers', level: 2 })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Keys' })).toContainText('email');
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'orders', level: 2 })).toBeVisible();
});

test('the first rows are shown, and an empty table says so', async ({ page }) => {
  await page.goto(`/${slug}/sources/${id}?table=public.customers`);
  await page.getByRole('radio', { name: 'First rows' }).click();
  const grid = page.getByRole('grid', { name: 'First rows of customers' });
  await expect(grid.getByText('p1@example.com')).toBeVisible();
  await expect(page.getByText('The first 20 rows')).toBeVisible();
  await keepPicture(page, 'schema-rows');
  await page.goto(`/${slug}/sources/${id}?table=public.audit_log`);
  await page.getByRole('radio', { name: 'First rows' }).click();
  await expect(page.getByText('The table is empty.')).toBeVisible();
});

test('a description is written by hand, kept, and given back', async ({ page }) => {
  await page.goto(`/${slug}/sources/${id}?table=public.products`);
  const detail = page.getByRole('region', { name: 'Table products' });
  await expect(detail.getByText(/one row per product/)).toBeVisible();
  await detail.getByRole('button', { name: 'Edit the description' }).click();
  await detail.getByLabel('Description of products').fill('What we sell, discontinued goods included');
  await keepPicture(page, 'schema-describe');
  await detail.getByRole('button', { name: 'Save' }).click();
  await expect(detail.getByText('What we sell, discontinued goods included')).toBeVisible();
  await page.reload();
  await expect(detail.getByText('What we sell, discontinued goods included')).toBeVisible();
  await detail.getByRole('button', { name: 'Edit the description' }).click();
  await detail.getByRole('button', { name: 'Use the built-in text' }).click();
  await expect(detail.getByText(/one row per product/)).toBeVisible();
});

test('the diagram shows the references, and the list says the same', async ({ page }) => {
  await page.goto(`/${slug}/sources/${id}?view=diagram`);
  await expect(page.getByText(/4 tables · 3 references · 2 tables without/)).toBeVisible();
  const picture = page.getByRole('application', { name: /Diagram of 4 tables/ });
  await keepPicture(page, 'schema-diagram');
  await picture.locator('[data-table="public.orders"]').click();
  await expect(page.getByText('refers to 1, referred to by 1')).toBeVisible();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'orders', level: 2 })).toBeVisible();
  await page.getByRole('button', { name: 'In the diagram' }).click();
  await expect(page.getByRole('button', { name: 'Around orders: show all tables' })).toBeVisible();
  await page.getByRole('radio', { name: 'List' }).click();
  await expect(main(page).getByRole('listitem').filter({ hasText: 'orders' }).first()).toContainText('refers by');
  await keepPicture(page, 'schema-references');
});

test('a dropped column makes a version that names what it breaks', async ({ page }) => {
  await page.goto(`/${slug}/sources/${id}?view=versions`);
  await expect(page.getByText('One version so far')).toBeVisible();
  await withBuilderDatabase(async (client) => {
    const { rows } = await client.query('SELECT "organizationId", "createdById" FROM data_sources WHERE id = $1', [id]);
    const save = (name: string, query: string) =>
      client.query(
        `INSERT INTO saved_questions (id, "organizationId", "dataSourceId", name, query, "createdById", "updatedAt")
         VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, now())`,
        [rows[0].organizationId, id, name, query, rows[0].createdById],
      );
    await save('Orders by status', 'SELECT status, count(*) FROM orders GROUP BY status');
    await save('Turnover', 'SELECT sum(total) FROM orders');
    await save('Customers', 'SELECT count(*) FROM customers');
  });
  await onServer(
    serverUrl(database),
    `DROP VIEW big_orders; ALTER TABLE orders DROP COLUMN status; ALTER TABLE orders ALTER COLUMN total TYPE double precision;
     CREATE TABLE shops (id int PRIMARY KEY)`,
  );
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Read the schema again' }).click();
  const breaks = page.getByRole('region', { name: 'This breaks 1 thing, and may break 1 more' });
  await expect(breaks.getByRole('listitem')).toHaveText([
    /Orders by status.*public\.orders\.status is gone.*Breaks/,
    /Turnover.*May break/,
  ]);
  await expect(page.getByRole('region', { name: 'Tables that are gone' })).toContainText('public.big_orders');
  await expect(page.getByRole('region', { name: 'New tables' })).toContainText('public.shops');
  await expect(page.getByRole('region', { name: '1 changed table' })).toContainText('double precision');
  await keepPicture(page, 'schema-versions');
});

test('everything has room on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/${slug}/sources/${id}`);
  await tables(page)
    .getByRole('button', { name: /^orders/ })
    .click();
  await expect(page.getByRole('heading', { name: 'orders', level: 2 })).toBeVisible();
  await keepPicture(page, 'phone-schema-table');
  await page.getByRole('button', { name: 'All tables' }).click();
  await expect(tables(page)).toBeVisible();
  await keepSize(page, 'phone-schema');
  for (const view of ['diagram', 'versions']) {
    await page.goto(`/${slug}/sources/${id}?view=${view}`);
    await expect(main(page).getByText(view === 'diagram' ? /3 references/ : /1 changed table/)).toBeVisible();
    await keepPicture(page, `phone-schema-${view}`);
  }
});
