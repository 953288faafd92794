/** Browser-safe shapes of what the data-source routes take; the add form validates with the same ones. */
import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);
const pem = z.string().max(100_000);

const tlsSchema = z.strictObject({
  mode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
  ca: pem.optional(),
  cert: pem.optional(),
  key: pem.optional(),
});

const sshFields = {
  host: z.string().trim().max(255),
  port,
  username: z.string().trim().max(255),
  password: z.string().max(4096),
  /** OpenSSH or PEM. */
  privateKey: z.string().max(100_000),
  passphrase: z.string().max(4096),
  /** SHA-256 of the server's public key as `ssh-keygen -lf` prints it. Without it the first key that is seen is stored. */
  hostKeySha256: z
    .string()
    .trim()
    .regex(/^(?:(?:SHA256:)?[A-Za-z0-9+/]{43}=?)?$/, 'A fingerprint reads SHA256: and 43 letters and digits.'),
};

/** A server that lets Quarry through to the database's network. */
export const sshSchema = z
  .strictObject({
    ...sshFields,
    host: sshFields.host.min(1, 'Name the host of the SSH server.'),
    username: sshFields.username.min(1, 'Name the user of the SSH server.'),
    port: port.default(22),
  })
  .partial({ password: true, privateKey: true, passphrase: true, hostKeySha256: true })
  .refine((ssh) => ssh.password || ssh.privateKey, { message: 'Give a password or a private key for the SSH server.' });
export type SshSettings = z.output<typeof sshSchema>;

const connectionFields = {
  uri: z.string().trim().min(1).max(4096).optional(),
  host: z.string().trim().min(1, 'Name the host.').max(255).optional(),
  port: port.optional(),
  database: z.string().min(1).max(255).optional(),
  username: z.string().max(255).optional(),
  password: z.string().max(4096).optional(),
  tls: tlsSchema.optional(),
  file: z.string().trim().min(1).max(4096).optional(),
  /** What only one engine knows; its adapter says which names there are. */
  options: z.record(z.string().max(40), z.string().trim().max(300)).optional(),
};

/** `{uri}`, separate fields, or `{file}`. Which fields an engine needs is its own business: its adapter says what is missing. */
const connectionSchema = z
  .strictObject({ ...connectionFields, ssh: sshSchema.optional() })
  .refine((connection) => connection.uri !== undefined || connection.host !== undefined || connection.file !== undefined, {
    message: 'Give a connection URI, a host, or a file.',
  });

const POOL_PROFILES = ['small', 'medium', 'large', 'warm'] as const;

export const poolSchema = z.strictObject({
  /** small 5+10, medium 10+20, large 20+40 connections; warm keeps one open. */
  profile: z.enum(POOL_PROFILES).optional(),
  max: z.number().int().min(1).max(200).optional(),
  min: z.number().int().min(0).max(50).optional(),
  waitMs: z.number().int().min(100).max(600_000).optional(),
});
export type PoolSettings = z.output<typeof poolSchema>;

export const limitsSchema = z.strictObject({
  maxRows: z.number().int().min(1).max(1_000_000).optional(),
  timeoutMs: z.number().int().min(100).max(3_600_000).optional(),
  /** What happens to a query that the database expects to be expensive; the installation's COST_GATE without it. */
  costGate: z.enum(['off', 'warn', 'refuse']).optional(),
  /** Rows that a query may be expected to read. */
  maxRowsRead: z.number().int().min(1).max(1e15).optional(),
  /** Cost that a query may be expected to have, in the engine's own unit. */
  maxCost: z.number().positive().max(1e15).optional(),
});
export type SourceLimits = z.output<typeof limitsSchema>;

export const CACHE_KINDS = ['query', 'answer', 'schema'] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];
const cacheSwitch = z.strictObject({
  /** false: not reused, whatever was kept before. Off anywhere (installation, organisation, source) is off. */
  enabled: z.boolean().optional(),
  /** Seconds; unset: the organisation's, or the installation's. */
  ttlS: z.number().int().min(1).max(31_536_000).optional(),
});

/** Whether and how long results of queries, answers to questions and schemas are reused. */
export const cacheSettingsSchema = z.strictObject({
  query: cacheSwitch.optional(),
  answer: cacheSwitch.optional(),
  schema: cacheSwitch.optional(),
});
export type CacheSettings = z.output<typeof cacheSettingsSchema>;

/** Keys of tables as the schema names them ("public.orders"). */
export const tablesSchema = z.array(z.string().min(1).max(512)).min(1, 'Choose at least one table, or all of them.').max(20_000);

/** A read replica: another server with the same database, login and TLS settings. */
export const replicaSchema = z.strictObject({
  host: z.string().trim().min(1, 'Name the host of the replica.').max(255),
  port: port.optional(),
  /** Seconds that it may be behind; beyond that the primary answers. */
  maxLagS: z.number().min(0).max(86_400).default(10),
});
export type ReplicaSettings = z.output<typeof replicaSchema>;

const name = z.string().trim().min(1, 'Name the source.').max(100);
const access = z.enum(['read', 'read-write']);
const type = z.string().trim().min(1).max(40);

export const createSourceSchema = z.strictObject({
  name,
  type,
  /** Id or slug; "development" without it. */
  environment: z.string().trim().min(1).max(100).optional(),
  connection: connectionSchema,
  access: access.optional(),
  pool: poolSchema.optional(),
  limits: limitsSchema.optional(),
  replica: replicaSchema.nullable().optional(),
  /** The tables that Quarry keeps to; all of them without it. */
  tables: tablesSchema.nullable().optional(),
});
export type CreateSourceInput = z.output<typeof createSourceSchema>;

/** What create takes; only type and connection are needed. */
export const testSourceSchema = createSourceSchema.extend({ name: name.optional() });
export type TestSourceInput = z.output<typeof testSourceSchema>;

/** Absent fields stay as they are, secrets included. `pool`, `limits` and `cache` replace what was set. */
export const updateSourceSchema = z
  .strictObject({
    name: name.optional(),
    access: access.optional(),
    connection: z
      .strictObject({
        ...connectionFields,
        tls: tlsSchema.partial().optional(),
        /** An empty field goes; an empty host, or null, ends the tunnel. */
        ssh: z
          .strictObject({ ...sshFields, port: z.union([port, z.literal('')]) })
          .partial()
          .nullable()
          .optional(),
      })
      .optional(),
    pool: poolSchema.optional(),
    limits: limitsSchema.optional(),
    /** Null goes back to the primary alone. */
    replica: replicaSchema.nullable().optional(),
    /** Null goes back to all tables. */
    tables: tablesSchema.nullable().optional(),
    cache: cacheSettingsSchema.optional(),
  })
  .refine((input) => Object.keys(input).length > 0, { message: 'Nothing to change was given.' });
export type UpdateSourceInput = z.output<typeof updateSourceSchema>;

export const listSourcesSchema = z.object({ environment: z.string().trim().min(1).max(100).optional() });

/** Ids in paths are looked up, never rejected by form: a malformed one is "not found" like a foreign one. */
export const sourceParams = z.object({ id: z.string() });
