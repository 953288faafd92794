import { processClock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { identifyCookie } from './authenticate';
import type { Ctx } from './context';
import { cookieNames } from './cookies';
import type { Identity } from './identity';
import { choosePlace, contextFor } from './make-context';
import type { Permission } from './permissions';

/**
 * The signed-in person of the page that is being rendered, with their organisations, or null. For pages that stand outside an
 * organisation: the front page and the switcher.
 */
export async function findVisitor(): Promise<Identity | null> {
  const { cookies } = await import('next/headers');
  const cookie = (await cookies()).get(cookieNames().session)?.value;
  if (!cookie) return null;
  try {
    return await identifyCookie(cookie, processClock());
  } catch (error) {
    if (error instanceof QuarryError && error.status === 401) return null;
    throw error;
  }
}

/**
 * The door of server components. Nobody signed in: to the sign-in page. An organisation of others, or a page that the role
 * doesn't open: not found, as if it weren't there.
 * @param spec.organization slug in the page's address
 */
export async function page(spec: { permission: Permission; organization: string }): Promise<Ctx> {
  const { notFound, redirect } = await import('next/navigation');
  const identity = await findVisitor();
  if (!identity) return redirect(await signInPath());
  const place = identity.places.some(({ organization }) => organization.slug === spec.organization)
    ? choosePlace(identity, spec.organization)
    : notFound();
  const ctx = contextFor(identity, place, { requestId: newId(), clock: processClock(), signal: new AbortController().signal });
  if (!ctx.permissions.has(spec.permission)) notFound();
  return ctx;
}

/** The header in which proxy.ts tells server components the path and query of the page. */
const PATH_HEADER = 'x-quarry-path';

async function signInPath(): Promise<string> {
  const { headers } = await import('next/headers');
  const path = (await headers()).get(PATH_HEADER);
  return path ? `/sign-in?${new URLSearchParams({ from: path })}` : '/sign-in';
}
