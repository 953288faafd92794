import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Clock } from '../kernel/clock';
import { newId } from '../kernel/ids';
import type { Logger } from '../kernel/log';
import { connectRedis, reasonOf } from './connect';
import type { Listener, Topic } from './topic';

export interface RedisState {
  state: 'off' | 'up' | 'down';
  /** ISO 8601: since when it is so. */
  since: string;
  /** A sentence without hosts or secrets, when down. */
  reason?: string;
}

export interface LinkOptions {
  /** Null: no Redis; messages stay in this process. */
  url: string | null;
  /** What every key and channel starts with. */
  prefix: string;
  log: Logger;
  clock: Clock;
}

/** A request waits so long for Redis once; then nobody waits until it has answered again. */
const PATIENCE_MS = 100;
/** While it is silent it is asked so often; while it is well, too, so that a connection which died without a word is noticed. */
const PROBE_MS = 500;
const HEARTBEAT_MS = 5_000;
/** Messages kept for a Redis that is away. Beyond them, everybody is told that something was missed. */
const MOST_UNSENT = 1_000;
const MISSED = '!missed';

const envelopeSchema = z.object({ topic: z.string(), from: z.string(), message: z.unknown() });

/**
 * This process's link to Redis: one connection for commands, one that listens. Down means that commands fail at once, because the
 * connection is gone or because the last answer took too long (a circuit, closed again by a probe).
 */
