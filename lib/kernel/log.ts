import pino, { type Logger, type LoggerOptions } from 'pino';
import { readEnv } from './env';
import { singleton } from './singleton';

export type { Logger };

/** Paths whose values never reach a log line, whatever an author passes in. */
const SECRET_PATHS = [
  'password',
  'secret',
  'token',
  'apiKey',
  'uri',
  'connection',
  'authorization',
  'cookie',
  'privateKey',
].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

const options = (): LoggerOptions => ({
  level: readEnv('LOG_LEVEL') ?? 'info',
  redact: { paths: SECRET_PATHS, censor: '[redacted]' },
  base: undefined,
});

/** Sends the log of this process to standard error, because its standard output is data. Call it before anything logs. */
export function logToStandardError(): void {
  singleton('kernel.log', () => pino(options(), pino.destination({ dest: 2, sync: true })));
}

/** Sends the log of this process, at every level, to `write`: for tests of what is logged. Call it before anything logs. */
export function logInto(write: (line: string) => void): void {
  singleton('kernel.log', () => pino({ ...options(), level: 'trace' }, { write }));
}

/** The process's JSON logger. Take a child with the request id where there is one: `ctx.log`. */
export function logger(): Logger {
  return singleton('kernel.log', () => pino(options()));
}
