import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { QuarryError } from './errors';

/**
 * Authenticated encryption for what is kept: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, and the place that the
 * value belongs to as additional authenticated data, so that a value moved to another row doesn't open. The text form is
 * `v1.<key id>.<nonce>.<tag>.<ciphertext>`, base64url. Pure: keys come from the caller (lib/db/secrets).
 */
export interface VaultKey {
  /** Names the key in the sealed text; letters, digits and hyphens. */
  id: string;
  /** 32 bytes. */
  bytes: Buffer;
}

const VERSION = 'v1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9-]{1,64}$/;

/** A new random data key. */
export function newVaultKey(id: string): VaultKey {
  return { id, bytes: randomBytes(KEY_BYTES) };
}

/**
 * A key-encryption key from its base64 text. Its id is a fingerprint of its bytes, so that the same key has the same id however
 * it reached the process.
 * @throws QuarryError settings.invalid when it isn't 32 bytes
 */
export function readMasterKey(base64: string): VaultKey {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== KEY_BYTES) {
    throw new QuarryError('settings.invalid', 'The master key is not 32 bytes in base64. Make one with: openssl rand -base64 32');
  }
  const fingerprint = createHash('sha256').update('quarry key id\n').update(bytes).digest('hex').slice(0, 16);
  return { id: `kek-${fingerprint}`, bytes };
}

/**
 * Encrypts a text for one place.
 * @param binding names the place ("organization:…/source:…/credential:3"); the same text is needed to open it
 */
export function seal(key: VaultKey, binding: string, plaintext: string): string {
  return sealBytes(key, binding, Buffer.from(plaintext, 'utf8'));
}

/** @throws QuarryError vault.corrupt when the value was altered, belongs elsewhere, or was sealed with another key */
export function open(key: VaultKey, binding: string, sealed: string): string {
  return openBytes(key, binding, sealed).toString('utf8');
}

/** Encrypts a data key with a key-encryption key. */
export function wrapKey(kek: VaultKey, binding: string, dataKey: VaultKey): string {
  return sealBytes(kek, `${binding}/key:${dataKey.id}`, dataKey.bytes);
}

/** @throws QuarryError vault.corrupt when it was altered, belongs elsewhere, or was wrapped with another key */
export function unwrapKey(kek: VaultKey, binding: string, keyId: string, wrapped: string): VaultKey {
  const bytes = openBytes(kek, `${binding}/key:${keyId}`, wrapped);
  if (bytes.length !== KEY_BYTES) throw corrupt();
  return { id: keyId, bytes };
}

function sealBytes(key: VaultKey, binding: string, plaintext: Buffer): string {
  if (!KEY_ID.test(key.id)) throw new TypeError('A vault key is named by letters, digits and hyphens.');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(key.id, binding));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [VERSION, key.id, ...[nonce, cipher.getAuthTag(), ciphertext].map((part) => part.toString('base64url'))].join('.');
}

function openBytes(key: VaultKey, binding: string, sealed: string): Buffer {
  const [version, keyId, nonceText, tagText, ciphertextText, ...rest] = sealed.split('.');
  if (version !== VERSION || keyId !== key.id || ciphertextText === undefined || rest.length > 0) throw corrupt();
  const nonce = decode(nonceText);
  const tag = decode(tagText);
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw corrupt();
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(key.id, binding));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(decode(ciphertextText)), decipher.final()]);
  } catch (error) {
    throw corrupt(error);
  }
}

/** base64url, in its one canonical spelling: Node ignores stray characters, which would let an altered text pass. */
function decode(text: string | undefined): Buffer {
  const bytes = Buffer.from(text ?? '', 'base64url');
  if (bytes.toString('base64url') !== text) throw corrupt();
  return bytes;
}

const associatedData = (keyId: string, binding: string) => Buffer.from(`${VERSION}\n${keyId}\n${binding}`, 'utf8');

const corrupt = (cause?: unknown) =>
  new QuarryError('vault.corrupt', 'A stored secret was altered or belongs elsewhere. Enter the connection or key again.', {
    cause,
  });
