import { MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { QuarryError } from '../../kernel/errors';
import { type MongoConfig, manifest } from './manifest';

/** Why we asked the server to stop, when we did. */
export type StopReason = 'cancelled' | 'timeout' | null;

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Codes of the server (src/mongo/base/error_codes.yml). */
const CODE = {
  userNotFound: 11,
  unauthorized: 13,
  authenticationFailed: 18,
  cursorNotFound: 43,
  maxTimeExpired: 50,
  exceededTimeLimit: 262,
  cursorKilled: 237,
  interrupted: 11_601,
} as const;

/** The server goes away or changes its part; a repeat on a new connection helps. */
const GOING_AWAY = new Set([6, 7, 89, 91, 189, 9001, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436, 358]);

/**
 * An error met while connecting, as a sentence which names host and port but no secret.
 */
export function connectError(error: unknown, config: MongoConfig): QuarryError {
  if (error instanceof QuarryError) return error;
  const { target } = manifest.summarise(config);
  const options = { stage: 'connect' as const, cause: error };
  const fail = (code: QuarryError['code'], sentence: string) => new QuarryError(code, sentence, options);
  const message = error instanceof Error ? error.message : '';
  if (error instanceof MongoServerError) {
    const { code } = error;
    if (code === CODE.authenticationFailed || code === CODE.userNotFound)
      return fail(
        'source.auth_failed',
        config.username === undefined
          ? `The server ${target} knows no user for this client certificate.`
          : `The server ${target} refused the user name or password for "${config.username}".${authSourceHint(config)}`,
      );
    if (code === CODE.unauthorized)
      return fail(
        'source.auth_failed',
        config.username === undefined
          ? `The server ${target} wants a user name and a password.`
          : `User "${config.username}" may not use the database "${config.database}".`,
      );
    return fail('source.unreachable', `The server ${target} did not let Quarry in (${error.codeName ?? `code ${code}`}).`);
  }
  const socket = causeOf(error);
  if (
    /PEM|NO_START_LINE|ERR_OSSL/i.test(socket.code + socket.message) ||
    /key values mismatch/i.test(socket.message) ||
    TLS_CODES.test(socket.code) ||
    /certificate|\btls\b|ssl/i.test(socket.message)
  )
    return fail('source.tls_failed', `The TLS connection to ${target} failed: ${tlsReason(socket)}.`);
  if (/timed out|cancelled/i.test(message) || socket.code === 'ETIMEDOUT')
    return fail('source.unreachable', `The server ${target} did not answer in time. Check host, port and firewall.`);
  if (socket.code === 'ENOTFOUND' || socket.code === 'EAI_AGAIN')
    return fail('source.unreachable', `The host name of ${target} was not found.`);
  if (socket.code === 'ECONNREFUSED')
    return fail('source.unreachable', `Nothing accepts connections at ${target}. Check host and port, and that the server runs.`);
  if (/wire version/i.test(message))
    return fail('source.unsupported', `The server ${target} is too old for Quarry, which needs MongoDB 4.4 or later.`);
  if (/closed|ECONNRESET|socket hang up/i.test(message + socket.code))
    return fail('source.unreachable', closedSentence(target, config));
  if (error instanceof MongoError && /SCRAM|auth|password|nonce/i.test(message))
    return fail('source.auth_failed', `The server ${target} refused the user name or password for "${config.username ?? ''}".`);
  return fail('source.unreachable', `Quarry could not connect to ${target}${socket.code ? ` (${socket.code})` : ''}.`);
}

function authSourceHint({ options }: MongoConfig): string {
  return ` Its login is looked for in the database "${options.authSource ?? 'admin'}" (authSource).`;
}

/** A server says nothing when it wants TLS and gets none, or has no connection left. */
function closedSentence(target: string, { tls }: MongoConfig): string {
  return tls.mode === 'disable'
    ? `The server ${target} closed the connection. It may want TLS, or have no connection left.`
    : `The server ${target} closed the connection. It may not offer TLS, not accept the client certificate, or have no connection left.`;
}

interface SocketError {
  code: string;
  message: string;
}

/** The innermost cause: the socket's own error under the driver's. */
function causeOf(error: unknown): SocketError {
  let at: unknown = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (!(at instanceof Error) || !(at.cause instanceof Error)) break;
    at = at.cause;
  }
  const { code, message } = (at instanceof Error ? at : {}) as { code?: unknown; message?: string };
  return { code: typeof code === 'string' ? code : '', message: message ?? '' };
}

function tlsReason({ code, message }: SocketError): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate was made out to another host name';
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate has expired';
  if (/SELF_SIGNED|UNABLE_TO_|INVALID_CA/.test(code)) return 'the certificate is not signed by the given CA';
  if (/key values mismatch/i.test(message)) return 'the client certificate and its key do not belong together';
  if (/PEM|NO_START_LINE|ERR_OSSL/i.test(code + message)) return 'a pasted certificate or key is not valid PEM';
  if (/wrong version number|packet length too long/i.test(message)) return 'the server does not offer TLS';
  if (/certificate required|alert/i.test(message)) return 'the server did not accept the client certificate';
  if (/disconnected before secure/i.test(message))
    return 'the server ended the handshake; it may not offer TLS, or want a client certificate';
  return 'the handshake did not succeed';
}

/** An error met while a query ran. The server's own text concerns the caller's own query, so it is passed on, without names of hosts. */
export function queryError(error: unknown, config: MongoConfig, stopped: StopReason, timeoutMs: number): QuarryError {
  if (error instanceof QuarryError) return error;
  const options = { stage: 'execute' as const, cause: error };
  const cancelled = () => new QuarryError('query.cancelled', 'The query was cancelled.', options);
  const lost = () =>
    new QuarryError(
      'source.unreachable',
      `The connection to ${manifest.summarise(config).target} was lost while the query ran. Try again.`,
      options,
    );
  if (!(error instanceof MongoServerError)) {
    if (stopped === 'cancelled') return cancelled();
    if (stopped === 'timeout') return timeout(timeoutMs, options);
    if (error instanceof MongoNetworkError || error instanceof MongoError) return lost();
    return new QuarryError('query.failed', 'The answer of the database could not be read.', options);
  }
  const { code, codeName, message } = error;
  if (code === CODE.maxTimeExpired || code === CODE.exceededTimeLimit) return timeout(timeoutMs, options);
  if (code === CODE.interrupted || code === CODE.cursorKilled || code === CODE.cursorNotFound) {
    if (stopped === 'timeout') return timeout(timeoutMs, options);
    if (stopped === 'cancelled') return cancelled();
    if (code === CODE.cursorNotFound)
      return new QuarryError('query.failed', 'The database no longer has the rest of this result. Run the query again.', options);
    return new QuarryError('query.cancelled', 'The query was cancelled at the database server.', options);
  }
  if (typeof code === 'number' && GOING_AWAY.has(code)) return lost();
  const details = { code, ...(codeName ? { codeName } : {}) };
  if (code === CODE.unauthorized)
    return new QuarryError(
      'query.failed',
      'The login of this source may not read that. Ask for the role "read" on this database.',
      { ...options, details },
    );
  return new QuarryError('query.failed', `The database answered: ${withoutHosts(message).replace(/\.?$/, '.')}`, {
    ...options,
    details,
  });
}

const withoutHosts = (message: string): string => message.replace(/\b(?:[\w-]+\.)+[\w-]+:\d{2,5}\b/g, 'a server');

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
