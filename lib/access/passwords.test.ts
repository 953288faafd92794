import { describe, expect, it } from 'vitest';
import { checkPassword, hashPassword, verifyAgainstNobody, verifyPassword } from './passwords';

describe('checkPassword', () => {
  const known = ['ada.lovelace@example.com', 'Ada Lovelace', 'Analytical Engines'];
  it.each([
    'short',
    'x'.repeat(201),
    'ada.lovelace@example.com',
    'ADA-LOVELACE',
    'Analytical Engines!',
    'abababababab',
    '!!!!!!!!!!!!',
  ])('refuses %s', (password) => {
    expect(() => checkPassword(password, known)).toThrow(expect.objectContaining({ code: 'input.invalid' }));
  });
  it('takes others, also without letters of ours', () => {
    expect(() => checkPassword('correct horse battery', known)).not.toThrow();
    expect(() => checkPassword('パスワードはこれです。', [undefined])).not.toThrow();
  });
});

describe('password hashes', () => {
  it('are argon2id with the recommended cost and a salt of their own', async () => {
    const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await verifyPassword(first, 'correct horse')).toBe(true);
    expect(await verifyPassword(first, 'correct horse ')).toBe(false);
  });
  it('that cannot be read belong to nobody', async () => {
    expect(await verifyPassword('not a hash', 'x')).toBe(false);
    expect(await verifyAgainstNobody('correct horse')).toBe(false);
  });
});
