import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { newId } from '../kernel/ids';
import { readMasterKey } from '../kernel/vault';
import { createVault, type Database, type MasterKeys, migrate, openDatabase } from '.';
import { createScratchDatabase, type ScratchDatabase } from './scratch';

const newMasterKey = () => readMasterKey(randomBytes(32).toString('base64'));
const CANARY = `canary-${newId()}`;
const PLACE = 'source:1/credential:1';

let scratch: ScratchDatabase;
let database: Database;
const kek = newMasterKey();

const vaultWith = (keys: MasterKeys) => createVault(database.tenantDb, () => keys);
const newOrganization = async () => (await database.systemDb().organization.create({ data: { slug: newId(), name: 'x' } })).id;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  await migrate({ url: scratch.url });
  database = openDatabase(scratch.url);
});

afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

describe('the vault', () => {
  it('opens what it sealed, in another process too', async () => {
    const organization = await newOrganization();
    const secret = await vaultWith([kek]).seal(organization, PLACE, CANARY);
    expect(await vaultWith([kek]).open(organization, PLACE, secret)).toBe(CANARY);
  });

  it('makes one key per organisation, however many first uses there are', async () => {
    const organization = await newOrganization();
    const secrets = await Promise.all(
      Array.from({ length: 12 }, (_, at) => vaultWith([kek]).seal(organization, PLACE, `${CANARY} ${at}`)),
    );
    expect(new Set(secrets.map(({ keyId }) => keyId)).size).toBe(1);
    expect(await database.systemDb().organizationKey.count({ where: { organizationId: organization } })).toBe(1);
    const opened = await Promise.all(secrets.map((secret) => vaultWith([kek]).open(organization, PLACE, secret)));
    expect(opened).toEqual(secrets.map((_, at) => `${CANARY} ${at}`));
  });

  it('refuses a secret from another row, another organisation, or altered', async () => {
    const [first, second] = [await newOrganization(), await newOrganization()];
    const vault = vaultWith([kek]);
    const secret = await vault.seal(first, PLACE, CANARY);
    const foreign = await vault.seal(second, PLACE, CANARY);
    const CORRUPT = { code: 'vault.corrupt' };
    await expect(vault.open(first, 'source:1/credential:2', secret)).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(second, PLACE, secret)).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(first, PLACE, foreign)).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(first, PLACE, { ...secret, sealed: foreign.sealed })).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(first, PLACE, { ...secret, keyId: foreign.keyId })).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(first, PLACE, { ...secret, keyId: 'not a key' })).rejects.toMatchObject(CORRUPT);
    await expect(vault.open(first, PLACE, { ...secret, sealed: `${secret.sealed.slice(0, -2)}AA` })).rejects.toMatchObject(
      CORRUPT,
    );
  });

  it('refuses a key that was copied from another organisation', async () => {
    const [first, second] = [await newOrganization(), await newOrganization()];
    const secret = await vaultWith([kek]).seal(first, PLACE, CANARY);
    await vaultWith([kek]).seal(second, PLACE, CANARY);
    const stolen = await database.systemDb().organizationKey.findFirstOrThrow({ where: { organizationId: second } });
    await database.systemDb().organizationKey.update({ where: { id: secret.keyId }, data: { wrappedKey: stolen.wrappedKey } });
    await expect(vaultWith([kek]).open(first, PLACE, secret)).rejects.toMatchObject({ code: 'vault.corrupt' });
  });

  it('says that the master key is missing when it is, and when it is another one', async () => {
    const organization = await newOrganization();
    const secret = await vaultWith([kek]).seal(organization, PLACE, CANARY);
    await expect(vaultWith([newMasterKey()]).open(organization, PLACE, secret)).rejects.toMatchObject({
      code: 'vault.key_missing',
    });
    await expect(vaultWith([]).seal(await newOrganization(), PLACE, CANARY)).rejects.toMatchObject({ code: 'vault.key_missing' });
  });

  it('goes on opening old secrets when a new master key comes first', async () => {
    const organization = await newOrganization();
    const secret = await vaultWith([kek]).seal(organization, PLACE, CANARY);
    const rotated = [newMasterKey(), kek];
    expect(await vaultWith(rotated).open(organization, PLACE, secret)).toBe(CANARY);
    expect((await vaultWith(rotated).seal(organization, PLACE, CANARY)).keyId).toBe(secret.keyId);
  });

  it('leaves neither the secret nor a key in any table', async () => {
    const organization = await newOrganization();
    const environment = await database.tenantDb(organization).environment.create({
      data: { slug: 'dev', name: 'Dev', kind: 'development', position: 0 },
    });
    const secret = await vaultWith([kek]).seal(organization, PLACE, CANARY);
    await database.tenantDb(organization).dataSource.create({
      data: {
        environmentId: environment.id,
        name: 'x',
        type: 'x',
        summary: {},
        credentials: { create: { version: 1, ...secret } },
      },
    });
    const dump = await dumpAsText(scratch.url);
    expect(dump).toContain(secret.sealed);
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')]) {
      expect(dump).not.toContain(form);
    }
    for (const form of ['base64', 'base64url', 'hex'] as const) expect(dump).not.toContain(kek.bytes.toString(form));
  });
});

/** Every row of every table as text. */
async function dumpAsText(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const parts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
      parts.push(...rows.map(({ line }) => line));
    }
    return parts.join('\n');
  } finally {
    await client.end();
  }
}
