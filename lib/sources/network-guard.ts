import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { databaseUrl } from '../db';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { type AddressKind, addressKind, canonicalAddress } from './addresses';

/** A service of Quarry's own, which no source may be. */
interface OwnService {
  name: string;
  /** Canonical addresses; empty means every address of this machine. */
  addresses: ReadonlySet<string>;
  port: number;
  /** Only connections to this database are refused; undefined refuses them all. */
  database?: string;
}

export interface GuardRules {
  /** false refuses private and loopback addresses. */
  allowPrivate: boolean;
  ownServices: readonly OwnService[];
  timeoutMs: number;
  /** Name to addresses, in the order to try. */
  resolve(host: string): Promise<string[]>;
}

const REASONS: Partial<Record<AddressKind, string>> = {
  metadata: 'it is the metadata service of a cloud provider',
  'link-local': 'it is a link-local address',
  unspecified: 'it is not the address of one machine',
  multicast: 'it is a multicast address',
  reserved: 'it is a reserved address',
};

/**
 * Resolves a host and judges every address that it has. [I13]
 * @param database that would be connected to, when known
 * @returns the address to connect to: connecting to the name instead would allow it to be rebound after the check
 * @throws QuarryError source.host_refused with the reason; source.unreachable when there is no such host
 */
export async function checkHost(host: string, port: number, database: string | undefined, rules: GuardRules): Promise<string> {
  const addresses = await resolveHost(host, rules);
  for (const address of addresses) {
    const reason = refusal(address, port, database, rules);
    if (reason) {
      throw new QuarryError('source.host_refused', `Quarry doesn't connect to ${host}:${port}, because ${reason}.`, {
        stage: 'connect',
        details: { host, port },
      });
    }
  }
  // IPv4 first: a name such as localhost often has an IPv6 address on which nothing listens, and only one address is tried.
  const chosen = addresses.find((address) => isIP(address) === 4) ?? addresses[0];
  if (chosen === undefined) throw noSuchHost(host);
  return chosen;
}

function refusal(address: string, port: number, database: string | undefined, rules: GuardRules): string | null {
  const kind = addressKind(address);
  const reason = REASONS[kind];
  if (reason) return reason;
  const own = rules.ownServices.find((service) => {
    if (service.port !== port) return false;
    if (service.database !== undefined && database !== undefined && service.database !== database) return false;
    return service.addresses.size === 0 ? isThisMachine(address) : service.addresses.has(canonicalAddress(address));
  });
  if (own) return `${own.name} is there`;
  if (!rules.allowPrivate && (kind === 'private' || kind === 'loopback')) {
    return `it is a ${kind} address, and this installation allows public ones only (PRIVATE_HOSTS=deny)`;
  }
  return null;
}

async function resolveHost(host: string, rules: GuardRules): Promise<string[]> {
  const literal = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal.replace(/%.*$/, ''))) return [literal];
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(noSuchHost(host)), rules.timeoutMs);
    });
    return await Promise.race([rules.resolve(host), late]);
  } catch (error) {
    throw error instanceof QuarryError ? error : noSuchHost(host, error);
  } finally {
    clearTimeout(timer);
  }
}

function noSuchHost(host: string, cause?: unknown): QuarryError {
  return new QuarryError(
    'source.unreachable',
    `The host ${host} could not be found. Check its spelling, and that this server can resolve it.`,
    {
      stage: 'connect',
      cause,
    },
  );
}

/** Whether an address is one of this machine's own. */
export function isThisMachine(address: string): boolean {
  if (addressKind(address) === 'loopback') return true;
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const wanted = canonicalAddress(address);
  return own.some((entry) => canonicalAddress(entry.address) === wanted);
}

/**
 * The rules of this installation.
 * @param options.sample true for a sample source that the product made itself: it may be beside the builder database
 */
export async function installationRules(options: { sample: boolean }): Promise<GuardRules> {
  const { privateHosts, connectTimeoutMs, port } = settings();
  const web: OwnService = { name: "Quarry's own web server", addresses: new Set(), port };
  return {
    allowPrivate: privateHosts === 'allow' || options.sample,
    ownServices: options.sample ? [web] : [web, ...(await builderDatabase()), ...(await redisService())],
    timeoutMs: connectTimeoutMs,
    resolve: lookupAll,
  };
}

/**
 * Judges a server that isn't a source but that people name too, such as a model's, by the same rules.
 * @throws QuarryError source.host_refused with the reason; source.unreachable when there is no such host
 */
export async function checkServer(address: URL): Promise<void> {
  const port = Number(address.port || (address.protocol === 'https:' ? 443 : 80));
  await checkHost(address.hostname, port, undefined, await installationRules({ sample: false }));
}

/**
 * Where the builder database listens. The embedded server is Quarry's as a whole; on a server that DATABASE_URL names, it is only
 * the one database, since others of the same server may well be somebody's data.
 */
async function builderDatabase(): Promise<OwnService[]> {
  const url = new URL(databaseUrl());
  if (!url.hostname) return [];
  const database = settings().databaseUrl === undefined ? undefined : decodeURIComponent(url.pathname.slice(1));
  const service = await ownServiceAt("Quarry's own database", url, 5432);
  return [{ ...service, ...(database === undefined ? {} : { database }) }];
}

/** Where Quarry's Redis listens: it holds results of all organisations. */
async function redisService(): Promise<OwnService[]> {
  const { redisUrl } = settings();
  return redisUrl === undefined ? [] : [await ownServiceAt("Quarry's own Redis", new URL(redisUrl), 6379)];
}

async function ownServiceAt(name: string, url: URL, defaultPort: number): Promise<OwnService> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) ? [host] : await lookupAll(host).catch(() => []);
  const local = addresses.some(isThisMachine);
  const where = local ? new Set<string>() : new Set(addresses.map(canonicalAddress));
  return { name, addresses: where, port: Number(url.port || defaultPort) };
}

async function lookupAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map((entry) => entry.address);
}
