import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { QuarryError } from '../kernel/errors';
import { quarryHome } from '../kernel/paths';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';

const file = z.object({ authSecret: z.string().min(32) });

/**
 * The secret that encrypts session cookies: NEXTAUTH_SECRET, else what the launcher wrote to secrets.json.
 * @throws QuarryError settings.invalid when there is neither, or when it is too short to be a secret
 */
export function authSecret(): string {
  return singleton('access.auth-secret', () => {
    const fromEnv = settings().authSecret;
    if (fromEnv !== undefined) {
      if (fromEnv.length < 32) {
        throw new QuarryError('settings.invalid', 'NEXTAUTH_SECRET is too short: give at least 32 random characters.');
      }
      return fromEnv;
    }
    const at = path.join(quarryHome(), 'secrets.json');
    const parsed = existsSync(at) ? file.safeParse(JSON.parse(readFileSync(at, 'utf8'))) : undefined;
    if (!parsed?.success) {
      throw new QuarryError(
        'settings.invalid',
        'There is no secret for session cookies. Start with "npm start", which makes one, or set NEXTAUTH_SECRET.',
      );
    }
    return parsed.data.authSecret;
  });
}
