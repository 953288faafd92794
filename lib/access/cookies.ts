import { createHash } from 'node:crypto';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { authSecret } from './secrets';

/**
 * The names of our cookies, all HttpOnly and SameSite=Lax (B1). Browsers keep cookies per host and don't look at the port, so
 * two installations side by side would sign each other's people out: the names carry a mark of the installation's secret, which
 * all its instances share.
 */
export function cookieNames(): { session: string; csrf: string; callback: string } {
  return singleton('access.cookie-names', () => {
    const mark = createHash('sha256').update(`cookie names of ${authSecret()}`).digest('hex').slice(0, 8);
    return { session: `quarry-session-${mark}`, csrf: `quarry-csrf-${mark}`, callback: `quarry-callback-${mark}` };
  });
}

/** Cookies only over HTTPS: as SECURE_COOKIES says, else when people come in through an https PUBLIC_URL. */
export function secureCookies(): boolean {
  const { secureCookies: set, publicUrl } = settings();
  return set ?? publicUrl?.startsWith('https://') ?? false;
}

/** The cookies of a request. A malformed pair is skipped; the first of a name wins, as it is the more specific one (RFC 6265 5.4). */
export function parseCookies(header: string | null): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (name === '' || at < 1 || Object.hasOwn(cookies, name) || name === '__proto__') continue;
    const value = pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    try {
      cookies[name] = decodeURIComponent(value);
    } catch {
      cookies[name] = value;
    }
  }
  return cookies;
}
