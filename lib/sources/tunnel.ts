import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type AnyAuthMethod, Client, type ConnectConfig, type ParsedKey } from 'ssh2';
import type { Endpoint } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import type { SshSettings } from './schema';

/** A quiet connection is asked for a sign of life this often; after three without an answer it is given up. */
const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_MISSES = 3;
const LOOPBACK = '127.0.0.1';

interface TunnelOptions {
  /** The network guard: the address of the SSH server to connect to. */
  resolve(): Promise<string>;
  /**
   * Judges a database's host before a connection is forwarded to it; the host itself is resolved by the SSH server.
   * @param address of the SSH server that the tunnel is connected to
   */
  judge(address: string, host: string, port: number): Promise<void>;
  connectTimeoutMs: number;
}

interface Connection {
  client: Client;
  /** Of the SSH server. */
  address: string;
}

/**
 * One SSH connection through which a pool reaches its database. It connects when first asked, again by itself when it was lost, and listens on
 * the loopback address, one free port per database host, as long as the pool is open. Drivers connect there and notice nothing of it.
 */
export class Tunnel {
  /** SHA-256 of the server's public key, as OpenSSH writes it ("SHA256:…"); known once connected. */
  hostKeySha256: string | undefined;
  /** Why the last connection over the tunnel broke or could not be made, with how many times that has happened. */
  problem: { count: number; error: QuarryError } = { count: 0, error: unreachable('The SSH tunnel has not been used yet.') };

  private connection: Connection | null = null;
  private connecting: Promise<Connection> | null = null;
  private readonly listeners = new Map<string, Promise<{ server: Server; port: number }>>();
  private readonly sockets = new Set<Socket>();
  private closed = false;
  private key: ParsedKey | null = null;

  constructor(
    private readonly ssh: SshSettings,
    private readonly options: TunnelOptions,
  ) {
    this.hostKeySha256 = ssh.hostKeySha256;
  }

  /** "user@bastion.example.com:22", for people. */
  get name(): string {
    return `${this.ssh.username}@${this.ssh.host}:${this.ssh.port}`;
  }

  /**
   * The near end of the way to a database.
   * @throws QuarryError source.unreachable | source.auth_failed | source.host_refused, naming the tunnel
   */
  async endpoint(host: string, port: number): Promise<Endpoint> {
    const { address } = await this.connected();
    await this.options.judge(address, host, port);
    const key = `${host}:${port}`;
    let listener = this.listeners.get(key);
    if (!listener) {
      listener = this.listen(host, port);
      this.listeners.set(key, listener);
    }
    return { host: LOOPBACK, port: (await listener).port };
  }

  /** Ends the connection and everything that goes through it. */
  async close(): Promise<void> {
    this.closed = true;
    const listeners = await Promise.allSettled(this.listeners.values());
    for (const listener of listeners) if (listener.status === 'fulfilled') listener.value.server.close();
    for (const socket of this.sockets) socket.destroy();
    this.connection?.client.end();
    this.connection = null;
  }

  private connected(): Promise<Connection> {
    if (this.closed) return Promise.reject(unreachable(`The SSH tunnel ${this.name} is being closed. Try again in a moment.`));
    if (this.connection) return Promise.resolve(this.connection);
    this.connecting ??= this.connect().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async connect(): Promise<Connection> {
    try {
      const address = await this.options.resolve();
      // Once per tunnel: to open a key with a passphrase takes up to a second of computing.
      this.key ??= readPrivateKey(this.ssh);
      const client = await this.handshake(address);
      if (this.closed) {
        client.end();
        throw unreachable(`The SSH tunnel ${this.name} is being closed. Try again in a moment.`);
      }
      this.connection = { client, address };
      return this.connection;
    } catch (error) {
      throw this.failed(error instanceof QuarryError ? error : unreachable(`The SSH tunnel ${this.name} failed.`, error));
    }
  }

  private handshake(address: string): Promise<Client> {
    const { ssh } = this;
    const { connectTimeoutMs } = this.options;
    const client = new Client();
    let seen: string | undefined;
    return new Promise((resolve, reject) => {
      let ready = false;
      client.on('ready', () => {
        ready = true;
        this.hostKeySha256 = seen;
        resolve(client);
      });
      client.on('error', (error) => {
        if (!ready) reject(this.connectError(error, seen));
      });
      client.on('close', () => {
        if (!ready) reject(this.connectError({ level: 'client-socket' }, seen));
        else if (!this.closed) this.lost(client);
      });
      const config: ConnectConfig = {
        host: address,
        port: ssh.port,
        username: ssh.username,
        readyTimeout: connectTimeoutMs,
        timeout: connectTimeoutMs,
        keepaliveInterval: KEEP_ALIVE_MS,
        keepaliveCountMax: KEEP_ALIVE_MISSES,
        hostVerifier: (key: Buffer) => {
          seen = fingerprint(key);
          return ssh.hostKeySha256 === undefined || sameFingerprint(ssh.hostKeySha256, seen);
        },
        authHandler: this.logins(),
      };
      try {
        client.connect(config);
      } catch (error) {
        reject(unreachable(`The SSH tunnel ${this.name} cannot be set up with these settings.`, error));
      }
    });
  }

  /** Ways to log in, in the order in which they are tried. Many servers ask for the password in a dialogue. */
  private logins(): AnyAuthMethod[] {
    const { username, password } = this.ssh;
    const byKey: AnyAuthMethod[] = this.key ? [{ type: 'publickey', username, key: this.key }] : [];
    if (password === undefined) return byKey;
    return [
      ...byKey,
      { type: 'password', username, password },
      {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, answer) => answer(prompts.map(() => password)),
      },
    ];
  }

