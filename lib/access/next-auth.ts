import type { NextApiRequest, NextApiResponse } from 'next';
import type { AuthOptions } from 'next-auth';
import { QuarryError, toErrorBody } from '../kernel/errors';
import { cookieNames, parseCookies, secureCookies } from './cookies';
import { type PublicInput, publicRoute } from './door';
import { identifySession } from './identity';
import { authSecret } from './secrets';
import { revokeSession, SESSION_MAX_MS } from './sessions';
import { signIn } from './sign-in';

type Visit = PublicInput<undefined, undefined>;

/** What next-auth answers, kept instead of sent. */
interface Answer {
  status: number;
  headers: Headers;
  body: string | null;
  redirect: string | null;
}

const ACTIONS: Record<string, string[]> = {
  GET: ['csrf', 'session', 'providers', 'signin', 'signout', 'error'],
  POST: ['callback', 'signout'],
};

/**
 * GET and POST of /api/auth/[...nextauth]: sign-in with e-mail and password, session and sign-out by next-auth. Its cookie holds
 * nothing but the id of our session row, encrypted. It is called through its Pages-router entry, with a request and response
 * of our own, because its App-router entry reads the request from Next's storage and can't be tested without a server.
 */
export const authRoute = publicRoute({ reason: 'Signing in and out is what makes somebody known.' }, async (visit) => {
  const { request } = visit;
  const url = new URL(request.url);
  const [action = '', provider] = url.pathname.split('/api/auth/')[1]?.split('/') ?? [];
  if (!ACTIONS[request.method]?.includes(action) || (action === 'callback' && provider !== 'credentials')) {
    throw new QuarryError('not_found', 'There is nothing at this address.');
  }
  const failure: { error?: unknown } = {};
  const answer = await runNextAuth(visit, [action, ...(provider ? [provider] : [])], await readForm(request), failure);
  if (answer.redirect?.endsWith('csrf=true')) {
    failure.error = new QuarryError('access.denied', 'The form is out of date. Load the page again and retry.');
  }
  if (failure.error instanceof QuarryError) return refuse(failure.error, answer, visit.requestId);
  if (failure.error) throw failure.error;
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
});

/** A refused sign-in answers as every route does; `url` is there too, because next-auth's own client reads it. */
function refuse(error: QuarryError, answer: Answer, requestId: string): Response {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie);
  if (error.retryAfterS !== undefined) headers.set('retry-after', String(error.retryAfterS));
  const body = { ...toErrorBody(error, requestId), url: `http://localhost/sign-in?error=${encodeURIComponent(error.code)}` };
  return new Response(JSON.stringify(body), { status: error.status, headers });
}

/** @throws QuarryError input.invalid */
async function readForm(request: Request): Promise<Record<string, unknown>> {
  if (request.method !== 'POST') return {};
  const text = await request.text();
  if (text.length > 16_384) throw new QuarryError('input.invalid', 'The form is too long.');
  if (!request.headers.get('content-type')?.includes('application/json')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // falls through to the refusal
  }
  throw new QuarryError('input.invalid', 'The body is not a JSON object.');
}

/** next-auth answers 500 to an address it can't read, also when it stands in a cookie that somebody altered. */
function usableUrl(url: unknown): boolean {
  const base = 'http://localhost';
  if (typeof url !== 'string' || !URL.canParse(url, url.startsWith('/') ? base : undefined)) return false;
  return ['http:', 'https:'].includes(new URL(url, base).protocol);
}

async function runNextAuth(
  visit: Visit,
  path: string[],
  body: Record<string, unknown>,
  failure: { error?: unknown },
): Promise<Answer> {
  const { request } = visit;
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const cookies = parseCookies(request.headers.get('cookie'));
  for (const [holder, name] of [
    [query, 'callbackUrl'],
    [body, 'callbackUrl'],
    [cookies, cookieNames().callback],
  ] as const) {
    if (name in holder && !usableUrl(holder[name])) delete holder[name];
  }
  const answer: Answer = { status: 200, headers: new Headers(), body: null, redirect: null };
  const req = {
    method: request.method,
    query: { ...query, nextauth: path },
    body,
    cookies,
    headers: Object.fromEntries(request.headers),
  };
  const handler = await loadNextAuth();
  await handler(req as unknown as NextApiRequest, recorder(answer) as unknown as NextApiResponse, authOptions(visit, failure));
  return answer;
}

