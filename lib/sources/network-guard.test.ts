import { describe, expect, it, vi } from 'vitest';
import { addressKind, canonicalAddress } from './addresses';
import { checkHost, type GuardRules } from './network-guard';

describe('addressKind', () => {
  it.each([
    ['169.254.169.254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['64:ff9b::169.254.169.254', 'metadata'],
    ['2002:a9fe:a9fe::1', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['127.0.0.1', 'loopback'],
    ['127.8.8.8', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['172.32.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['2001:4860:4860::8888', 'public'],
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });

  it('spells an address one way', () => {
    expect(canonicalAddress('2001:DB8::0:1')).toBe(canonicalAddress('2001:db8:0:0:0:0:0:1'));
    expect(canonicalAddress('::ffff:1.2.3.4')).toBe('1.2.3.4');
  });
});

const rules = (names: Record<string, string[]>, more: Partial<GuardRules> = {}): GuardRules => ({
  allowPrivate: true,
  ownServices: [],
  timeoutMs: 1_000,
  resolve: async (host) => {
    const addresses = names[host];
    if (!addresses) throw new Error('ENOTFOUND from the resolver');
    return addresses;
  },
  ...more,
});

describe('[I13] checkHost', () => {
  it('gives the address that was checked, IPv4 first', async () => {
    expect(await checkHost('db', 5432, 'x', rules({ db: ['2001:db8::1', '93.184.216.34'] }))).toBe('93.184.216.34');
    expect(await checkHost('db', 5432, 'x', rules({ db: ['2001:db8::1'] }))).toBe('2001:db8::1');
    expect(await checkHost('[::1]', 5432, 'x', rules({}))).toBe('::1');
  });

  it.each([
    ['169.254.169.254', 'metadata service'],
    ['[::ffff:169.254.169.254]', 'metadata service'],
    ['169.254.7.7', 'link-local'],
    ['0.0.0.0', 'not the address of one machine'],
    ['224.0.0.9', 'multicast'],
  ])('refuses %s', async (host, reason) => {
    await expect(checkHost(host, 5432, undefined, rules({}))).rejects.toMatchObject({
      code: 'source.host_refused',
      message: expect.stringContaining(reason),
    });
  });

  it('refuses a name when any of its addresses is refused', async () => {
    await expect(checkHost('evil', 80, undefined, rules({ evil: ['8.8.8.8', '169.254.169.254'] }))).rejects.toMatchObject({
      code: 'source.host_refused',
    });
  });

  it('asks the resolver each time, so that a rebound name is judged anew', async () => {
    const answers = [['93.184.216.34'], ['169.254.169.254']];
    const rebinding = rules({}, { resolve: async () => answers.shift() ?? [] });
    expect(await checkHost('rebind', 5432, undefined, rebinding)).toBe('93.184.216.34');
    await expect(checkHost('rebind', 5432, undefined, rebinding)).rejects.toMatchObject({ code: 'source.host_refused' });
  });

  it('refuses private addresses only where the installation says so', async () => {
    expect(await checkHost('10.0.0.5', 5432, undefined, rules({}))).toBe('10.0.0.5');
    for (const host of ['10.0.0.5', '127.0.0.1', '::1', '192.168.1.1']) {
      await expect(checkHost(host, 5432, undefined, rules({}, { allowPrivate: false }))).rejects.toMatchObject({
        code: 'source.host_refused',
        message: expect.stringContaining('PRIVATE_HOSTS=deny'),
      });
    }
  });

  it("refuses Quarry's own services by any name, and only them", async () => {
    const own = rules(
      { localhost: ['127.0.0.1'], other: ['93.184.216.34'] },
      { ownServices: [{ name: "Quarry's own database", addresses: new Set(), port: 5555, database: 'quarry' }] },
    );
    for (const host of ['localhost', '127.0.0.1', '127.1.1.1', '::1', '::ffff:127.0.0.1']) {
      await expect(checkHost(host, 5555, 'quarry', own)).rejects.toMatchObject({ code: 'source.host_refused' });
      await expect(checkHost(host, 5555, undefined, own)).rejects.toMatchObject({ code: 'source.host_refused' });
    }
    expect(await checkHost('localhost', 5555, 'shop', own)).toBe('127.0.0.1');
    expect(await checkHost('localhost', 5432, 'quarry', own)).toBe('127.0.0.1');
    expect(await checkHost('other', 5555, 'quarry', own)).toBe('93.184.216.34');
  });

  it("says that a host doesn't exist without the resolver's words, in time", async () => {
    const unknown = checkHost('nowhere.example', 5432, undefined, rules({}));
    await expect(unknown).rejects.toMatchObject({
      code: 'source.unreachable',
      message: expect.stringContaining('nowhere.example'),
    });
    await expect(unknown).rejects.not.toMatchObject({ message: expect.stringContaining('ENOTFOUND') });
    const silent = rules({}, { timeoutMs: 20, resolve: () => new Promise(() => undefined) });
    await expect(checkHost('slow.example', 5432, undefined, silent)).rejects.toMatchObject({ code: 'source.unreachable' });
  });

  it("knows Quarry's own Redis as one of them", async () => {
    vi.stubEnv('REDIS_URL', 'redis://:secret@127.0.0.1:6390/2');
    vi.stubEnv('DATABASE_URL', 'postgres://quarry@127.0.0.1:5999/quarry');
    vi.resetModules();
    const { installationRules } = await import('./network-guard');
    const installed = await installationRules({ sample: false });
    vi.unstubAllEnvs();
    await expect(checkHost('127.0.0.1', 6390, 'shop', installed)).rejects.toThrow("Quarry's own Redis is there");
    await expect(checkHost('127.0.0.1', 5999, 'quarry', installed)).rejects.toThrow("Quarry's own database is there");
    expect(await checkHost('127.0.0.1', 6391, 'shop', installed)).toBe('127.0.0.1');
  });
});
