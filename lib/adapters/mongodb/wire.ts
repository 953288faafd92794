import { resolveSrv, resolveTxt } from 'node:dns/promises';
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { BSON, type Document, MongoClient, ReadPreference } from 'mongodb';
import { connect, type DriverConnection } from 'mongodb/lib/cmap/connect.js';
import { MongoDBResponse } from 'mongodb/lib/cmap/wire_protocol/responses.js';
import { MongoClientAuthProviders } from 'mongodb/lib/mongo_client_auth_providers.js';
import { QuarryError } from '../../kernel/errors';
import type { OpenLimits } from '../contract';
import { endpointOf } from '../endpoint';
import { type MongoConfig, membersOf } from './manifest';
import { type Member, parseHosts } from './uri';

/** What of the driver's options a connection needs, made once per pool. */
export interface WireSettings {
  config: MongoConfig;
  limits: OpenLimits;
  driverOptions: Readonly<Record<string, unknown>>;
}

/** A connection that has greeted and signed in. */
export interface Wire {
  connection: DriverConnection;
  member: Member;
  /** The server's own number of this connection. */
  connectionId: string;
  /** mongos: operations are to be looked for there only. */
  isRouter: boolean;
  readPreference: ReadPreference;
}

/** Reads the driver's options without connecting: a client that is never connected is how it parses them. */
export function wireSettings(config: MongoConfig, limits: OpenLimits): WireSettings {
  const { username, password, options, tls } = config;
  const client = new MongoClient('mongodb://localhost/', {
    appName: 'quarry',
    authSource:
      options.authMechanism === 'MONGODB-X509' || options.authMechanism === 'PLAIN'
        ? '$external'
        : (options.authSource ?? 'admin'),
    ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    ...(options.authMechanism === undefined ? {} : { authMechanism: options.authMechanism }),
    ...(tls.mode === 'disable' ? {} : { tls: true }),
  });
  const { credentials, metadata } = client.options as unknown as Record<string, unknown>;
  return { config, limits, driverOptions: { credentials, metadata, authProviders: new MongoClientAuthProviders() } };
}

/**
 * Connects to a member that can be read: the primary where there is one, a router, or else a secondary. Every host goes through the network
 * guard, those that an SRV record or another member names too.
 * @throws QuarryError source.host_refused; MongoError and network errors, to be explained by connectError
 */
export async function openWire(settings: WireSettings): Promise<Wire> {
  const { config } = settings;
  const direct = config.options.directConnection === 'true';
  const members = config.options.srv === 'true' ? await srvMembers(config.host) : membersOf(config);
  let secondary: Wire | null = null;
  let failure: unknown = null;
  for (const member of members) {
    const wire = await openMember(settings, member).catch((error: unknown) => {
      failure ??= error;
      return null;
    });
    if (!wire) continue;
    if (direct || isFirstChoice(wire)) {
      secondary?.connection.destroy();
      return wire;
    }
    const primary = await followPrimary(settings, wire);
    if (primary) {
      wire.connection.destroy();
      secondary?.connection.destroy();
      return primary;
    }
    if (secondary || wire.connection.hello?.secondary !== true) wire.connection.destroy();
    else secondary = wire;
  }
  if (secondary) return secondary;
  throw (
    failure ??
    new QuarryError('source.unreachable', 'No member of the replica set can be read now. Try again in a moment.', {
      stage: 'connect',
    })
  );
}

const isFirstChoice = ({ connection: { hello }, isRouter }: Wire): boolean => isRouter || hello?.isWritablePrimary === true;

/** A secondary names the primary; where that can't be reached from here, the secondary is read. */
async function followPrimary(settings: WireSettings, { connection }: Wire): Promise<Wire | null> {
  const named = typeof connection.hello?.primary === 'string' ? parseHosts(connection.hello.primary, 27_017)?.[0] : undefined;
  if (!named) return null;
  const wire = await openMember(settings, named).catch(() => null);
  if (!wire || isFirstChoice(wire)) return wire;
  wire.connection.destroy();
  return null;
}

/**
 * Connects to one member, whatever its part in its set is.
 * @throws QuarryError source.unreachable when it belongs to another replica set; and what openWire throws
 */
