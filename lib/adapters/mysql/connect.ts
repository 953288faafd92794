import { connect as connectSocket, isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import mysql from 'mysql2';
import type { Endpoint, OpenLimits } from '../contract';
import type { MysqlConfig } from './manifest';
import type { Wire } from './wire';

/** Where connections go, and what has been learnt of the server there. */
export interface Target {
  config: MysqlConfig;
  limits: OpenLimits;
  /** Set once a server turned out not to offer TLS (mode "prefer"). */
  plain: boolean;
}

/**
 * A connection that is signed in. A plain server under mode "prefer" is connected to without TLS from then on.
 * @throws errors of the socket, of TLS, of mysql2 and of the server; connectError makes sentences of them
 */
export async function connectWire(target: Target, endpoint: Endpoint): Promise<Wire> {
  try {
    return await tryConnect(target, endpoint);
  } catch (error) {
    const offersNone = (error as { code?: string }).code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (target.config.tls.mode !== 'prefer' || !offersNone) throw error;
    target.plain = true;
    return tryConnect(target, endpoint);
  }
}

/** Out of the handshake: files of ours, several statements or results in one answer, attributes that change the form of packets. */
const FLAGS = ['-LOCAL_FILES', '-MULTI_RESULTS', '-IGNORE_SPACE', '-CLIENT_QUERY_ATTRIBUTES'];

function tryConnect(target: Target, endpoint: Endpoint): Promise<Wire> {
  const { config, limits } = target;
  const encrypted = config.tls.mode !== 'disable' && !target.plain;
  const connection = mysql.createConnection({
    host: config.host,
    port: config.port,
    user: config.username,
    password: config.password ?? '',
    database: config.database,
    stream: () => connectSocket({ ...endpoint, noDelay: true, keepAlive: true }),
    // That there is one asks for TLS; how it is made is ours, below.
    ...(encrypted ? { ssl: {} } : {}),
    connectTimeout: limits.connectTimeoutMs,
    flags: FLAGS,
    charset: 'utf8mb4',
    connectAttributes: { program_name: 'quarry' },
    infileStreamFactory: () => {
      throw new Error('no file is ever sent');
    },
    multipleStatements: false,
    disableEval: true,
    trace: false,
  } as mysql.ConnectionOptions);
  const wire = connection as unknown as Wire;
  if (encrypted) wire.startTLS = (onSecure) => upgrade(wire, config, onSecure);
  return new Promise((resolve, reject) => {
    wire.on('connect', () => resolve(wire));
    wire.on('error', (error) => {
      reject(error);
      wire.stream.destroy();
    });
    wire.on('end', () => reject(Object.assign(new Error('closed while connecting'), { code: 'PROTOCOL_CONNECTION_LOST' })));
  });
}

/**
 * TLS over the socket that mysql2 has opened. Its own way compares an IP address with the name "localhost"; here the certificate is
 * checked against the host that the user named, not the address the guard resolved, before any password is sent.
 */
function upgrade(wire: Wire, { host, tls }: MysqlConfig, onSecure: (error?: Error) => void): void {
  const { mode, ca, cert, key } = tls;
  const options: ConnectionOptions = {
    ca,
    cert,
    key,
    servername: isIP(host) ? undefined : host,
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    checkServerIdentity: (_name, peer) => (mode === 'verify-full' ? checkServerIdentity(host, peer) : undefined),
  };
  const plain = wire.stream;
  plain.removeAllListeners('data');
  let secure: TLSSocket;
  try {
    secure = connectTls({ ...options, socket: plain });
  } catch (error) {
    onSecure(error as Error); // a pasted certificate that can't be read
    return;
  }
  let established = false;
  secure.once('secureConnect', () => {
    established = true;
    onSecure();
  });
  secure.on('error', (error) => {
    if (!established) onSecure(error); // a later one closes the socket below, which mysql2 watches
  });
  secure.on('data', (data: Buffer) => wire.packetParser.execute(data));
  wire.stream = secure;
}
