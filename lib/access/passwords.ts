import { QuarryError } from '../kernel/errors';
import { newSecret } from '../kernel/ids';
import { singleton } from '../kernel/singleton';
import { passwordSchema } from './schema';

// argon2id with the parameters OWASP's Password Storage Cheat Sheet names first: m = 19 MiB, t = 2, p = 1.
const OPTIONS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// The native module loads when a password is met, so that the command line and jobs start without it.
const argon2 = () => import('@node-rs/argon2');

/** Hashes a password with argon2id and a random salt; the result names its own parameters. */
export async function hashPassword(password: string): Promise<string> {
  return (await argon2()).hash(password, OPTIONS);
}

/** Whether the password belongs to the hash. A hash that can't be read belongs to none. */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  try {
    return await (await argon2()).verify(hash, password);
  } catch {
    return false;
  }
}

/** Does the work of a verification for an account that doesn't exist, so that time doesn't tell which e-mails do. */
export async function verifyAgainstNobody(password: string): Promise<false> {
  const hash = await singleton('access.dummy-hash', () => hashPassword(newSecret()));
  await verifyPassword(hash, password);
  return false;
}

/**
 * Refuses passwords that are too short or follow from what everyone knows of the account.
 * @param known words such as the e-mail address, the person's and the organisation's name
 * @throws QuarryError input.invalid
 */
export function checkPassword(password: string, known: (string | undefined)[]): void {
  const parsed = passwordSchema.safeParse(password);
  if (!parsed.success) throw new QuarryError('input.invalid', parsed.error.issues[0]?.message ?? 'The password is not valid.');
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const secret = plain(password);
  const words = known.filter((word) => word !== undefined).flatMap((word) => [plain(word), plain(word.split('@')[0] ?? '')]);
  if (secret === '' || words.includes(secret) || new Set(password).size < 4) {
    throw new QuarryError(
      'input.invalid',
      'This password is easy to guess: it repeats the e-mail, a name or a few characters. Choose another.',
    );
  }
}
