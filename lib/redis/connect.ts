import { Redis, type RedisOptions } from 'ioredis';

/** Milliseconds between attempts to reach Redis again: 50, 100, 200 … 2,000, each with up to a tenth more, so that processes spread. */
function retryDelayMs(attempt: number): number {
  const delay = Math.min(2_000, 50 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(delay * (1 + Math.random() / 10));
}

/** The parts of `redis://user:password@host:port/database`; `rediss://` means TLS, checked against the system's authorities. */
export function redisOptions(url: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const database = Number.parseInt(pathname.slice(1), 10);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : 6379,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(Number.isInteger(database) ? { db: database } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    retryStrategy: retryDelayMs,
    // A fail-over leaves old connections on a replica that refuses writes.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/**
 * A connection that fails fast: a command on a dead connection is an error at once, never kept for later. It reconnects by itself.
 * @param name as the server's CLIENT LIST shows it
 */
export function connectRedis(url: string, name: string): Redis {
  return new Redis({
    ...redisOptions(url),
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    // A host that went without a word is noticed by the heartbeat's missing answer.
    socketTimeout: 3_000,
    connectTimeout: 3_000,
  });
}

/** What is wrong, in our words: a driver's text names hosts, and an error of it holds the arguments of the command. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  if (/^(WRONGPASS|NOAUTH|NOPERM)|invalid username-password|invalid password/i.test(text)) return 'Redis refuses the login.';
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'The host of Redis is not known.';
  if (/^LOADING/.test(text)) return 'Redis is loading its data.';
  if (/certificate|self-signed|TLS|SSL/i.test(text)) return 'The secure connection to Redis fails.';
  return 'Redis cannot be reached.';
}
