import { randomBytes } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import { MongoClient } from 'mongodb';
import { createConnection } from 'mysql2/promise';
import { readEnv } from '../lib/kernel/env';
import { signInAsOwner } from './installation';
import { ask, keepPicture, keepSize, lastAnswer } from './story';

/**
 * Onboarding of the engines that the samples don't bring: paste an address, test, connect, choose tables, ask a first question, change the
 * password, and remove. PostgreSQL and SQLite are in the journey and the upload. [A5 A12 A13]
 */
test.describe.configure({ mode: 'serial' });

const mark = randomBytes(4).toString('hex');
const database = `e2e_${mark}`;

function serverUrl(name: string): URL {
  const url = readEnv(name);
  if (!url) throw new Error(`${name} is not set: run the browser tests through \`npm test -- e2e\`.`);
  return new URL(url);
}

const BOATS = [
  { id: 1, name: 'Nina', built: 1999 },
  { id: 2, name: 'Ida', built: 2004 },
  { id: 3, name: 'Otto', built: 2004 },
];

async function connectByAddress(page: Page, slug: string, uri: string, name: string): Promise<string> {
  await page.goto(`/${slug}/sources/new`);
  await page.getByLabel('Connection string').fill(uri);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText(/^\d+ tables? visible/)).toBeVisible({ timeout: 30_000 });
  await keepPicture(page, `test-${name.replaceAll(' ', '-').slice(0, -9)}`);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page).toHaveURL(/\/tables\?step$/, { timeout: 30_000 });
  return new URL(page.url()).pathname.split('/').at(-2) ?? '';
}

/** The rest of the way, the same for every engine. */
async function firstQuestion(page: Page, name: string): Promise<void> {
  await page.getByRole('checkbox', { name: /engine_logs/ }).uncheck();
  await expect(page.getByText('1 of 2 tables')).toBeVisible();
  await keepPicture(page, `tables-${name}`);
  await page.setViewportSize({ width: 390, height: 844 });
  await keepSize(page, `phone-tables-${name}`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Start asking' }).click();
  const suggestions = page.getByRole('region', { name: 'Suggested questions' }).getByRole('button');
  await expect(suggestions.first()).toBeVisible({ timeout: 30_000 });
  for (const text of await suggestions.allTextContents()) expect(text.toLowerCase()).not.toContain('log');
  await ask(page, 'How many boats are there?');
  await expect(lastAnswer(page).getByText('3', { exact: true }).first()).toBeVisible();
  await keepPicture(page, `answer-${name}`);
}

async function changeThenRemove(page: Page, slug: string, id: string, name: string): Promise<void> {
  await page.goto(`/${slug}/sources/${id}/settings`);
  const connection = page.getByRole('form', { name: 'Connection', exact: true });
  await expect(connection.getByRole('button', { name: 'Save' })).toBeDisabled();
  await connection.getByLabel('Password', { exact: true }).fill('surely wrong');
  await connection.getByRole('button', { name: 'Save' }).click();
  await expect(connection.getByText('Nothing was saved.')).toBeVisible({ timeout: 30_000 });
  await keepPicture(page, `settings-${name}`);
  await page.goto(`/${slug}/sources/${id}`);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page).toHaveURL(new RegExp(`/${slug}/sources$`));
}

test('MariaDB: from an address to a first answer', async ({ page }) => {
  const server = serverUrl('TEST_MYSQL_URL');
  const admin = await createConnection({ uri: server.href, multipleStatements: true });
  const login = `boats_${mark}`;
  await admin.query(`
    CREATE DATABASE ${database};
    CREATE USER '${login}'@'%' IDENTIFIED BY 'pass-${mark}';
    GRANT SELECT ON ${database}.* TO '${login}'@'%';
    CREATE TABLE ${database}.boats (id int PRIMARY KEY, name varchar(50), built int);
    CREATE TABLE ${database}.engine_logs (id int PRIMARY KEY, line text);
    INSERT INTO ${database}.boats VALUES ${BOATS.map(({ id, name, built }) => `(${id}, '${name}', ${built})`).join(', ')}`);
  try {
    const slug = await signInAsOwner(page.request);
    const name = `Boats in MariaDB ${mark}`;
    const uri = `mysql://${login}:pass-${mark}@${server.host}/${database}`;
    const id = await connectByAddress(page, slug, uri, name);
    await firstQuestion(page, 'mariadb');
    await changeThenRemove(page, slug, id, 'mariadb');
  } finally {
    await admin.query(`DROP DATABASE ${database}; DROP USER '${login}'@'%'`);
    await admin.end();
  }
});

test('MongoDB: from an address to a first answer', async ({ page }) => {
  const server = serverUrl('TEST_MONGODB_URL');
  const client = await new MongoClient(server.href).connect();
  await client.db(database).collection('boats').insertMany(BOATS);
  await client.db(database).collection('engine_logs').insertOne({ line: 'on' });
  try {
    const slug = await signInAsOwner(page.request);
    const name = `Boats in MongoDB ${mark}`;
    const url = new URL(server.href);
    url.pathname = `/${database}`;
    const id = await connectByAddress(page, slug, url.href, name);
    await firstQuestion(page, 'mongodb');
    await changeThenRemove(page, slug, id, 'mongodb');
  } finally {
    await client.db(database).dropDatabase();
    await client.close();
  }
});
