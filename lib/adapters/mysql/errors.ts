import { QuarryError } from '../../kernel/errors';
import { NoResultError } from './execution';
import type { MysqlConfig } from './manifest';
import { ProtocolError, ServerError } from './wire';

/** Why we asked the server to stop, when we did. */
export type StopReason = 'cancelled' | 'timeout' | null;

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Numbers of errors, from the servers' references ("Server Error Message Reference", "MariaDB Error Codes"). */
const ERROR = {
  denied: new Set([1044, 1045, 1698, 1820, 1862, 3118, 3955, 4151, 4165]),
  hostDenied: new Set([1129, 1130]),
  badDatabase: 1049,
  tooManyConnections: new Set([1040, 1203, 1226]),
  tlsRequired: 3159,
  /** Of a session, not of a statement: shut down, killed, thrown out. */
  lost: new Set([1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 3169, 4031]),
  interrupted: 1317,
  timeouts: new Set([1969, 3024]),
  readOnly: new Set([1290, 1792, 1836]),
  lockWait: new Set([1205, 1099]),
  unsupported: 1295,
} as const;

interface DriverError {
  code: string;
  errno: number;
  message: string;
}

/** An error met while connecting, as a sentence which names host and port but no secret. */
export function connectError(error: unknown, config: MysqlConfig): QuarryError {
  if (error instanceof QuarryError) return error;
  const { code, errno, message } = asDriverError(error);
  const target = config.host.includes(':') ? `[${config.host}]:${config.port}` : `${config.host}:${config.port}`;
  const options = { stage: 'connect' as const, cause: error };
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new QuarryError(
      'source.tls_failed',
      `The server ${target} does not offer TLS. Choose TLS mode "disable", or turn TLS on at the server.`,
      options,
    );
  }
  if (errno === ERROR.tlsRequired) {
    return new QuarryError(
      'source.auth_failed',
      `The server ${target} lets nobody in without TLS. Choose a TLS mode that uses it.`,
      options,
    );
  }
  if (ERROR.denied.has(errno) && errno === 1044)
    return new QuarryError(
      'source.auth_failed',
      `User "${config.username}" may not use database "${config.database}" on ${target}.`,
      options,
    );
  if (ERROR.denied.has(errno)) {
    const hint = config.tls.mode === 'disable' ? ' It may also ask for TLS, which is turned off here.' : '';
    return new QuarryError(
      'source.auth_failed',
      `The server ${target} refused the user name or password for "${config.username}".${hint}`,
      options,
    );
  }
  if (ERROR.hostDenied.has(errno)) {
    return new QuarryError(
      'source.auth_failed',
      `The server ${target} does not let anybody in from Quarry's address. Ask its administrator to allow it for "${config.username}".`,
      options,
    );
  }
  if (errno === ERROR.badDatabase)
    return new QuarryError('source.database_missing', `There is no database "${config.database}" on ${target}.`, options);
  if (ERROR.tooManyConnections.has(errno))
    return unreachable(`The server ${target} has no free connection slot. Try again later, or lower the pool size.`, options);
  if (ERROR.lost.has(errno))
    return unreachable(`The server ${target} is starting up or shutting down. Try again in a moment.`, options);
  if (/AUTH_SWITCH|auth(?:entication)? plugin/i.test(`${code} ${message}`)) {
    return new QuarryError(
      'source.auth_failed',
      `User "${config.username}" signs in to ${target} in a way that Quarry does not know. It knows mysql_native_password, caching_sha2_password and sha256_password.`,
      options,
    );
  }
  return socketError(code, message, target, options);
}

function socketError(code: string, message: string, target: string, options: { stage: 'connect'; cause: unknown }): QuarryError {
  // mysql2 puts a code of its own over that of the handshake.
  const cause = code === 'HANDSHAKE_SSL_ERROR' || TLS_CODES.test(code) || /certificate|PEM|key values mismatch/i.test(message);
  if (cause)
    return new QuarryError(
      'source.tls_failed',
      `The TLS connection to ${target} failed: ${tlsReason(`${code} ${message}`)}.`,
      options,
    );
  if (/timeout/i.test(message) || code === 'ETIMEDOUT')
    return unreachable(`The server ${target} did not answer in time. Check host, port and firewall.`, options);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return unreachable(`The host name of ${target} was not found.`, options);
  if (code === 'ECONNREFUSED')
    return unreachable(`Nothing accepts connections at ${target}. Check host and port, and that the server runs.`, options);
  return unreachable(`Quarry could not connect to ${target}${code ? ` (${code})` : ''}.`, options);
}

