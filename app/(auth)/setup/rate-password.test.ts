import { describe, expect, it } from 'vitest';
import { ratePassword } from './rate-password';

describe('ratePassword', () => {
  it('rates length first, then variety, and sees through rows and common words', () => {
    expect(ratePassword('Xy9!kq')).toBe(0);
    expect(ratePassword('aaaaaaaaaaaa')).toBe(1);
    expect(ratePassword('1234567890')).toBe(1);
    expect(ratePassword('Password2026!')).toBe(1);
    expect(ratePassword('kvxpwmzrtb')).toBe(2);
    expect(ratePassword('kvxpw mzrtb')).toBe(3);
    expect(ratePassword('correct horse battery staple')).toBe(4);
  });
});
