import { isIP } from 'node:net';
import { z } from 'zod';
import { QuarryError } from '../../kernel/errors';
import { inputMessage } from '../../kernel/input-message';
import type { ConnectionInput, Manifest } from '../contract';
import { hostAndPort, serverFields } from '../server-form';

const PEM = z
  .string()
  .trim()
  .regex(/-----BEGIN [A-Z ]+-----[\s\S]+-----END [A-Z ]+-----/, 'must be PEM text, from -----BEGIN to -----END')
  .max(100_000);

const tlsSchema = z.object({
  /** prefer: TLS when the server offers it (libpq's default, and ours when nothing is said). */
  mode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']),
  ca: PEM.optional(),
  cert: PEM.optional(),
  key: PEM.optional(),
});

export const postgresConfigSchema = z.object({
  host: z
    .string()
    .trim()
    .min(1, 'is missing')
    .max(253)
    .refine((host) => !host.includes('/'), 'must be a host name or an address; Unix sockets are not allowed')
    .refine(
      (host) => isIP(host) !== 0 || /^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}.])?$/u.test(host),
      'must be one host name or address',
    ),
  port: z.number().int().min(1).max(65_535),
  database: z.string().min(1, 'is missing').max(63),
  username: z.string().min(1, 'is missing').max(63),
  password: z.string().max(1_000).optional(),
  tls: tlsSchema,
});

export type PostgresConfig = z.output<typeof postgresConfigSchema>;

/** Everything about PostgreSQL that needs no connection. */
export const manifest: Manifest<PostgresConfig> = {
  type: 'postgres',
  label: 'PostgreSQL',
  defaultPoolMax: 20,
  defaultPort: 5432,
  uriSchemes: ['postgres', 'postgresql'],
  capabilities: {
    notOffered: {},
    sql: true,
    transactions: true,
    schemas: true,
    transport: 'network',
    streaming: true,
    cancel: true,
    explain: true,
  },
  connectionSchema: postgresConfigSchema,
  formFields: serverFields(5432),
  parseConnection,
  summarise: ({ host, port, database, username }) => ({
    target: hostAndPort(host, port),
    database,
    username,
  }),
  endpoints: ({ host, port }) => [{ host, port }],
  promptNotes: [
    'PostgreSQL: identifiers with capitals, spaces or reserved words need double quotes; strings take single quotes.',
    "Use ILIKE for case-insensitive matching, date_trunc and EXTRACT for dates, CURRENT_DATE - INTERVAL '7 days' for offsets.",
    'Integer division truncates: multiply by 1.0 or cast to numeric. Every non-aggregated column must be in GROUP BY.',
    'Aggregates take FILTER (WHERE …). Use NULLS LAST with ORDER BY … DESC when a column may be NULL.',
  ],
};

function parseConnection(input: ConnectionInput): PostgresConfig {
  const fromUri = input.uri ? parseUri(input.uri.trim()) : {};
  const tls = input.tls ?? fromUri.tls ?? { mode: 'prefer' };
  const fields = {
    host: input.host ?? fromUri.host,
    port: input.port ?? fromUri.port ?? 5432,
    database: input.database ?? fromUri.database ?? input.username ?? fromUri.username,
    username: input.username ?? fromUri.username,
    password: input.password ?? fromUri.password,
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined && value !== '')),
  };
  const parsed = postgresConfigSchema.safeParse(fields, { error: inputMessage });
  if (parsed.success) {
    const { cert, key } = parsed.data.tls;
    if ((cert === undefined) !== (key === undefined)) {
      throw new QuarryError('input.invalid', 'A client certificate needs its key, and a key its certificate. Paste both.');
    }
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'connection';
  throw new QuarryError('input.invalid', `The ${field} of the connection ${issue?.message ?? 'is not valid'}.`, {
    details: { field },
  });
}

type UriParts = Partial<Omit<PostgresConfig, 'tls'>> & { tls?: PostgresConfig['tls'] };

/** A connection URI as libpq knows it (manual, 34.1.1.2): percent-encoding, IPv6 in brackets, parameters behind the question mark. */
function parseUri(text: string): UriParts {
  const match = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text);
  if (!match) {
    throw new QuarryError(
      'input.invalid',
      'This is not a PostgreSQL address. It should read postgres://user:password@host:port/database, with special characters in the password percent-encoded.',
    );
  }
  const [, userInfo, authority = '', path = '', query = ''] = match;
  const colon = userInfo?.indexOf(':') ?? -1;
  const parameters = new Map(
    query
      .split('&')
      .filter(Boolean)
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [decode(name), decode(value.join('='))] as const;
      }),
  );
  if (parameters.has('sslrootcert') || parameters.has('sslcert') || parameters.has('sslkey')) {
    throw new QuarryError(
      'input.invalid',
      'Certificates cannot be named by file. Take them out of the address and paste their text into the TLS fields.',
    );
  }
  const { host, port } = parseAuthority(authority);
  const username = userInfo === undefined ? undefined : decode(colon < 0 ? userInfo : userInfo.slice(0, colon));
  return {
    host: host || parameters.get('host'),
    port: port ?? (parameters.has('port') ? Number(parameters.get('port')) : undefined),
    database: decode(path) || parameters.get('dbname'),
    username: username || parameters.get('user'),
    password: userInfo !== undefined && colon >= 0 ? decode(userInfo.slice(colon + 1)) : parameters.get('password'),
    tls: tlsFromUri(parameters.get('sslmode')),
  };
}

function parseAuthority(authority: string): { host?: string; port?: number } {
  if (authority.includes(','))
    throw new QuarryError('input.invalid', 'An address with several hosts is not supported. Name one host.');
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d*))?$/.exec(authority);
  if (!match)
    throw new QuarryError('input.invalid', 'The host and port of the address cannot be read. IPv6 addresses stand in brackets.');
  return { host: decode(match[1] ?? match[2] ?? '') || undefined, port: match[3] ? Number(match[3]) : undefined };
}

function tlsFromUri(mode: string | undefined): PostgresConfig['tls'] | undefined {
  if (mode === undefined) return undefined;
  if (mode === 'allow') return { mode: 'prefer' };
  const parsed = tlsSchema.shape.mode.safeParse(mode);
  if (!parsed.success) {
    throw new QuarryError(
      'input.invalid',
      `sslmode "${mode}" is not known. It can be disable, prefer, require, verify-ca or verify-full.`,
    );
  }
  return { mode: parsed.data };
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
