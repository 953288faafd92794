import { QuarryError } from '../../kernel/errors';
import type { PostgresConfig } from './manifest';

/** What of an error of pg or of the socket is used. */
interface DriverError {
  code?: string;
  message?: string;
  severity?: string;
  position?: string;
  hint?: string;
  detail?: string;
}

/** Why we asked the server to stop, when we did. */
export type StopReason = 'cancelled' | 'timeout' | null;

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * An error met while connecting, as a sentence which names host and port but no secret.
 * Codes: PostgreSQL manual, appendix A; Node's net and tls errors.
 */
export function connectError(error: unknown, config: PostgresConfig): QuarryError {
  if (error instanceof QuarryError) return error;
  const { code = '', message = '' } = asDriverError(error);
  const target = config.host.includes(':') ? `[${config.host}]:${config.port}` : `${config.host}:${config.port}`;
  const options = { stage: 'connect' as const, cause: error };
  if (code === '28P01' || code === '28000' || /SASL|SCRAM/.test(message)) {
    if (/no pg_hba\.conf entry/.test(message)) {
      return new QuarryError(
        'source.auth_failed',
        `The server ${target} does not let user "${config.username}" in from Quarry's address${/no encryption/.test(message) ? ' without TLS' : ''}. Ask its administrator to allow it in pg_hba.conf.`,
        options,
      );
    }
    return new QuarryError(
      'source.auth_failed',
      `The server ${target} refused the user name or password for "${config.username}".`,
      options,
    );
  }
  if (code === '3D000')
    return new QuarryError('source.database_missing', `There is no database "${config.database}" on ${target}.`, options);
  if (code === '53300')
    return unreachable(`The server ${target} has no free connection slot. Try again later, or lower the pool size.`, options);
  if (code.startsWith('57P'))
    return unreachable(`The server ${target} is starting up or shutting down. Try again in a moment.`, options);
  if (code === '42501')
    return new QuarryError(
      'source.auth_failed',
      `User "${config.username}" may not connect to database "${config.database}".`,
      options,
    );
  if (/does not support SSL/.test(message)) {
    return new QuarryError(
      'source.tls_failed',
      `The server ${target} does not offer TLS. Choose TLS mode "disable", or turn TLS on at the server.`,
      options,
    );
  }
  if (TLS_CODES.test(code) || /certificate|SSL connection|tls|PEM|key values mismatch/i.test(message)) {
    return new QuarryError('source.tls_failed', `The TLS connection to ${target} failed: ${tlsReason(code, message)}.`, options);
  }
  if (/timeout/i.test(message) || code === 'ETIMEDOUT')
    return unreachable(`The server ${target} did not answer in time. Check host, port and firewall.`, options);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return unreachable(`The host name of ${target} was not found.`, options);
  if (code === 'ECONNREFUSED')
    return unreachable(`Nothing accepts connections at ${target}. Check host and port, and that the server runs.`, options);
  return unreachable(`Quarry could not connect to ${target}${code ? ` (${code})` : ''}.`, options);
}

function tlsReason(code: string, message: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate was made out to another host name';
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate has expired';
  if (/SELF_SIGNED|UNABLE_TO_|INVALID_CA/.test(code)) return 'the certificate is not signed by the given CA';
  if (/key values mismatch/i.test(message)) return 'the client certificate and its key do not belong together';
  if (/PEM|NO_START_LINE|ERR_OSSL/i.test(code + message)) return 'a pasted certificate or key is not valid PEM';
  if (/certificate required|alert/i.test(message)) return 'the server did not accept the client certificate';
  return 'the handshake did not succeed';
}

/**
 * An error met while a query ran. The server's own text concerns the caller's own query, so it is passed on.
 * @param shift characters that Quarry put before the caller's text
 */
export function queryError(
  error: unknown,
  config: PostgresConfig,
  stopped: StopReason,
  timeoutMs: number,
  shift = 0,
): QuarryError {
  if (error instanceof QuarryError) return error;
  const { code = '', message = 'unknown error', severity, position, hint, detail } = asDriverError(error);
  const options = { stage: 'execute' as const, cause: error };
  if (severity === undefined || code.startsWith('57P')) {
    if (stopped === 'cancelled') return new QuarryError('query.cancelled', 'The query was cancelled.', options);
    if (stopped === 'timeout') return timeout(timeoutMs, options);
    return unreachable(`The connection to ${config.host}:${config.port} was lost while the query ran. Try again.`, options);
  }
  if (code === '57014') {
    if (stopped === 'cancelled') return new QuarryError('query.cancelled', 'The query was cancelled.', options);
    if (stopped === 'timeout' || /statement timeout/.test(message)) return timeout(timeoutMs, options);
    return new QuarryError('query.cancelled', 'The query was cancelled at the database server.', options);
  }
  if (code === '25006') return new QuarryError('query.refused', `The database refused to change anything: ${message}.`, options);
  const at = position ? Number(position) - shift : undefined;
  const details = {
    sqlState: code,
    ...(at !== undefined && at > 0 ? { position: at } : {}),
    ...(hint ? { hint } : {}),
    ...(detail ? { detail } : {}),
  };
  if (/cannot insert multiple commands/.test(message)) {
    return new QuarryError('query.invalid', 'Only one statement can run at a time.', { ...options, details });
  }
  if (code === '53300' || code === '53400')
    return unreachable('The database has reached a limit of its configuration. Try again later.', options);
  if (code === '55P03')
    return new QuarryError('query.failed', 'The query waited too long for a lock. Try again.', { ...options, details });
  return new QuarryError('query.failed', `The database answered: ${message}.`, {
    ...options,
    details,
    hints: hint ? [hint] : undefined,
  });
}

function timeout(timeoutMs: number, options: { stage: 'execute'; cause: unknown }): QuarryError {
  return new QuarryError(
    'query.timeout',
    `The query was stopped after ${timeoutMs / 1000} s. Narrow it down, or ask for more time.`,
    {
      ...options,
      details: { timeoutMs },
    },
  );
}

function unreachable(sentence: string, options: { stage: 'connect' | 'execute'; cause: unknown }): QuarryError {
  return new QuarryError('source.unreachable', sentence, options);
}

function asDriverError(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? (error as DriverError) : {};
}
