import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newVaultKey, open, readMasterKey, seal, unwrapKey, wrapKey } from './vault';

const key = newVaultKey('data-1');
const PLACE = 'organization:1/source:2/credential:1';
const CORRUPT = expect.objectContaining({ code: 'vault.corrupt' });

describe('seal and open', () => {
  it('gives back what was sealed, whatever the text', () => {
    for (const text of ['', 'hunter2', 'pässwörd 🔑\n\u0000', 'x'.repeat(100_000)])
      expect(open(key, PLACE, seal(key, PLACE, text))).toBe(text);
  });

  it('never gives the same text twice and never shows the plain one', () => {
    const sealed = new Set(Array.from({ length: 50 }, () => seal(key, PLACE, 'canary-password')));
    expect(sealed.size).toBe(50);
    for (const text of sealed) {
      expect(text).toMatch(/^v1\.data-1\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/);
      expect(Buffer.from(text.split('.')[4] ?? '', 'base64url').toString('latin1')).not.toContain('canary');
    }
  });

  it('refuses every single altered character', () => {
    const sealed = seal(key, PLACE, 'hunter2');
    for (let at = 0; at < sealed.length; at++) {
      const altered = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => open(key, PLACE, altered), `character ${at}`).toThrow(CORRUPT);
    }
  });

  it('refuses what is cut, padded or not sealed at all', () => {
    const sealed = seal(key, PLACE, 'hunter2');
    for (const text of [
      '',
      'v1',
      'hunter2',
      `${sealed}.x`,
      `${sealed} `,
      sealed.slice(0, -1),
      sealed.replace('v1', 'v2'),
      `${sealed}=`,
    ]) {
      expect(() => open(key, PLACE, text), text).toThrow(CORRUPT);
    }
  });

  it('refuses a short tag, which GCM would accept by default', () => {
    const parts = seal(key, PLACE, 'hunter2').split('.');
    parts[3] = Buffer.from(parts[3] ?? '', 'base64url')
      .subarray(0, 4)
      .toString('base64url');
    expect(() => open(key, PLACE, parts.join('.'))).toThrow(CORRUPT);
  });

  it('refuses a value that was moved to another place, or another key of the same name', () => {
    const sealed = seal(key, PLACE, 'hunter2');
    expect(() => open(key, 'organization:1/source:2/credential:2', sealed)).toThrow(CORRUPT);
    expect(() => open(newVaultKey('data-1'), PLACE, sealed)).toThrow(CORRUPT);
    expect(() => open({ id: 'data-2', bytes: key.bytes }, PLACE, sealed)).toThrow(CORRUPT);
  });
});

describe('wrapped keys', () => {
  const kek = readMasterKey(randomBytes(32).toString('base64'));

  it('come back whole, for their own organisation and id only', () => {
    const wrapped = wrapKey(kek, 'organization:1', key);
    expect(unwrapKey(kek, 'organization:1', 'data-1', wrapped).bytes).toEqual(key.bytes);
    expect(() => unwrapKey(kek, 'organization:2', 'data-1', wrapped)).toThrow(CORRUPT);
    expect(() => unwrapKey(kek, 'organization:1', 'data-2', wrapped)).toThrow(CORRUPT);
    expect(() => unwrapKey({ id: kek.id, bytes: randomBytes(32) }, 'organization:1', 'data-1', wrapped)).toThrow(CORRUPT);
  });
});

describe('a master key', () => {
  it('has an id that follows from its bytes', () => {
    const text = randomBytes(32).toString('base64');
    expect(readMasterKey(text).id).toBe(readMasterKey(text).id);
    expect(readMasterKey(text).id).toMatch(/^kek-[0-9a-f]{16}$/);
    expect(readMasterKey(text).id).not.toBe(readMasterKey(randomBytes(32).toString('base64')).id);
  });

  it.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(64).toString('base64')])(
    'must be 32 bytes (%#)',
    (text) => {
      expect(() => readMasterKey(text)).toThrow(expect.objectContaining({ code: 'settings.invalid' }));
    },
  );
});
