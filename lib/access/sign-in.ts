import { z } from 'zod';
import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { verifyAgainstNobody, verifyPassword } from './passwords';
import { returnToken, takeToken } from './rate-limit';
import { emailSchema } from './schema';
import { createSession } from './sessions';

const credentialsSchema = z.object({ email: emailSchema, password: z.string().min(1).max(1000) });

export interface SignInAttempt {
  email: unknown;
  password: unknown;
  /** Where the attempt comes from, as far as it is known. */
  address: string;
  userAgent?: string;
  clock: Clock;
}

/**
 * Checks e-mail and password and makes a session. Wrong e-mail, wrong password and deactivated account look the same and take
 * the same work. Failures are counted per e-mail and per address, before the work is done, so that guessing in parallel
 * doesn't help; RATE_LIMIT=off doesn't lift this.
 * @throws QuarryError auth.invalid, rate.limited
 */
export async function signIn(attempt: SignInAttempt): Promise<{ sessionId: string; userId: string }> {
  const wrong = () => new QuarryError('auth.invalid', 'E-mail or password is not right.');
  const parsed = credentialsSchema.safeParse({ email: attempt.email, password: attempt.password });
  if (!parsed.success) throw wrong();
  const { email, password } = parsed.data;
  const perMinute = settings().signInLimitPerMinute;
  const keys = [`sign-in/email/${email}`, `sign-in/address/${attempt.address}`];
  for (const key of keys) {
    const waitS = takeToken(key, perMinute, attempt.clock);
    if (waitS > 0) {
      throw new QuarryError('rate.limited', `Too many attempts to sign in. Try again in ${waitS} s.`, { retryAfterS: waitS });
    }
  }
  const user = await systemDb().user.findUnique({ where: { email }, select: { id: true, passwordHash: true, active: true } });
  const right = user?.passwordHash ? await verifyPassword(user.passwordHash, password) : await verifyAgainstNobody(password);
  if (!user || !right || !user.active) throw wrong();
  for (const key of keys) returnToken(key, perMinute);
  return { sessionId: await createSession(user.id, { clock: attempt.clock, userAgent: attempt.userAgent }), userId: user.id };
}
