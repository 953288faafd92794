import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { cookieNames, parseCookies } from './cookies';
import { type Identity, identifySession, identifyToken, TOKEN_PREFIX } from './identity';
import { authSecret } from './secrets';

/**
 * The session's id in a cookie, or null. The cookie is a JWE (A256GCM): whoever alters it makes it unreadable.
 */
export async function openSessionCookie(cookie: string): Promise<string | null> {
  const { decode } = await import('next-auth/jwt');
  try {
    const token = await decode({ token: cookie, secret: authSecret() });
    return typeof token?.sid === 'string' ? token.sid : null;
  } catch (error) {
    if (error instanceof QuarryError) throw error;
    return null;
  }
}

/** @throws QuarryError auth.invalid, auth.expired */
export async function identifyCookie(cookie: string, clock: Clock): Promise<Identity> {
  const sessionId = await openSessionCookie(cookie);
  if (sessionId === null) throw new QuarryError('auth.invalid', 'This sign-in is not valid. Sign in again.');
  return identifySession(sessionId, clock);
}

/**
 * Who makes this request: a bearer token wins over a cookie.
 * @throws QuarryError auth.required, auth.invalid, auth.expired, access.denied (cross-site request with a cookie)
 */
export async function authenticate(request: Request, clock: Clock): Promise<Identity> {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization.trim())?.[1];
    if (!token?.startsWith(TOKEN_PREFIX)) {
      throw new QuarryError('auth.invalid', `The Authorization header must be "Bearer ${TOKEN_PREFIX}…".`);
    }
    return identifyToken(token, clock);
  }
  const cookie = parseCookies(request.headers.get('cookie'))[cookieNames().session];
  if (!cookie) throw new QuarryError('auth.required', 'Sign in, or send a token in the Authorization header.');
  refuseCrossSite(request);
  return identifyCookie(cookie, clock);
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Cross-site request forgery: a request that changes something and carries a cookie must come from our own pages. Browsers
 * say so in Sec-Fetch-Site, older ones in Origin; what sends neither is no browser, and carries no one else's cookie.
 * The rule is that of Go's net/http CrossOriginProtection (Filippo Valsorda, 2025).
 * @throws QuarryError access.denied
 */
export function refuseCrossSite(request: Request): void {
  if (SAFE.has(request.method)) return;
  const site = request.headers.get('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return;
  const origin = request.headers.get('origin');
  if (site === null && origin === null) return;
  if (site === null && origin !== null && ownOrigin(origin, request)) return;
  throw new QuarryError('access.denied', 'This request came from another site, so it was refused.');
}

function ownOrigin(origin: string, request: Request): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  const { publicUrl } = settings();
  return (
    host === (request.headers.get('host') ?? new URL(request.url).host) ||
    (publicUrl !== undefined && host === new URL(publicUrl).host)
  );
}
