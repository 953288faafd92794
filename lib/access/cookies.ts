import { settings } from '../kernel/settings';

/** Fixed names; HttpOnly and SameSite=Lax always (B1). */
export const SESSION_COOKIE = 'quarry-session';
export const CSRF_COOKIE = 'quarry-csrf';
export const CALLBACK_COOKIE = 'quarry-callback';

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