  /** An error before the tunnel stood, in words. Levels: ssh2's README, "Client events". */
  private connectError(error: unknown, seen: string | undefined): QuarryError {
    const { level, code = '' } = error as { level?: string; code?: string };
    const pinned = this.ssh.hostKeySha256;
    if (pinned !== undefined && seen !== undefined && !sameFingerprint(pinned, seen)) {
      return new QuarryError(
        'source.host_refused',
        `The SSH server ${this.name} shows another host key (${seen}) than the one that was stored (${withPrefix(pinned)}). Somebody may stand in between. If the server got a new key, enter its fingerprint.`,
        { stage: 'connect', details: { hostKeySha256: seen }, cause: error },
      );
    }
    if (level === 'client-authentication') {
      const means = this.ssh.privateKey === undefined ? 'password' : this.ssh.password === undefined ? 'key' : 'key or password';
      return new QuarryError('source.auth_failed', `The SSH server ${this.name} refused the user name or the ${means}.`, {
        stage: 'connect',
        cause: error,
      });
    }
    if (level === 'client-timeout' || code === 'ETIMEDOUT')
      return unreachable(`The SSH server ${this.name} did not answer in time. Check host, port and firewall.`, error);
    if (code === 'ECONNREFUSED')
      return unreachable(`Nothing accepts connections at the SSH server ${this.name}. Check host and port.`, error);
    return unreachable(`The SSH tunnel ${this.name} could not be opened. Check that an SSH server answers there.`, error);
  }

  private lost(client: Client): void {
    if (this.connection?.client !== client) return;
    this.connection = null;
    this.failed(unreachable(`The SSH tunnel ${this.name} was lost. Quarry opens it again with the next request.`));
    for (const socket of this.sockets) socket.destroy();
  }

  private failed(error: QuarryError): QuarryError {
    this.problem = { count: this.problem.count + 1, error };
    return error;
  }

  private listen(host: string, port: number): Promise<{ server: Server; port: number }> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => void this.forward(socket, host, port));
      server.unref();
      server.once('error', (error) =>
        reject(unreachable(`The SSH tunnel ${this.name} found no free port on this machine.`, error)),
      );
      server.listen(0, LOOPBACK, () => resolve({ server, port: (server.address() as { port: number }).port }));
    });
  }

  private async forward(socket: Socket, host: string, port: number): Promise<void> {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    let client: Client;
    try {
      const connection = await this.connected();
      await this.options.judge(connection.address, host, port);
      client = connection.client;
    } catch {
      socket.destroy(); // the driver's error is told as the tunnel's, see tunnel-pool.ts
      return;
    }
    client.forwardOut(LOOPBACK, socket.remotePort ?? 0, host, port, (error, channel) => {
      if (error) {
        this.failed(
          unreachable(`The SSH server ${this.name} could not reach ${host}:${port}. Check the database's host and port.`, error),
        );
        socket.destroy();
        return;
      }
      channel.on('error', () => socket.destroy());
      // A lost tunnel closes its channels just before it says so itself: what it says should be known when the driver sees this.
      channel.on('close', () => setImmediate(() => socket.destroy()));
      socket.on('close', () => channel.destroy());
      socket.pipe(channel).pipe(socket);
    });
  }
}

/** @throws QuarryError input.invalid */
function readPrivateKey({ privateKey, passphrase }: SshSettings): ParsedKey | null {
  if (privateKey === undefined) return null;
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (!(parsed instanceof Error)) return parsed;
  const sentence = /no passphrase/i.test(parsed.message)
    ? 'The private key of the SSH tunnel is encrypted. Enter its passphrase.'
    : /passphrase|decrypt|integrity/i.test(parsed.message)
      ? 'The passphrase does not open the private key of the SSH tunnel.'
      : 'The private key of the SSH tunnel is not in a form that Quarry reads: paste an OpenSSH or PEM key as a whole.';
  throw new QuarryError('input.invalid', sentence, { details: { fields: ['connection.ssh.privateKey'] }, cause: parsed });
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

const withPrefix = (text: string) => (text.startsWith('SHA256:') ? text : `SHA256:${text}`);

function sameFingerprint(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => Buffer.from(withPrefix(text).replace(/=+$/, '')));
  return a !== undefined && b !== undefined && a.length === b.length && timingSafeEqual(a, b);
}

function unreachable(sentence: string, cause?: unknown): QuarryError {
  return new QuarryError('source.unreachable', sentence, { stage: 'connect', cause });
}
