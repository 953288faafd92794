import { z } from 'zod';
import { PERMISSIONS, type Permission } from './permissions';

/** Browser-safe shapes of what the access routes take. */
const permission = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);

export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email('Write an e-mail address such as ada@example.com.'));

/** Length is bounded on both ends: argon2 hashes whatever it is given, and a megabyte of password is an attack. */
export const passwordSchema = z
  .string()
  .min(10, 'A password needs at least 10 characters.')
  .max(200, 'A password has at most 200 characters.');

export const createTokenSchema = z.strictObject({
  name: z.string().trim().min(1, 'Name the token, so that it can be told from others.').max(100),
  /** Permissions that the token is limited to; without them it has all of its maker's. */
  scopes: z.array(permission).max(100).optional(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
});
export type CreateTokenInput = z.output<typeof createTokenSchema>;

export const idParams = z.object({ id: z.uuid() });
