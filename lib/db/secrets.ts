import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { QuarryError } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import { quarryHome } from '../kernel/paths';
import { settings } from '../kernel/settings';
import { newVaultKey, open, readMasterKey, seal, unwrapKey, type VaultKey, wrapKey } from '../kernel/vault';
import { Prisma } from './generated/client';
import type { TenantDb } from './tenant-client';

export interface SealedSecret {
  /** The organisation's data key that sealed it. */
  keyId: string;
  sealed: string;
}

/** Key-encryption keys: the first is used for new keys, the others still open what they wrapped. */
export type MasterKeys = readonly VaultKey[];

/** The envelope: secrets are sealed with a key of their organisation, which is stored wrapped by a key-encryption key. */
export interface Vault {
  seal(organizationId: string, binding: string, plaintext: string): Promise<SealedSecret>;
  open(organizationId: string, binding: string, secret: SealedSecret): Promise<string>;
}

const SecretsFile = z.object({ masterKey: z.string().optional(), masterKeys: z.record(z.string(), z.string()).optional() });

/**
 * The installation's key-encryption keys: QUARRY_MASTER_KEY, then masterKey and masterKeys of $QUARRY_HOME/secrets.json.
 * @throws QuarryError vault.key_missing when there is none
 */
export function readMasterKeys(): MasterKeys {
  const file = path.join(quarryHome(), 'secrets.json');
  const kept = existsSync(file) ? SecretsFile.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const texts = [settings().masterKey, kept.masterKey, ...Object.values(kept.masterKeys ?? {})].filter(
    (text) => text !== undefined,
  );
  const keys = new Map(texts.map((text) => readMasterKey(text)).map((key) => [key.id, key]));
  if (keys.size === 0) throw keyMissing();
  return [...keys.values()];
}

const CACHED_KEYS = 1000;

/**
 * @param tenantDb the builder database as one organisation sees it
 * @param masterKeys the first wraps new data keys
 */
export function createVault(tenantDb: (organizationId: string) => TenantDb, masterKeys: () => MasterKeys): Vault {
  const cache = new Map<string, VaultKey>();

  const unwrap = (organizationId: string, row: { id: string; kekId: string; wrappedKey: string }): VaultKey => {
    const kek = masterKeys().find((key) => key.id === row.kekId);
    if (!kek) throw keyMissing();
    const key = unwrapKey(kek, `organization:${organizationId}`, row.id, row.wrappedKey);
    if (cache.size >= CACHED_KEYS) cache.delete(cache.keys().next().value ?? '');
    cache.set(`${organizationId}/${key.id}`, key);
    return key;
  };

  /** The organisation's key for new secrets, made on first use. Two first uses at once agree on one (unique index). */
  const currentKey = async (organizationId: string): Promise<VaultKey> => {
    const db = tenantDb(organizationId);
    const row = await db.organizationKey.findFirst({ where: { retiredAt: null } });
    if (row) return cache.get(`${organizationId}/${row.id}`) ?? unwrap(organizationId, row);
    const [kek] = masterKeys();
    if (!kek) throw keyMissing();
    const id = newId();
    const wrappedKey = wrapKey(kek, `organization:${organizationId}`, newVaultKey(id));
    try {
      return unwrap(organizationId, await db.organizationKey.create({ data: { id, kekId: kek.id, wrappedKey } }));
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return currentKey(organizationId);
      throw error;
    }
  };

  const keyById = async (organizationId: string, keyId: string): Promise<VaultKey> => {
    const cached = cache.get(`${organizationId}/${keyId}`);
    if (cached) return cached;
    const row = isId(keyId) ? await tenantDb(organizationId).organizationKey.findUnique({ where: { id: keyId } }) : null;
    if (!row) throw new QuarryError('vault.corrupt', 'A stored secret names a key which this organisation does not have.');
    return unwrap(organizationId, row);
  };

  const place = (organizationId: string, binding: string) => `organization:${organizationId}/${binding}`;
  return {
    async seal(organizationId, binding, plaintext) {
      const key = await currentKey(organizationId);
      return { keyId: key.id, sealed: seal(key, place(organizationId, binding), plaintext) };
    },
    async open(organizationId, binding, secret) {
      return open(await keyById(organizationId, secret.keyId), place(organizationId, binding), secret.sealed);
    },
  };
}

const keyMissing = () =>
  new QuarryError(
    'vault.key_missing',
    'The master key that protects stored secrets is missing. Set QUARRY_MASTER_KEY, or put secrets.json back into QUARRY_HOME.',
  );