type Handler = (req: NextApiRequest, res: NextApiResponse, options: AuthOptions) => Promise<unknown>;

/** next-auth is CommonJS: bundlers unwrap its default export, Node itself doesn't. */
async function loadNextAuth(): Promise<Handler> {
  const loaded: { default: unknown } = await import('next-auth');
  const inner = loaded.default;
  return (typeof inner === 'function' ? inner : (inner as { default: unknown }).default) as Handler;
}

/** The part of a Pages-router response that next-auth uses. */
function recorder(answer: Answer) {
  const response = {
    status(code: number) {
      answer.status = code;
      return response;
    },
    getHeader: (name: string) =>
      name.toLowerCase() === 'set-cookie' ? answer.headers.getSetCookie() : (answer.headers.get(name) ?? undefined),
    setHeader(name: string, value: string | string[]) {
      answer.headers.delete(name);
      if (name.toLowerCase() === 'location') {
        answer.redirect = String(value);
        // Always a page of ours (next-auth's redirect callback sees to it), under whatever name the browser reached us by.
        const { pathname, search } = new URL(answer.redirect, 'http://localhost');
        answer.headers.set(name, `${pathname.replace(/^\/+/, '/')}${search}`);
      } else for (const one of [value].flat()) answer.headers.append(name, one);
      return response;
    },
    end() {},
    json(value: { url?: string }) {
      answer.redirect = value.url ?? null;
      response.send(value);
    },
    send(value: unknown) {
      if (value === undefined) return;
      const isText = typeof value === 'string';
      if (!answer.headers.has('content-type'))
        answer.headers.set('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json');
      answer.body = isText ? value : JSON.stringify(value);
    },
  };
  return response;
}

function addressOf(request: Request): string {
  // Next puts the peer's address last; what stands before it is what the client, or a proxy in between, claims.
  return request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || 'unknown';
}

function authOptions(visit: Visit, failure: { error?: unknown }): AuthOptions {
  const { request, clock, log } = visit;
  const names = cookieNames();
  const cookie = (name: string) => ({
    name,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: secureCookies() },
  });
  return {
    secret: authSecret(),
    session: { strategy: 'jwt', maxAge: SESSION_MAX_MS / 1000 },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    cookies: { sessionToken: cookie(names.session), csrfToken: cookie(names.csrf), callbackUrl: cookie(names.callback) },
    useSecureCookies: secureCookies(),
    providers: [
      {
        id: 'credentials',
        name: 'E-mail and password',
        type: 'credentials',
        credentials: {},
        async authorize(given: Record<string, unknown> | undefined) {
          try {
            const userAgent = request.headers.get('user-agent') ?? undefined;
            const attempt = { email: given?.email, password: given?.password, address: addressOf(request), userAgent, clock };
            const { sessionId } = await signIn(attempt);
            return { id: sessionId };
          } catch (error) {
            // Kept for the answer: next-auth would put the error's text into an address.
            failure.error = error;
            return null;
          }
        },
      },
    ],
    callbacks: {
      // On sign-in `user.id` is the id of the new session; afterwards the row decides whether the cookie still means anything.
      async jwt({ token, user }) {
        if (user) return { sid: user.id };
        await identifySession(String(token.sid), clock);
        return { sid: token.sid };
      },
      async session({ session, token }) {
        const { principal } = await identifySession(String(token.sid), clock);
        return { expires: session.expires, user: { name: principal.name, email: principal.email } };
      },
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sid === 'string') await revokeSession(token.sid, clock);
      },
    },
    logger: {
      error: (code, metadata) => log.debug({ code, err: metadata instanceof Error ? metadata.message : undefined }, 'next-auth'),
      warn: (code) => log.debug({ code }, 'next-auth'),
      debug: () => undefined,
    },
  };
}
