/** First path segments that belong to Quarry itself; an organisation's pages live at /<slug>. */
const RESERVED = new Set([
  'api',
  'app',
  'apps',
  'site',
  'sites',
  'static',
  'public',
  'metrics',
  'health',
  'admin',
  'setup',
  'set-up',
  'sign-in',
  'sign-up',
  'sign-out',
  'login',
  'logout',
  'accept',
  'invitation',
  'reset',
  'docs',
  'new',
  'favicon',
  'robots',
  'sitemap',
  'icon',
]);

/**
 * A name as it stands in an address: lower case ASCII words joined by hyphens, at most 40 characters, never a page of ours.
 * @param fallback when nothing of the name is left, as with a name in another script
 */
export function slugify(name: string, fallback: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/ß/g, 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  if (slug === '') return fallback;
  return RESERVED.has(slug) ? `${slug}-team` : slug;
}

/** The slug itself, or with the first number that nobody has: acme, acme-2, acme-3. */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  for (let n = 2; ; n += 1) {
    const candidate = `${slug}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
