import { isIP } from 'node:net';
import { z } from 'zod';
import { QuarryError } from '../../kernel/errors';
import { inputMessage } from '../../kernel/input-message';
import type { ConnectionInput, Manifest } from '../contract';
import { formatHosts, type Member, parseHosts, parseUri } from './uri';

const PEM = z
  .string()
  .trim()
  .regex(/-----BEGIN [A-Z ]+-----[\s\S]+-----END [A-Z ]+-----/, 'must be PEM text, from -----BEGIN to -----END')
  .max(100_000);

const optionsSchema = z.strictObject({
  /** The database that holds the logins; without it the source's own for a URI that names one, else admin. */
  authSource: z.string().min(1).max(63).optional(),
  authMechanism: z.enum(['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'MONGODB-X509']).optional(),
  /** Members with another set's name are not connected to. */
  replicaSet: z.string().min(1).max(100).optional(),
  /** "true": the named host only, whatever it says of others. */
  directConnection: z.enum(['true', 'false']).optional(),
  /** "true": the host is a name with SRV records (mongodb+srv://). */
  srv: z.enum(['true', 'false']).optional(),
});

export const mongoConfigSchema = z.object({
  /** One host, or the members of a replica set with commas between, each with its port when it has one of its own. */
  host: z
    .string()
    .trim()
    .min(1, 'is missing')
    .max(1_000)
    .refine((host) => !host.includes('/'), 'must be a host name or an address; Unix sockets are not allowed')
    .refine((host) => parseHosts(host, 27_017) !== null, 'must be a host name or address, or several with commas between'),
  port: z.number().int().min(1).max(65_535),
  database: z
    .string()
    .min(1, 'is missing')
    .max(63)
    .refine((name) => !/[\s/\\."$*<>:|?\0]/.test(name), 'must be the name of one database'),
  username: z.string().min(1).max(200).optional(),
  password: z.string().max(1_000).optional(),
  tls: z.object({
    mode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
    ca: PEM.optional(),
    cert: PEM.optional(),
    key: PEM.optional(),
  }),
  options: optionsSchema,
});

export type MongoConfig = z.output<typeof mongoConfigSchema>;

/** The hosts that a connection names; of an SRV name, itself. */
export function membersOf({ host, port }: Pick<MongoConfig, 'host' | 'port'>): Member[] {
  return parseHosts(host, port) ?? [];
}

const target = (config: MongoConfig): string => (config.options.srv === 'true' ? config.host : formatHosts(membersOf(config)));

/** Everything about MongoDB that needs no connection. */
export const manifest: Manifest<MongoConfig> = {
  type: 'mongodb',
  label: 'MongoDB',
  defaultPoolMax: 12,
  defaultPort: 27_017,
  uriSchemes: ['mongodb', 'mongodb+srv'],
  capabilities: {
    notOffered: {
      transactions: 'A single MongoDB server has no transactions, so a write that fails halfway keeps what it had done.',
      schemas: 'MongoDB has databases and collections with nothing between them.',
      duplicateColumns: 'A document has each key once, so no two columns of a result have the same name.',
      declaredKeys: 'MongoDB declares no references; those that names and types suggest are shown as guesses.',
      columnDefaults: 'MongoDB fills in no missing fields, so there are no defaults to show.',
      generatedColumns: 'MongoDB computes no fields of its own; a view can, and its fields are shown like any other.',
      comments: 'MongoDB keeps no comments on collections; descriptions in a validator are shown.',
      partitions: 'Collections are sharded between servers, which a query does not see.',
      replicas: 'The members of a replica set stand in the address, and the driver chooses among them.',
      catalogueQueries:
        'MongoDB has no catalogue of fields: each collection is asked for its indexes, its size and a sample of its documents.',
    },
    sql: false,
    transactions: false,
    schemas: false,
    transport: 'network',
    streaming: true,
    cancel: true,
    explain: true,
  },
  connectionSchema: mongoConfigSchema,
  formFields: [
    {
      name: 'host',
      label: 'Host',
      kind: 'text',
      required: true,
      placeholder: 'db.example.com',
      help: 'Several with commas between for a replica set.',
    },
    { name: 'port', label: 'Port', kind: 'number', required: false, placeholder: '27017' },
    { name: 'database', label: 'Database', kind: 'text', required: true },
    { name: 'username', label: 'User', kind: 'text', required: false, help: 'A login that may only read is best.' },
    { name: 'password', label: 'Password', kind: 'password', required: false, secret: true },
    {
      name: 'options.authSource',
      label: 'Database of the login',
      kind: 'text',
      required: false,
      placeholder: 'admin',
      help: 'Where the user was made (authSource).',
    },
    { name: 'options.replicaSet', label: 'Replica set', kind: 'text', required: false },
    {
      name: 'tls.mode',
      label: 'TLS',
      kind: 'select',
      required: false,
      options: [
        { value: 'disable', label: 'Off' },
        { value: 'require', label: 'Required, certificate not checked' },
        { value: 'verify-ca', label: 'Required, certificate checked' },
        { value: 'verify-full', label: 'Required, certificate and host name checked' },
      ],
      help: 'Left empty: off, and with an address that begins with mongodb+srv: fully checked.',
    },
    { name: 'tls.ca', label: 'CA certificate', kind: 'textarea', required: false, placeholder: '-----BEGIN CERTIFICATE-----' },
    { name: 'tls.cert', label: 'Client certificate', kind: 'textarea', required: false },
    { name: 'tls.key', label: 'Client key', kind: 'textarea', required: false, secret: true },
  ],
  parseConnection,
  summarise: (config) => ({ target: target(config), database: config.database, username: config.username }),
  endpoints: (config) =>
    config.options.srv === 'true'
      ? [{ host: config.host, port: config.port, list: true }]
      : membersOf(config).map(({ host, port }) => ({ host, port })),
  promptNotes: [
    'MongoDB: write one query in shell style: db.orders.aggregate([{$match: {…}}, {$group: {_id: "$status", n: {$sum: 1}}}]) or db.orders.find({…}, {…}).sort({…}).limit(…).',
    'Dates are ISODate("2024-01-31T00:00:00Z"), ids ObjectId("…"); "a.b" reads a nested field, and a field in an array needs $unwind first. Fields of the schema marked as repeated are in arrays.',
    'Join with $lookup {from, localField, foreignField, as} and $unwind. Months: {$dateTrunc: {date: "$at", unit: "month"}}. Name result columns with a last $project; leave _id out with _id: 0.',
    'Only reading stages run: no $out, $merge, $where, $function, $accumulator; no JavaScript.',
  ],
};

function parseConnection(input: ConnectionInput): MongoConfig {
  const fromUri = input.uri ? parseUri(input.uri.trim()) : {};
  const options = { ...fromUri.options, ...input.options };
  const tls = input.tls ?? fromUri.tls ?? { mode: options.srv === 'true' ? 'verify-full' : 'disable' };
  const fields = {
    host: input.host ?? fromUri.host,
    port: input.port ?? fromUri.port ?? 27_017,
    database: input.database ?? fromUri.database,
    username: (input.username ?? fromUri.username) || undefined,
    password: input.password ?? fromUri.password,
    tls: withoutEmpty(tls),
    options: withoutEmpty(options),
  };
  const parsed = mongoConfigSchema.safeParse(fields, { error: inputMessage });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') || 'connection';
    throw new QuarryError('input.invalid', `The ${field} of the connection ${issue?.message ?? 'is not valid'}.`, {
      details: { field },
    });
  }
  assertTogether(parsed.data);
  return parsed.data;
}

function assertTogether({ tls, options, host }: MongoConfig): void {
  const refuse = (sentence: string, field: string): never => {
    throw new QuarryError('input.invalid', sentence, { details: { field } });
  };
  if ((tls.cert === undefined) !== (tls.key === undefined))
    refuse('A client certificate needs its key, and a key its certificate. Paste both.', 'tls.cert');
  if (options.authMechanism === 'MONGODB-X509' && tls.mode === 'disable')
    refuse('Signing in with a certificate (MONGODB-X509) needs TLS, a client certificate and its key.', 'tls.cert');
  if (options.authMechanism === 'PLAIN' && tls.mode === 'disable')
    refuse('The mechanism PLAIN sends the password as it is, so it is used with TLS only.', 'tls.mode');
  if (options.srv === 'true' && (host.includes(',') || host.includes(':') || isIP(host) !== 0))
    refuse('An address that begins with mongodb+srv has one host name, without a port.', 'host');
}

function withoutEmpty(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== ''));
}
