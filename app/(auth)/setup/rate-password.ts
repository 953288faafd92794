/** Passwords that are tried first, as parts of longer ones. */
const COMMON = /password|passwort|qwert|12345|abc123|letmein|welcome|iloveyou|admin|dragon|monkey|quarry/i;

/** Guesses per second, in powers of two, that a strong password should hold out against for years. */
const BITS = { fair: 45, good: 60, strong: 80 };

/**
 * A hint only; the server's rule is the length. 0 too short, 1 weak, 2 fair, 3 good, 4 strong: length times the size of the alphabet
 * in bits, where a character that repeats or continues a row (aaa, 123) counts little.
 */
export function ratePassword(password: string): 0 | 1 | 2 | 3 | 4 {
  if (password.length < 10) return 0;
  if (COMMON.test(password) && password.length < 20) return 1;
  const alphabet =
    (/[a-z]/.test(password) ? 26 : 0) +
    (/[A-Z]/.test(password) ? 26 : 0) +
    (/\d/.test(password) ? 10 : 0) +
    (/[^a-z\d]/i.test(password) ? 32 : 0);
  const bits = Math.log2(alphabet) * effectiveLength(password);
  if (bits < BITS.fair) return 1;
  if (bits < BITS.good) return 2;
  return bits < BITS.strong ? 3 : 4;
}

function effectiveLength(password: string): number {
  let length = 0;
  for (let i = 0; i < password.length; i += 1) {
    const step = password.charCodeAt(i) - password.charCodeAt(i - 1);
    length += i > 0 && Math.abs(step) <= 1 ? 0.25 : 1;
  }
  return length;
}
