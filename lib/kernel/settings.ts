import { z } from 'zod';
import { readEnv } from './env';
import { QuarryError } from './errors';
import { inputMessage } from './input-message';

/**
 * Every setting of the installation, one line each. The table feeds validation at start, `.env.example`, the effective
 * configuration and the docs. Units stand last in the property's name.
 */
const flag = z.enum(['true', 'false', '1', '0', 'on', 'off']).transform((v) => v === 'true' || v === '1' || v === 'on');
const count = (min = 0, max = 1_000_000_000) => z.coerce.number().int().min(min).max(max);
const seconds = z.coerce
  .number()
  .positive()
  .max(86_400 * 365)
  .transform((s) => Math.round(s * 1000));

interface Definition {
  env: string;
  schema: z.ZodType;
  /** As it would be written in the environment; undefined means "not set". */
  fallback?: string;
  about: string;
  secret?: boolean;
}

const define = <S extends z.ZodType>(env: string, schema: S, fallback: string | undefined, about: string, secret = false) => ({
  env,
  schema,
  fallback,
  about,
  secret,
});

export const SETTINGS = {
  port: define('PORT', count(1, 65_535), '3000', 'Port of the web server.'),
  host: define('HOST', z.string(), '127.0.0.1', 'Address the web server listens on.'),
  publicUrl: define('PUBLIC_URL', z.url().optional(), undefined, 'Address people use, when a proxy stands in front.'),
  databaseUrl: define(
    'DATABASE_URL',
    z.string().optional(),
    undefined,
    'Builder database (PostgreSQL). Unset: the embedded one.',
    true,
  ),
  redisUrl: define(
    'REDIS_URL',
    z.url({ protocol: /^rediss?$/, error: 'It must start with redis:// or rediss://.' }).optional(),
    undefined,
    'Redis for caches, jobs and messages between processes. Unset: all in this process.',
    true,
  ),
  redisPrefix: define(
    'REDIS_PREFIX',
    z.string().regex(/^[\w:.-]{0,60}$/, 'Only letters, digits, and : . _ - may be in it.'),
    'quarry:',
    'What every key of this installation in Redis starts with.',
  ),
  masterKey: define(
    'QUARRY_MASTER_KEY',
    z.string().optional(),
    undefined,
    'Key-encryption key, 32 bytes base64. Unset: .quarry/secrets.',
    true,
  ),
  authSecret: define(
    'NEXTAUTH_SECRET',
    z.string().optional(),
    undefined,
    'Signs the session cookie. Unset: .quarry/secrets.',
    true,
  ),
  logLevel: define(
    'LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least severe level that is logged.',
  ),
  sqliteRoot: define(
    'SQLITE_ROOT',
    z.string().optional(),
    undefined,
    'Folder of SQLite files that may be connected. Default $QUARRY_HOME/sqlite.',
  ),
  uploadMaxBytes: define('UPLOAD_MAX_BYTES', count(1, 100_000_000_000), '524288000', 'Bytes that one upload of files may have.'),
  uploadTimeoutMs: define('UPLOAD_TIMEOUT', seconds, '600', 'Seconds that making a database of uploaded files may take.'),
  rateLimit: define(
    'RATE_LIMIT',
    z.enum(['on', 'off']).transform((v) => v === 'on'),
    'on',
    'off lifts rate limits, for bulk evaluation.',
  ),
  rateLimitPerMinute: define('RATE_LIMIT_PER_MINUTE', count(1), '600', 'Queries a principal may run in a minute.'),
  askLimitPerMinute: define('ASK_LIMIT_PER_MINUTE', count(1), '60', 'Questions a principal may ask in a minute.'),
  signInLimitPerMinute: define('SIGN_IN_LIMIT_PER_MINUTE', count(1), '10', 'Failed sign-ins per e-mail or address in a minute.'),
  privateHosts: define(
    'PRIVATE_HOSTS',
    z.enum(['allow', 'deny']),
    'allow',
    'Whether sources may be on private or loopback addresses.',
  ),
  sessionIdleMs: define('SESSION_IDLE', seconds, '3600', 'Seconds without use after which a signed-in session ends.'),
  workers: define(
    'WORKERS',
    z.enum(['in-process', 'separate', 'off']).optional(),
    undefined,
    'Whether the web server runs jobs. separate: `npm run worker` does. off: nobody. Unset: separate with REDIS_URL, else in-process.',
  ),
  workerConcurrency: define('WORKER_CONCURRENCY', count(1, 100), '4', 'Jobs on customer databases that a process runs at once.'),
  workerLeaseMs: define(
    'WORKER_LEASE',
    z.coerce
      .number()
      .min(2)
      .max(3600)
      .transform((s) => Math.round(s * 1000)),
    '30',
    'Seconds without a sign of life after which the jobs of a process are given to another.',
  ),
  historyRetentionDays: define(
    'HISTORY_RETENTION_DAYS',
    count(1, 3650),
    '90',
    'Days that query history and ended jobs are kept.',
  ),
  sweepIntervalMs: define('SWEEP_INTERVAL', seconds, '300', 'Seconds between sweeps of idle sessions and pools.'),
  poolMax: define(
    'DB_POOL_SIZE',
    count(1, 500).optional(),
    undefined,
    'Connections per pool. Unset: the engine default (Postgres 20, SQLite 4).',
  ),
  poolOverflow: define('DB_MAX_OVERFLOW', count(0, 500).optional(), undefined, 'Extra connections per pool above DB_POOL_SIZE.'),
  poolWaitMs: define('DB_POOL_TIMEOUT', seconds, '30', 'Seconds a request waits for a free connection.'),
  poolMaxPerOrganization: define(
    'DB_POOL_MAX_PER_ORGANIZATION',
    count(1, 10_000),
    '100',
    'Connections to sources that one organisation may hold.',
  ),
  poolMaxTotal: define('DB_POOL_MAX_TOTAL', count(1, 100_000), '400', 'Connections to sources that one process may hold.'),
  poolIdleMs: define('DB_POOL_IDLE', seconds, '1800', 'Seconds after which an unused pool closes.'),
  poolRecycleMs: define('DB_POOL_RECYCLE', seconds, '3600', 'Seconds after which a connection is replaced.'),
  healthIntervalMs: define('HEALTH_INTERVAL', seconds, '15', 'Seconds between checks of the sources that are in use.'),
  connectTimeoutMs: define('DB_CONNECT_TIMEOUT', seconds, '10', 'Seconds to wait for a connection to a source.'),
  queryTimeoutMs: define('QUERY_TIMEOUT', seconds, '30', 'Seconds a query may run.'),
  maxResultRows: define('MAX_RESULT_ROWS', count(1), '10000', 'Rows an interactive query returns at most.'),
  maxResultBytes: define('MAX_RESULT_BYTES', count(1024), '104857600', 'Bytes an interactive query returns at most.'),
  costGate: define(
    'COST_GATE',
    z.enum(['off', 'warn', 'refuse']),
    'warn',
    'What happens to a query that the database expects to be expensive.',
  ),
  costGateMaxRows: define('COST_GATE_MAX_ROWS', count(1, 1e15), '10000000', 'Rows a query may be expected to read.'),
  costGateMaxCost: define(
    'COST_GATE_MAX_COST',
    z.coerce.number().positive().optional(),
    undefined,
    "Cost a query may be expected to have, in the engine's own unit. Unset: any.",
  ),
  maxExportRows: define('MAX_EXPORT_ROWS', count(1), '10000000', 'Rows a streamed or exported query returns at most.'),
  exportTimeoutMs: define('EXPORT_TIMEOUT', seconds, '600', 'Seconds a streamed or exported query may run.'),
  readOnly: define('READ_ONLY', flag, 'true', 'Sources are read-only unless one allows writes.'),
  cacheEnabled: define('CACHE_ENABLED', flag, 'true', 'Switch for all result caches.'),
  cacheSchemaTtlMs: define('CACHE_SCHEMA_TTL', seconds, '900', 'Seconds a schema is believed before it is read again.'),
  lazySchemaLoading: define(
    'LAZY_SCHEMA_LOADING',
    flag,
    'true',
    'Schemas are loaded when they are first needed; false loads those in use when a process starts.',
  ),
  cacheQueryTtlMs: define('CACHE_QUERY_TTL', seconds, '300', 'Seconds a query result is reused.'),
  cacheAnswerTtlMs: define('CACHE_LLM_TTL', seconds, '3600', 'Seconds an answer to a question is reused.'),
  cacheMaxBytes: define('CACHE_MAX_BYTES', count(0), '134217728', 'Bytes that each cache may use in its back end.'),
  cacheBackend: define(
    'CACHE_BACKEND',
    z.enum(['auto', 'memory', 'sqlite', 'redis']),
    'auto',
    'Where results are cached: in memory, a SQLite file in $QUARRY_HOME/cache, or Redis. auto: Redis when there is one.',
  ),
  enableStreaming: define(
    'ENABLE_STREAMING',
    flag,
    'true',
    'Answers are sent in parts while they are made. false: in one piece, rows within MAX_RESULT_ROWS; files are still streamed.',
  ),
  maxTablesInContext: define('MAX_TABLES_IN_CONTEXT', count(1, 200), '5', 'Tables shown to a model, join paths not counted.'),
  modelStrategy: define('MODEL_STRATEGY', z.enum(['fixed', 'adaptive']), 'adaptive', 'How the model for a question is chosen.'),
  modelProvider: define(
    'MODEL_PROVIDER',
    z.enum(['builtin', 'openai', 'vllm', 'ollama']),
    'builtin',
    'Provider when an organisation has configured none.',
  ),
  modelBaseUrl: define('MODEL_BASE_URL', z.url().optional(), undefined, 'Base URL of an OpenAI-compatible server.'),
  modelApiKey: define('MODEL_API_KEY', z.string().optional(), undefined, 'Key for that server.', true),
  fastModel: define('FAST_MODEL', z.string().optional(), undefined, 'Model for easy questions.'),
  balancedModel: define('BALANCED_MODEL', z.string().optional(), undefined, 'Model for ordinary questions.'),
  complexModel: define('COMPLEX_MODEL', z.string().optional(), undefined, 'Model for hard questions.'),
  modelContextTokens: define('MODEL_CONTEXT_TOKENS', count(1024), '16384', 'Context window of the model, in tokens.'),
  modelTimeoutMs: define('MODEL_TIMEOUT', seconds, '60', 'Seconds to wait for a model.'),
  secureCookies: define(
    'SECURE_COOKIES',
    flag.optional(),
    undefined,
    'Cookies only over HTTPS. Unset: true when PUBLIC_URL is https.',
  ),
} as const satisfies Record<string, Definition>;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { [K in SettingName]: z.output<(typeof SETTINGS)[K]['schema']> };

