import { isIP } from 'node:net';
import { QuarryError } from '../../kernel/errors';

/** One server of a connection. */
export interface Member {
  host: string;
  port: number;
}

interface UriParts {
  host?: string;
  port?: number;
  database?: string;
  username?: string;
  password?: string;
  tls?: { mode: 'disable' | 'require' | 'verify-ca' | 'verify-full' };
  options?: Record<string, string>;
}

const NAME = /^[\p{L}\p{N}_]([\p{L}\p{N}._-]*[\p{L}\p{N}.])?$/u;

/** "a, b:27018, [::1]:27019" with the port for those that name none; null when it can't be read. */
export function parseHosts(text: string, port: number): Member[] | null {
  const members: Member[] = [];
  for (const part of text.split(',')) {
    const trimmed = part.trim();
    if (isIP(trimmed) === 6) {
      members.push({ host: trimmed, port });
      continue;
    }
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(trimmed);
    const host = match?.[1] ?? match?.[2] ?? '';
    const own = match?.[3] === undefined ? port : Number(match[3]);
    if ((isIP(host) === 0 && !NAME.test(host)) || own < 1 || own > 65_535) return null;
    members.push({ host, port: own });
  }
  return members;
}

/** As people write it. */
export function formatHosts(members: readonly Member[]): string {
  return members.map(({ host, port }) => (isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`)).join(',');
}

/**
 * A connection string (MongoDB manual, "Connection Strings"): several hosts, percent-encoding, options behind the question mark. Options that
 * tune a driver's own pool or its writes are left out.
 * @throws QuarryError input.invalid
 */
export function parseUri(text: string): UriParts {
  const match = /^(mongodb(?:\+srv)?):\/\/(?:([^@/?#]*)@)?([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text);
  if (!match) {
    throw new QuarryError(
      'input.invalid',
      'This is not a MongoDB address. It should read mongodb://user:password@host:port/database, with special characters in the password percent-encoded.',
    );
  }
  const [, scheme = '', userInfo, authority = '', path = '', query = ''] = match;
  const srv = scheme.toLowerCase() === 'mongodb+srv';
  const options = optionsOf(query);
  refuseUnsupported(options);
  const colon = userInfo?.indexOf(':') ?? -1;
  const only = authority.includes(',') || srv ? null : (parseHosts(decode(authority), 27_017)?.[0] ?? null);
  const database = decode(path);
  const username = userInfo === undefined ? undefined : decode(colon < 0 ? userInfo : userInfo.slice(0, colon));
  // The database of a connection string is also where its login lives, unless authSource says otherwise.
  const authSource = options.get('authsource') ?? (username && database && !srv ? database : undefined);
  return {
    host: only?.host ?? decode(authority),
    port: only?.port,
    database: database || undefined,
    username: username || undefined,
    password: userInfo !== undefined && colon >= 0 ? decode(userInfo.slice(colon + 1)) : undefined,
    tls: tlsOf(options),
    options: Object.fromEntries(
      Object.entries({
        authSource,
        authMechanism: mechanismOf(options.get('authmechanism')),
        replicaSet: options.get('replicaset'),
        directConnection: options.get('directconnection'),
        srv: srv ? 'true' : undefined,
      }).flatMap(([name, value]) => (value ? [[name, value]] : [])),
    ),
  };
}

function optionsOf(query: string): Map<string, string> {
  return new Map(
    query
      .split(/[&;]/)
      .filter(Boolean)
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [decode(name).toLowerCase(), decode(value.join('='))] as const;
      }),
  );
}

function refuseUnsupported(options: ReadonlyMap<string, string>): void {
  const refuse = (sentence: string): never => {
    throw new QuarryError('input.invalid', sentence);
  };
  if (options.has('tlscafile') || options.has('tlscertificatekeyfile') || options.has('sslcertificateauthorityfile'))
    refuse('Certificates cannot be named by file. Take them out of the address and paste their text into the TLS fields.');
  if (options.get('loadbalanced') === 'true') refuse('Load-balanced addresses (loadBalanced=true) are not supported.');
  if (options.has('proxyhost')) refuse('Proxies in the address (proxyHost) are not supported.');
}

/** "DEFAULT" is what happens without it. */
function mechanismOf(mechanism: string | undefined): string | undefined {
  return mechanism === undefined || mechanism.toUpperCase() === 'DEFAULT' ? undefined : mechanism.toUpperCase();
}

/** MongoDB's switches as the four modes: TLS checks everything unless it is told not to. */
function tlsOf(options: ReadonlyMap<string, string>): UriParts['tls'] {
  const on = options.get('tls') ?? options.get('ssl');
  if (on === undefined) return undefined;
  if (on !== 'true') return { mode: 'disable' };
  if (options.get('tlsinsecure') === 'true' || options.get('tlsallowinvalidcertificates') === 'true') return { mode: 'require' };
  return { mode: options.get('tlsallowinvalidhostnames') === 'true' ? 'verify-ca' : 'verify-full' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new QuarryError(
      'input.invalid',
      'The address holds a percent sign that does not start a code such as %40. Write %25 for the sign itself.',
    );
  }
}