export async function openMember(settings: WireSettings, member: Member): Promise<Wire> {
  const connection = await connectMember(settings, member);
  const { hello } = connection;
  const wanted = settings.config.options.replicaSet;
  if (wanted !== undefined && hello?.setName !== wanted) {
    connection.destroy();
    throw new QuarryError(
      'source.unreachable',
      `The server does not belong to the replica set "${wanted}". Check the name of the set.`,
      {
        stage: 'connect',
      },
    );
  }
  const isRouter = hello?.msg === 'isdbgrid';
  return {
    connection,
    member,
    connectionId: String(hello?.connectionId ?? ''),
    isRouter,
    readPreference: hello?.isWritablePrimary || isRouter ? ReadPreference.primary : ReadPreference.secondaryPreferred,
  };
}

let connections = 0;

async function connectMember({ config, limits, driverOptions }: WireSettings, { host, port }: Member): Promise<DriverConnection> {
  const endpoint = await endpointOf(limits, host, port);
  connections += 1;
  const late = new EventEmitter();
  const timer = setTimeout(() => late.emit('cancel'), limits.connectTimeoutMs);
  try {
    return await connect({
      ...driverOptions,
      ...tlsOptions(config, host),
      id: connections,
      generation: 0,
      monitorCommands: false,
      loadBalanced: false,
      connectTimeoutMS: limits.connectTimeoutMs,
      socketTimeoutMS: 0,
      cancellationToken: late,
      hostAddress: { ...endpoint, toString: () => `${endpoint.host}:${endpoint.port}` },
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The certificate is checked against the host that was named, not the address that the guard resolved. */
function tlsOptions({ tls: { mode, ca, cert, key } }: MongoConfig, host: string): Record<string, unknown> {
  if (mode === 'disable') return { tls: false };
  const options: ConnectionOptions = {
    ca,
    cert,
    key,
    servername: isIP(host) ? undefined : host,
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    checkServerIdentity: mode === 'verify-full' ? (_, peer) => checkServerIdentity(host, peer) : () => undefined,
  };
  return { ...options, tls: true };
}

/**
 * The hosts behind an SRV name. They must be of the same domain, so that who answers for another can't lead us away.
 * Source: "Initial DNS Seedlist Discovery" of the MongoDB specifications.
 */
async function srvMembers(name: string): Promise<Member[]> {
  const records = await resolveSrv(`_mongodb._tcp.${name}`).catch((error: unknown) => {
    throw new QuarryError(
      'source.unreachable',
      `The name ${name} has no list of MongoDB servers (SRV records). Check the address.`,
      {
        stage: 'connect',
        cause: error,
      },
    );
  });
  const parts = name.replace(/\.$/, '').split('.');
  const domain = `.${(parts.length > 2 ? parts.slice(1) : parts).join('.').toLowerCase()}`;
  const members = records.map((record) => ({ host: record.name.replace(/\.$/, ''), port: record.port }));
  if (members.length === 0 || members.some(({ host }) => !host.toLowerCase().endsWith(domain))) {
    throw new QuarryError('source.host_refused', `The SRV records of ${name} name servers of another domain.`, {
      stage: 'connect',
    });
  }
  return members;
}

/** What the TXT record of an SRV name sets: where the logins are, and the replica set; what the connection itself says comes first. */
export async function withSrvOptions(config: MongoConfig): Promise<MongoConfig> {
  if (config.options.srv !== 'true') return config;
  const records = await resolveTxt(config.host).catch(() => []);
  const parameters = new URLSearchParams(records[0]?.join('') ?? '');
  const authSource = parameters.get('authSource') ?? undefined;
  const replicaSet = parameters.get('replicaSet') ?? undefined;
  return {
    ...config,
    options: { ...(authSource ? { authSource } : {}), ...(replicaSet ? { replicaSet } : {}), ...config.options },
  };
}

/** Sends a command and gives the bytes of the answer. @throws MongoError */
export async function sendRaw(
  { connection, readPreference }: Wire,
  database: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Buffer> {
  const answer = await connection.command(
    { db: database },
    body,
    { readPreference, enableUtf8Validation: false },
    MongoDBResponse,
  );
  const bytes = answer.toBytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same for Quarry's own small questions: the answer as a document. */
export async function send(wire: Wire, database: string, body: Readonly<Record<string, unknown>>): Promise<Document> {
  return BSON.deserialize(await sendRaw(wire, database, body), { validation: { utf8: false } });
}
