import type { TLSSocket } from 'node:tls';
import type { Document } from 'mongodb';
import { Long } from 'mongodb';
import type { OpenLimits } from '../contract';
import { connectError } from './errors';
import type { MongoConfig } from './manifest';
import { assertHarmless } from './wall';
import { openMember, openWire, send, sendRaw, type Wire, type WireSettings, wireSettings, withSrvOptions } from './wire';

/** After this long without an answer to a kill request, the connection itself is cut; the server then stops the operation by itself. */
const CANCEL_PATIENCE_MS = 5_000;
/** How often the server is asked again for an operation that it doesn't list (yet). */
const CANCEL_RETRY_MS = 20;
/** A result that the reader has left is given this long to end by itself before it is cancelled. */
const DISCARD_PATIENCE_MS = 50;

/** What the connections of one pool share. */
export interface Shared {
  config: MongoConfig;
  limits: OpenLimits;
  /** Made with the first connection. */
  settings: Promise<WireSettings> | null;
  /** Collections that were there when last looked at. */
  known: Set<string>;
  onLost(connection: MongoConnection): void;
}

/** What a connection must know of the operation that it runs. */
export interface RunningOperation {
  readonly comment: string;
  /** The server works on it now. */
  readonly inFlight: boolean;
  /** Something of it is left: an answer that is awaited, or an open cursor. */
  readonly running: boolean;
  /** Resolves when nothing of it is left. Never rejects. */
  readonly finished: Promise<void>;
  discard(): void;
}

/**
 * One connection of the driver's own kind, used directly. A MongoClient would bring a pool and a monitor of its own: two sockets and more for
 * each lease, counted by the server and not by us, and no say over which one runs what. Here one lease is one socket, its number is the one
 * that the server lists, and every host is one that the network guard has seen. What the driver knows is kept: greeting, SCRAM and X.509,
 * TLS, BSON and the wire protocol.
 */
export class MongoConnection {
  dead = false;
  private current: RunningOperation | null = null;
  private cancelling: Promise<void> | null = null;
  private settling: Promise<boolean> | null = null;

  private constructor(
    private readonly wire: Wire,
    private readonly settings: WireSettings,
    shared: Shared,
  ) {
    wire.connection.on('close', () => {
      if (this.dead) return;
      this.dead = true;
      shared.onLost(this);
    });
  }

  get id(): string {
    return this.wire.connectionId;
  }

  get database(): string {
    return this.settings.config.database;
  }

  /** "off", or protocol and cipher. */
  get tls(): string {
    const socket = this.wire.connection.socket as TLSSocket;
    return socket.encrypted ? `${socket.getProtocol()} ${socket.getCipher().name}` : 'off';
  }

  /** @throws QuarryError source.* naming host and port */
  static async open(shared: Shared): Promise<MongoConnection> {
    try {
      shared.settings ??= withSrvOptions(shared.config).then((config) => wireSettings(config, shared.limits));
      const settings = await shared.settings;
      const connection = new MongoConnection(await openWire(settings), settings, shared);
      await connection.assertSignedIn();
      return connection;
    } catch (error) {
      throw connectError(error, shared.config);
    }
  }

  /** A server with access control lets anybody connect, and refuses only what is asked next: better to be told now. */
  private async assertSignedIn(): Promise<void> {
    if (this.settings.config.username !== undefined) return;
    await this.ask({ listCollections: 1, nameOnly: true, authorizedCollections: true, cursor: { batchSize: 1 } });
  }

  /** Takes note of the operation that is run from now on. */
  begin(operation: RunningOperation): void {
    this.current = operation;
  }

  /** Sends a query's command behind the last wall. @throws QuarryError query.refused; MongoError */
  async query(body: Readonly<Record<string, unknown>>, mayWrite = false): Promise<Buffer> {
    assertHarmless(body, mayWrite);
    return sendRaw(this.wire, this.database, body);
  }

  /** One of Quarry's own questions. @throws MongoError */
  async ask(body: Readonly<Record<string, unknown>>, database = this.database): Promise<Document> {
    assertHarmless(body, false);
    return send(this.wire, database, body);
  }

  /**
   * Resolves when nothing of the last user is left: the answer read or stopped, the cursor closed.
   * @returns false when the connection can't be used any more
   */
  settle(): Promise<boolean> {
    this.settling ??= this.tidyUp().finally(() => {
      this.settling = null;
    });
    return this.settling;
  }

  private async tidyUp(): Promise<boolean> {
    const operation = this.current;
    if (operation) {
      if (operation.running) operation.discard();
      const patience = setTimeout(() => void this.cancel(), DISCARD_PATIENCE_MS);
      await operation.finished;
      clearTimeout(patience);
      if (this.current === operation) this.current = null;
    }
    await this.cancelling;
    return !this.dead;
  }

  /** True when it can be handed out at once. */
  get settled(): boolean {
    return this.current === null && this.cancelling === null && !this.dead;
  }

  /**
   * Finds the operation in the server's list by its comment, and kills it, from a connection of its own. Resolves when the server has
   * stopped it, so that the request can't hit the next one.
   */
  cancel(): Promise<void> {
    this.cancelling ??= this.kill().finally(() => {
      this.cancelling = null;
    });
    return this.cancelling;
  }

  private async kill(): Promise<void> {
    const operation = this.current;
    if (!operation?.inFlight || this.dead) return;
    const deadline = Date.now() + CANCEL_PATIENCE_MS;
    const patience = setTimeout(() => this.cut(), CANCEL_PATIENCE_MS);
    try {
      // A server that has no connection left, or lets nobody look, stops the operation when its connection goes.
      const limits = { ...this.settings.limits, connectTimeoutMs: CANCEL_PATIENCE_MS };
      // The same member: only it lists what runs there.
      const killer = await openMember({ ...this.settings, limits }, this.wire.member);
      try {
        while (operation.inFlight && !this.dead && Date.now() < deadline) {
          await killByComment(killer, operation.comment);
          await Promise.race([operation.finished, new Promise((resolve) => setTimeout(resolve, CANCEL_RETRY_MS))]);
        }
      } finally {
        killer.connection.destroy();
      }
    } catch {
      if (operation.inFlight) this.cut();
    } finally {
      clearTimeout(patience);
    }
  }

  /** Drops the socket: for a server that doesn't answer. */
  cut(): void {
    this.wire.connection.destroy();
  }

  async close(): Promise<void> {
    if (this.current?.inFlight) await this.cancel();
    this.dead = true;
    this.wire.connection.destroy();
  }
}

/** Operations of this login that carry the comment, wherever they stand: in the command, or in the one that opened the cursor. */
async function killByComment(killer: Wire, comment: string): Promise<void> {
  const { cursor } = await send(killer, 'admin', {
    aggregate: 1,
    pipeline: [
      { $currentOp: { allUsers: false, ...(killer.isRouter ? { localOps: true } : {}) } },
      { $match: { $or: [{ 'command.comment': comment }, { 'cursor.originatingCommand.comment': comment }] } },
    ],
    cursor: {},
    maxTimeMS: CANCEL_PATIENCE_MS,
  });
  for (const { opid } of (cursor as { firstBatch: { opid: unknown }[] }).firstBatch) {
    await send(killer, 'admin', { killOp: 1, op: typeof opid === 'bigint' ? Long.fromBigInt(opid) : opid });
  }
}
