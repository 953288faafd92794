import { isIP } from 'node:net';
import { z } from 'zod';
import { QuarryError } from '../../kernel/errors';
import { inputMessage } from '../../kernel/input-message';
import type { ConnectionInput, Manifest } from '../contract';
import { hostAndPort, serverFields } from '../server-form';
import { SYSTEM_SCHEMAS } from './system-schemas';

const PEM = z
  .string()
  .trim()
  .regex(/-----BEGIN [A-Z ]+-----[\s\S]+-----END [A-Z ]+-----/, 'must be PEM text, from -----BEGIN to -----END')
  .max(100_000);

const tlsSchema = z.object({
  /** prefer: TLS when the server offers it (the default of the servers' own clients, and ours when nothing is said). */
  mode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']),
  ca: PEM.optional(),
  cert: PEM.optional(),
  key: PEM.optional(),
});

export const mysqlConfigSchema = z.object({
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
  database: z
    .string()
    .min(1, 'is missing')
    .max(64)
    .refine((name) => !SYSTEM_SCHEMAS.has(name.toLowerCase()), "must be one of your own, not one of the server's"),
  username: z.string().min(1, 'is missing').max(128),
  password: z.string().max(1_000).optional(),
  tls: tlsSchema,
});

export type MysqlConfig = z.output<typeof mysqlConfigSchema>;

/** Everything about MySQL and MariaDB that needs no connection. */
export const manifest: Manifest<MysqlConfig> = {
  type: 'mysql',
  label: 'MySQL / MariaDB',
  defaultPoolMax: 10,
  defaultPort: 3306,
  uriSchemes: ['mysql', 'mariadb'],
  capabilities: {
    notOffered: { emojiNames: 'The server takes no characters beyond the basic plane of Unicode, such as emoji, in names.' },
    sql: true,
    transactions: true,
    schemas: true,
    transport: 'network',
    streaming: true,
    cancel: true,
    explain: true,
  },
  connectionSchema: mysqlConfigSchema,
  formFields: serverFields(3306),
  parseConnection,
  summarise: ({ host, port, database, username }) => ({
    target: hostAndPort(host, port),
    database,
    username,
  }),
  endpoints: ({ host, port }) => [{ host, port }],
  promptNotes: [
    'MySQL or MariaDB: identifiers with spaces, capitals in doubt or reserved words take backticks; strings take single quotes, backslash escapes.',
    "Dates: CURRENT_DATE - INTERVAL 7 DAY, DATE_FORMAT(d, '%Y-%m'), YEAR(d), TIMESTAMPDIFF(DAY, a, b). Text is compared without case unless the collation says otherwise.",
    'There is no FULL JOIN, no FILTER clause and no NULLS LAST: use UNION, SUM(CASE WHEN … END) and ORDER BY x IS NULL, x. || means OR: use CONCAT.',
    'Every column that is not aggregated must be in GROUP BY. A slash divides exactly; DIV divides whole numbers.',
  ],
};

function parseConnection(input: ConnectionInput): MysqlConfig {
  const fromUri = input.uri ? parseUri(input.uri.trim()) : {};
  const tls = input.tls ?? fromUri.tls ?? { mode: 'prefer' };
  const fields = {
    host: input.host ?? fromUri.host,
    port: input.port ?? fromUri.port ?? 3306,
    database: input.database ?? fromUri.database,
    username: input.username ?? fromUri.username,
    password: input.password ?? fromUri.password,
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined && value !== '')),
  };
  const parsed = mysqlConfigSchema.safeParse(fields, { error: inputMessage });
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

type UriParts = Partial<Omit<MysqlConfig, 'tls'>> & { tls?: MysqlConfig['tls'] };

/** An address as the servers' own shells and drivers take it (MySQL manual, 6.2.5): percent-encoding, IPv6 in brackets. */
function parseUri(text: string): UriParts {
  const match = /^(?:mysql|mariadb):\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text);
  if (!match) {
    throw new QuarryError(
      'input.invalid',
      'This is not a MySQL or MariaDB address. It should read mysql://user:password@host:port/database, with special characters in the password percent-encoded.',
    );
  }
  const [, userInfo, authority = '', path = '', query = ''] = match;
  const colon = userInfo?.indexOf(':') ?? -1;
  const username = userInfo === undefined ? undefined : decode(colon < 0 ? userInfo : userInfo.slice(0, colon));
  return {
    ...parseAuthority(authority),
    database: decode(path) || undefined,
    username: username || undefined,
    password: userInfo !== undefined && colon >= 0 ? decode(userInfo.slice(colon + 1)) : undefined,
    tls: tlsFromUri(query),
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

/** ssl-mode of the servers' shells, sslMode of their Java drivers, sslmode as others write it. */
const TLS_MODES: Record<string, MysqlConfig['tls']['mode']> = {
  disabled: 'disable',
  disable: 'disable',
  preferred: 'prefer',
  prefer: 'prefer',
  required: 'require',
  require: 'require',
  trust: 'require',
  true: 'require',
  false: 'disable',
  'verify-ca': 'verify-ca',
  'verify-identity': 'verify-full',
  'verify-full': 'verify-full',
};

function tlsFromUri(query: string): MysqlConfig['tls'] | undefined {
  let mode: MysqlConfig['tls']['mode'] | undefined;
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=');
    const key = decode(name).toLowerCase().replaceAll(/[-_]/g, '');
    if (/^ssl(?:ca|cert|key|rootcert)$|^(?:serversslcert|keystore|truststore)/.test(key)) {
      throw new QuarryError(
        'input.invalid',
        'Certificates cannot be named by file. Take them out of the address and paste their text into the TLS fields.',
      );
    }
    if (key !== 'sslmode' && key !== 'usessl' && key !== 'ssl') continue;
    const value = decode(rest.join('='));
    mode = TLS_MODES[value.toLowerCase().replaceAll('_', '-')];
    if (!mode) {
      throw new QuarryError(
        'input.invalid',
        `The TLS mode "${value.slice(0, 40)}" is not known. It can be DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY.`,
      );
    }
  }
  return mode && { mode };
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