function tlsReason(text: string): string {
  if (/altnames?|does not match certificate/i.test(text)) return 'the certificate was made out to another host name';
  if (/has expired/i.test(text)) return 'the certificate has expired';
  if (/self[- ]signed|unable to (?:verify|get)|invalid ca/i.test(text)) return 'the certificate is not signed by the given CA';
  if (/key values mismatch/i.test(text)) return 'the client certificate and its key do not belong together';
  if (/PEM|NO_START_LINE|ERR_OSSL/i.test(text)) return 'a pasted certificate or key is not valid PEM';
  if (/certificate required|alert/i.test(text)) return 'the server did not accept the client certificate';
  return 'the handshake did not succeed';
}

/** True for an error of the connection rather than of a statement. */
export function isLost(error: unknown): boolean {
  if (error instanceof NoResultError) return false;
  return !(error instanceof ServerError) || ERROR.lost.has(error.errno);
}

/**
 * An error met while a query ran. The server's own text concerns the caller's own query, so it is passed on.
 * @param text the caller's query, to find the place that a syntax error names
 */
export function queryError(error: unknown, config: MysqlConfig, stopped: StopReason, timeoutMs: number, text = ''): QuarryError {
  if (error instanceof QuarryError) return error;
  const options = { stage: 'execute' as const, cause: error };
  if (error instanceof NoResultError) {
    return new QuarryError('query.refused', `This is not a query: ${error.message}. Quarry runs statements that read.`, options);
  }
  if (stopped === 'cancelled') return new QuarryError('query.cancelled', 'The query was cancelled.', options);
  if (stopped === 'timeout') return timeout(timeoutMs, options);
  if (error instanceof ProtocolError)
    return unreachable(
      `The server at ${config.host}:${config.port} does not keep to the protocol, so the connection was closed.`,
      options,
    );
  if (!(error instanceof ServerError) || ERROR.lost.has(error.errno))
    return unreachable(`The connection to ${config.host}:${config.port} was lost while the query ran. Try again.`, options);
  return serverError(error, timeoutMs, options, text);
}

function serverError(
  error: ServerError,
  timeoutMs: number,
  options: { stage: 'execute'; cause: unknown },
  text: string,
): QuarryError {
  const { errno, message, sqlState } = error;
  if (ERROR.timeouts.has(errno)) return timeout(timeoutMs, options);
  if (errno === ERROR.interrupted)
    return new QuarryError('query.cancelled', 'The query was cancelled at the database server.', options);
  if (ERROR.readOnly.has(errno))
    return new QuarryError('query.refused', `The database refused to change anything: ${message}.`, options);
  if (errno === ERROR.unsupported)
    return new QuarryError('query.refused', 'Statements of this kind cannot be prepared, and Quarry runs no others.', options);
  const details = { sqlState, errno, ...placeOf(message, text) };
  if (errno === 1064 && text.includes(';') && !/;\s*$/.test(text))
    return new QuarryError('query.invalid', `The database answered: ${message}. Only one statement can run at a time.`, {
      ...options,
      details,
    });
  if (ERROR.tooManyConnections.has(errno))
    return unreachable('The database has reached a limit of its configuration. Try again later.', options);
  if (ERROR.lockWait.has(errno))
    return new QuarryError('query.failed', 'The query waited too long for a lock. Try again.', { ...options, details });
  return new QuarryError('query.failed', `The database answered: ${message}.`, { ...options, details });
}

/** `… near 'FROM x' at line 2`: where that stands in the text, counted from 1. */
function placeOf(message: string, text: string): { position?: number } {
  const near = /near '([\s\S]+)' at line \d+$/.exec(message)?.[1];
  const at = near === undefined ? -1 : text.lastIndexOf(near);
  return at < 0 ? {} : { position: at + 1 };
}

function timeout(timeoutMs: number, options: { stage: 'execute'; cause: unknown }): QuarryError {
  return new QuarryError(
    'query.timeout',
    `The query was stopped after ${timeoutMs / 1000} s. Narrow it down, or ask for more time.`,
    { ...options, details: { timeoutMs } },
  );
}

function unreachable(sentence: string, options: { stage: 'connect' | 'execute'; cause: unknown }): QuarryError {
  return new QuarryError('source.unreachable', sentence, options);
}

function asDriverError(error: unknown): DriverError {
  const { code, errno, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<DriverError>;
  return { code: String(code ?? ''), errno: Number(errno ?? 0), message: String(message ?? '') };
}