export interface EffectiveSetting {
  name: SettingName;
  env: string;
  origin: 'environment' | 'default';
  /** Secrets are shown only as set or not set. */
  value: string | null;
  about: string;
}

/**
 * Reads and validates every setting.
 * @param read where values come from; the environment unless a test passes its own
 * @throws QuarryError settings.invalid naming the variable and what is wrong with it
 */
export function readSettings(read: (name: string) => string | undefined = readEnv): Settings {
  const out: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(SETTINGS) as [SettingName, Definition][]) {
    const parsed = definition.schema.safeParse(read(definition.env) ?? definition.fallback, { error: inputMessage });
    if (!parsed.success) {
      const reason = parsed.error.issues[0]?.message ?? 'not valid';
      throw new QuarryError('settings.invalid', `${definition.env} is not valid: ${reason}. ${definition.about}`, {
        details: { setting: definition.env },
      });
    }
    out[name] = parsed.data;
  }
  const whole = out as Settings;
  if (whole.cacheBackend === 'redis' && whole.redisUrl === undefined) {
    throw new QuarryError('settings.invalid', 'CACHE_BACKEND=redis needs REDIS_URL, the address of the Redis.', {
      details: { setting: 'REDIS_URL' },
    });
  }
  return whole;
}

let current: Settings | undefined;

/** The settings of this process, read once. */
export function settings(): Settings {
  current ??= readSettings();
  return current;
}

/** Each setting with its origin, for the configuration page and `quarry doctor`. */
export function describeSettings(read: (name: string) => string | undefined = readEnv): EffectiveSetting[] {
  return (Object.entries(SETTINGS) as [SettingName, Definition][]).map(([name, { env, fallback, about, secret }]) => {
    const set = read(env);
    const value = set ?? fallback ?? null;
    return { name, env, origin: set === undefined ? 'default' : 'environment', value: secret && value ? 'set' : value, about };
  });
}