export class RedisLink {
  readonly #options: LinkOptions;
  readonly #id = newId();
  readonly #commands: Redis | null;
  #subscriber: Redis | null = null;
  #state: RedisState;
  #tripped = false;
  /** When the last answer came, by performance.now(). */
  #heardAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #listeners = new Map<string, Set<Listener<unknown>>>();
  readonly #schemas = new Map<string, Topic<unknown>['schema']>();
  readonly #missed = new Set<() => void>();
  #unsent: string[] = [];
  #overflowed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const since = options.clock.date().toISOString();
    if (options.url === null) {
      this.#commands = null;
      this.#state = { state: 'off', since };
      return;
    }
    this.#state = { state: 'down', since, reason: 'Redis is being connected.' };
    this.#commands = connectRedis(options.url, 'quarry');
    this.#commands.on('ready', () => void this.#probe());
    this.#commands.on('close', () => this.#goDown('Redis cannot be reached.'));
    this.#commands.on('error', (error) => this.#goDown(reasonOf(error)));
    this.#schedule(HEARTBEAT_MS);
  }

  get client(): Redis | null {
    return this.#commands;
  }

  get prefix(): string {
    return this.#options.prefix;
  }

  state(): RedisState {
    return { ...this.#state };
  }

  /** See tryRedis. */
  async attempt<T>(run: (client: Redis) => Promise<T>, patienceMs = PATIENCE_MS): Promise<{ value: T } | null> {
    const client = this.#commands;
    if (!client || this.#state.state !== 'up') return null;
    const work = run(client).then(
      (value) => {
        this.#heardAt = performance.now();
        return { value };
      },
      (error: unknown) => {
        this.#noteFailure(error);
        return null;
      },
    );
    // A long queue of commands is no silence: as long as answers to others come in, this one is waited for (1 s at most).
    for (;;) {
      const outcome = await withinPatience(work, patienceMs);
      if (outcome !== LATE) return outcome;
      if (performance.now() - this.#heardAt > patienceMs) break;
    }
    this.#tripped = true;
    this.#goDown('Redis does not answer in time.');
    return null;
  }

  /** See publish. */
  async publish<T>(topic: Topic<T>, message: T): Promise<void> {
    this.#deliver(topic.name, message, true);
    if (!this.#commands) return;
    const text = JSON.stringify({ topic: topic.name, from: this.#id, message });
    if (!(await this.#send(text))) this.#keepUnsent(text);
  }

  /** See subscribe. */
  subscribe<T>(topic: Topic<T>, listener: Listener<T>): () => void {
    const listeners = this.#listeners.get(topic.name) ?? new Set();
    this.#listeners.set(topic.name, listeners);
    this.#schemas.set(topic.name, topic.schema);
    listeners.add(listener as Listener<unknown>);
    this.#listen();
    return () => listeners.delete(listener as Listener<unknown>);
  }

  /**
   * The listener is called whenever messages may have been missed: each time this process has begun to listen, the first included,
   * and when another process lost some. What relies on messages alone then forgets what it holds.
   */
  onMissed(listener: () => void): () => void {
    this.#missed.add(listener);
    this.#listen();
    return () => this.#missed.delete(listener);
  }

  /** Ends both connections. Messages that could not be sent are lost; what relies on them expires. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const client of [this.#commands, this.#subscriber]) client?.disconnect();
    this.#state = { ...this.#state, state: this.#commands ? 'down' : 'off', reason: 'This process is stopping.' };
  }

  get #channel(): string {
    return `${this.#options.prefix}events`;
  }

  #listen(): void {
    const { url, log } = this.#options;
    if (url === null || this.#subscriber || this.#closed) return;
    const subscriber = connectRedis(url, 'quarry-events');
    this.#subscriber = subscriber;
    // The other connection tells about outages.
    subscriber.on('error', () => undefined);
    subscriber.on('message', (_channel: string, text: string) => this.#receive(text));
    subscriber.on('ready', () => {
      subscriber.subscribe(this.#channel).then(
        () => this.#tellMissed(),
        (error: unknown) =>
          log.warn({ reason: reasonOf(error) }, 'redis: could not listen; tried again with the next connection'),
      );
    });
  }

  #receive(text: string): void {
    const envelope = parseEnvelope(text);
    // What this process published has been delivered here already.
    if (envelope?.from === this.#id) return;
    if (!envelope) this.#options.log.warn('redis: a message that is none of ours was dropped');
    else if (envelope.topic === MISSED) this.#tellMissed();
    else this.#read(envelope);
  }

  #read(envelope: z.output<typeof envelopeSchema>): void {
    const schema = this.#schemas.get(envelope.topic);
    const parsed = schema?.safeParse(envelope.message);
    // A topic that nobody here listens to.
    if (!parsed) return;
    if (parsed.success) this.#deliver(envelope.topic, parsed.data, false);
    else this.#options.log.warn({ topic: envelope.topic }, 'redis: a message of another form was dropped');
  }

  #deliver(topic: string, message: unknown, own: boolean): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      const failed = (error: unknown) => this.#options.log.warn({ err: error, topic }, 'redis: a listener failed');
      try {
        Promise.resolve(listener(message, { own })).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  #tellMissed(): void {
    for (const listener of this.#missed) {
      try {
        listener();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'redis: a listener of reconnections failed');
      }
    }
  }

  async #send(text: string): Promise<boolean> {
    return (await this.attempt((client) => client.publish(this.#channel, text))) !== null;
  }

  #keepUnsent(text: string): void {
    if (this.#unsent.length >= MOST_UNSENT) this.#overflowed = true;
    else this.#unsent.push(text);
  }

  async #sendUnsent(): Promise<void> {
    const waiting = this.#overflowed ? [JSON.stringify({ topic: MISSED, from: this.#id, message: null })] : this.#unsent;
    this.#unsent = [];
    const overflowed = this.#overflowed;
    this.#overflowed = false;
    for (const [index, text] of waiting.entries()) {
      if (await this.#send(text)) continue;
      this.#overflowed ||= overflowed;
      if (!overflowed) for (const left of waiting.slice(index)) this.#keepUnsent(left);
      return;
    }
  }

  #goDown(reason: string): void {
    if (this.#closed) return;
    this.#schedule(PROBE_MS);
    if (this.#state.state === 'down') {
      // The cause of an outage is told after its first sign, the closing.
      if (!this.#tripped && reason !== 'Redis cannot be reached.') this.#state = { ...this.#state, reason };
      return;
    }
    this.#state = { state: 'down', since: this.#options.clock.date().toISOString(), reason };
    this.#options.log.warn({ reason }, 'redis is away: caches and messages stay in this process until it returns');
  }

  #schedule(delayMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#probe(), delayMs);
    this.#timer.unref();
  }

  /** Asks whether Redis answers: when it has just connected, while the circuit is open, and now and then. */
  async #probe(): Promise<void> {
    const client = this.#commands;
    if (!client || this.#closed) return;
    if (client.status !== 'ready') return this.#schedule(PROBE_MS);
    const answer = await withinPatience(
      client.ping().then(
        () => true,
        () => false,
      ),
      PROBE_MS,
    );
    if (this.#closed) return;
    if (answer !== true) {
      this.#tripped = true;
      return this.#goDown('Redis does not answer in time.');
    }
    // A connection that died without a word fails by its missing answer.
    if (this.#subscriber?.status === 'ready') this.#subscriber.ping().catch(() => undefined);
    this.#schedule(HEARTBEAT_MS);
    if (this.#state.state === 'up') return;
    this.#tripped = false;
    this.#state = { state: 'up', since: this.#options.clock.date().toISOString() };
    this.#options.log.info('redis is connected');
    await this.#sendUnsent();
  }

  #noteFailure(error: unknown): void {
    const text = error instanceof Error ? error.message : '';
    // A refusal names its kind first: OOM, READONLY, WRONGTYPE. Its other words, and the command in the error, may hold data.
    const refusal = /^[A-Z]{3,20}\b/.exec(text)?.[0];
    if (refusal) {
      this.#heardAt = performance.now();
      this.#options.log.warn({ refusal }, 'redis refused a command');
    } else if (text === 'Command timed out') {
      this.#tripped = true;
      this.#goDown('Redis does not answer in time.');
    } else this.#goDown('Redis cannot be reached.');
  }
}

const LATE = Symbol('late');

/** A timer that fires because this process was busy is no sign of a slow Redis: what has arrived meanwhile is read first. */
async function withinPatience<T>(work: Promise<T>, patienceMs: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(LATE))), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function parseEnvelope(text: string): z.output<typeof envelopeSchema> | null {
  try {
    return envelopeSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
