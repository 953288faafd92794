import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../kernel/clock';
import { logger, logInto } from '../kernel/log';
import { dropSingleton } from '../kernel/singleton';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import { defineTopic, RedisLink } from './index';

const topic = defineTopic('thing.changed', z.object({ id: z.string() }));
const PASSWORD = 'canary-of-redis/§';

let server: RedisServer;
const links: RedisLink[] = [];
type Heard = [string, boolean][];

async function link(url: string | null = server.url, up = true): Promise<RedisLink> {
  const made = new RedisLink({ url, prefix: 'test:', log: logger(), clock: systemClock });
  links.push(made);
  if (up && url)
    await until(
      () => made.state().state,
      (state) => state === 'up',
    );
  return made;
}

/** A link that already listens. */
async function listening(heard: Heard): Promise<RedisLink> {
  const made = await link();
  let ready = 0;
  made.onMissed(() => (ready += 1));
  made.subscribe(topic, ({ id }, { own }) => void heard.push([id, own]));
  await until(
    () => ready,
    (count) => count > 0,
  );
  return made;
}

beforeEach(async () => {
  server = await startRedisServer({ password: PASSWORD });
});
afterEach(async () => {
  for (const made of links.splice(0)) await made.close();
  await server.remove();
});

describe('RedisLink', () => {
  it('is off without an address: messages stay in this process', async () => {
    const alone = await link(null);
    const heard: string[] = [];
    alone.subscribe(topic, ({ id }, { own }) => void heard.push(`${id} ${own}`));
    await alone.publish(topic, { id: 'a' });
    expect(heard).toEqual(['a true']);
    expect(alone.state().state).toBe('off');
    expect(await alone.attempt((client) => client.ping())).toBeNull();
  });

  it('tells each process once, and a message of another form is dropped', async () => {
    const here: Heard = [];
    const there: Heard = [];
    const one = await listening(here);
    await listening(there);
    await one.publish(topic, { id: 'a' });
    const form = JSON.stringify({ topic: topic.name, from: 'another', message: { id: 7 } });
    await one.attempt((client) => client.publish('test:events', form));
    await one.attempt((client) => client.publish('test:events', 'no json'));
    await one.publish(topic, { id: 'b' });
    await until(
      () => there.length,
      (count) => count >= 2,
    );
    expect(there).toEqual([
      ['a', false],
      ['b', false],
    ]);
    expect(here).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it('fails at once while Redis is gone, comes back by itself, and sends what was published meanwhile', async () => {
    const here: Heard = [];
    const there: Heard = [];
    const one = await listening(here);
    const two = await listening(there);
    await server.stop();
    await until(
      () => one.state().state,
      (state) => state === 'down',
    );
    expect(one.state().reason).toBe('Redis cannot be reached.');
    expect(await one.attempt((client) => client.get('x'))).toBeNull();
    await one.publish(topic, { id: 'lost?' });
    let missed = 0;
    two.onMissed(() => (missed += 1));
    await server.start();
    await until(
      () => [one.state().state, two.state().state].join(),
      (states) => states === 'up,up',
    );
    expect(await one.attempt((client) => client.ping())).toEqual({ value: 'PONG' });
    // Either it came by message, or the listener was told that it may have missed some.
    await until(
      () => missed,
      (count) => count > 0,
    );
    await one.publish(topic, { id: 'after' });
    await until(() => there.some(([id]) => id === 'after'), Boolean);
    expect(here.map(([id]) => id)).toEqual(['lost?', 'after']);
  });

  it('sends what one process could not say to those that were connected all the time', async () => {
    const heard: Heard = [];
    const cut = await link();
    await listening(heard);
    cut.client?.disconnect();
    await until(
      () => cut.state().state,
      (state) => state === 'down',
    );
    await cut.publish(topic, { id: 'kept' });
    await cut.client?.connect();
    await until(
      () => heard.length,
      (count) => count > 0,
    );
    expect(heard).toEqual([['kept', false]]);
  });

  it('tells that messages were lost when more piled up than it keeps', async () => {
    const heard: Heard = [];
    const cut = await link();
    const other = await listening(heard);
    cut.client?.disconnect();
    await until(
      () => cut.state().state,
      (state) => state === 'down',
    );
    for (let i = 0; i <= 1_000; i += 1) await cut.publish(topic, { id: String(i) });
    let missed = 0;
    other.onMissed(() => (missed += 1));
    await cut.client?.connect();
    await until(
      () => missed,
      (count) => count > 0,
    );
    expect(heard).toEqual([]);
  });

  it('waits once for a Redis that hangs, and then for nobody', async () => {
    const one = await link();
    server.freeze();
    const first = one.attempt((client) => client.get('x'));
    expect(await first).toBeNull();
    expect(one.state()).toMatchObject({ state: 'down', reason: 'Redis does not answer in time.' });
    let asked = 0;
    expect(
      await one.attempt((client) => {
        asked += 1;
        return client.get('x');
      }),
    ).toBeNull();
    expect(asked).toBe(0);
    server.thaw();
    await until(
      () => one.state().state,
      (state) => state === 'up',
    );
    expect(await one.attempt((client) => client.get('x'))).toEqual({ value: null });
  });

  it('says that the login is refused, and never the password, in its state or in the log', async () => {
    const lines: string[] = [];
    dropSingleton('kernel.log');
    logInto((line) => void lines.push(line));
    const wrong = await link(server.url.replace(encodeURIComponent(PASSWORD), 'wrong-canary'), false);
    const state = await until(
      () => wrong.state(),
      ({ reason }) => reason === 'Redis refuses the login.',
    );
    const right = await link();
    // What a command was about isn't logged either: the error of a driver would hold it.
    await right.attempt((client) => client.set('test:text', 'canary-value'));
    await right.attempt((client) => client.lpush('test:text', 'canary-value'));
    await server.stop();
    await until(
      () => right.state().state,
      (now) => now === 'down',
    );
    dropSingleton('kernel.log');
    expect(lines.map((line) => JSON.parse(line).msg)).toContain('redis refused a command');
    expect(lines.map((line) => JSON.parse(line).msg)).toContainEqual(expect.stringContaining('redis is away'));
    expect(JSON.stringify([state, lines])).not.toMatch(/canary|127\.0\.0\.1/);
  });

  it('is up again after a refused command, which is no outage', async () => {
    const one = await link();
    await one.attempt((client) => client.set('test:list', 'x'));
    expect(await one.attempt((client) => client.lpush('test:list', 'y'))).toBeNull();
    expect(one.state().state).toBe('up');
  });
});
