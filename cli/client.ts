import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readEnv } from '../lib/kernel/env';
import { quarryHome } from '../lib/kernel/paths';
import { settings } from '../lib/kernel/settings';
import { Failure } from './failure';

export interface ServerOptions {
  url?: string;
  token?: string;
}

/** --url, QUARRY_URL, the server that runs from this home, or the default port. */
export function serverUrl(options: ServerOptions): string {
  const given = options.url ?? readEnv('QUARRY_URL') ?? runningUrl() ?? `http://127.0.0.1:${settings().port}`;
  if (!URL.canParse(given))
    throw new Failure('usage', `"${given}" is not a URL. Set QUARRY_URL to one such as http://127.0.0.1:3000.`);
  return given.replace(/\/+$/, '');
}

/** `npm start` writes down where it serves. */
function runningUrl(): string | undefined {
  const file = path.join(quarryHome(), 'run.json');
  if (!existsSync(file)) return undefined;
  try {
    const { url } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Talks to a running Quarry over its HTTP API (API.md), with the caller's token. */
export class Client {
  readonly #url: string;
  readonly #token: string;

  constructor(options: ServerOptions) {
    const token = options.token ?? readEnv('QUARRY_TOKEN');
    if (!token)
      throw new Failure('auth.required', 'Set QUARRY_TOKEN, or give --token. "quarry token create --email …" makes one.');
    this.#token = token;
    this.#url = serverUrl(options);
  }

  /** @throws Failure with the code of the server's answer */
  async json<T>(method: string, route: string, body?: unknown): Promise<T> {
    const response = await this.open(method, route, body);
    return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
  }

  /** The answer as it streams in. @throws Failure */
  async open(method: string, route: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(`${this.#url}${route}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      throw new Failure(
        'unreachable',
        `No Quarry answers at ${this.#url}. Start it with "npm start", or set QUARRY_URL.${causeOf(error)}`,
      );
    }
    if (!response.ok) throw await refusal(response, this.#url);
    return response;
  }

  /** A source by id or by name. @throws Failure not_found, listing what there is */
  async source(idOrName: string): Promise<{ id: string; name: string }> {
    const { dataSources } = await this.json<{ dataSources: { id: string; name: string; environment: { slug: string } }[] }>(
      'GET',
      '/api/data-sources',
    );
    const found = dataSources.filter(({ id, name, environment }) => [id, name, `${environment.slug}/${name}`].includes(idOrName));
    const [first, second] = found;
    if (first && !second) return first;
    const names = (first ? found : dataSources).map(({ name, environment }) => `${environment.slug}/${name}`);
    if (first) throw new Failure('input.invalid', `Several sources are called "${idOrName}": say ${names.join(' or ')}.`);
    throw new Failure(
      'not_found',
      `There is no source "${idOrName}". ${names.length > 0 ? `There are: ${names.join(', ')}.` : 'Add one with "quarry source add".'}`,
    );
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === '' || code === 'ECONNREFUSED' ? '' : ` (${code})`;
}

async function refusal(response: Response, url: string): Promise<Failure> {
  const body: { error?: { code?: string; message?: string; hints?: string[] } } = await response.json().catch(() => ({}));
  if (!body.error?.message)
    return new Failure('unreachable', `What answers at ${url} is not Quarry (status ${response.status}).`);
  const hints = body.error.hints?.length ? ` ${body.error.hints.join(' ')}` : '';
  return new Failure(body.error.code ?? 'internal', `${body.error.message}${hints}`);
}
