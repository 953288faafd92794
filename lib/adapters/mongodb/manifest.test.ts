import { describe, expect, it } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import type { ConnectionInput } from '../contract';
import { type MongoConfig, manifest } from './manifest';

const parse = (input: ConnectionInput) => manifest.parseConnection(input) as MongoConfig;
const PEM = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----';

describe('addresses', () => {
  it('takes a whole one apart', () => {
    expect(
      parse({
        uri: 'mongodb://ann:p%40ss@db.example.com:27018/shop?authSource=admin&replicaSet=rs0&retryWrites=true&w=majority',
      }),
    ).toEqual({
      host: 'db.example.com',
      port: 27_018,
      database: 'shop',
      username: 'ann',
      password: 'p@ss',
      tls: { mode: 'disable' },
      options: { authSource: 'admin', replicaSet: 'rs0' },
    });
  });

  it('looks for the login in the database that the address names', () => {
    expect(parse({ uri: 'mongodb://ann:x@h/shop' }).options).toEqual({ authSource: 'shop' });
    expect(parse({ uri: 'mongodb://h/shop' }).options).toEqual({});
    expect(parse({ uri: 'mongodb+srv://ann:x@cluster.example.net/shop' }).options).toEqual({ srv: 'true' });
  });

  it('keeps the members of a replica set', () => {
    const config = parse({ uri: 'mongodb://a,b:27018,[::1]:27019/shop?replicaSet=rs0' });
    expect(manifest.endpoints(config)).toEqual([
      { host: 'a', port: 27_017 },
      { host: 'b', port: 27_018 },
      { host: '::1', port: 27_019 },
    ]);
    expect(manifest.summarise(config)).toEqual({ target: 'a:27017,b:27018,[::1]:27019', database: 'shop', username: undefined });
  });

  it('knows an SRV name for a list that is looked up later, with TLS fully checked', () => {
    const config = parse({ uri: 'mongodb+srv://u:p@cluster0.abc.mongodb.net/shop' });
    expect(config.tls.mode).toBe('verify-full');
    expect(manifest.endpoints(config)).toEqual([{ host: 'cluster0.abc.mongodb.net', port: 27_017, list: true }]);
    expect(() => parse({ uri: 'mongodb+srv://a,b/shop' })).toThrow(/one host name/);
    expect(() => parse({ uri: 'mongodb+srv://a.example.net:27017/shop' })).toThrow(/one host name/);
  });

  it.each([
    ['tls=true', 'verify-full'],
    ['ssl=true', 'verify-full'],
    ['tls=false', 'disable'],
    ['tls=true&tlsAllowInvalidHostnames=true', 'verify-ca'],
    ['tls=true&tlsAllowInvalidCertificates=true', 'require'],
    ['tls=true&tlsInsecure=true', 'require'],
  ])('%s is %s', (query, mode) => {
    expect(parse({ uri: `mongodb://h/shop?${query}` }).tls.mode).toBe(mode);
  });

  it.each<[ConnectionInput, RegExp]>([
    [{ uri: 'mongodb://h' }, /database of the connection is missing/],
    [{ uri: 'postgres://h/shop' }, /not a MongoDB address/],
    [{ uri: 'mongodb://%2Ftmp%2Fmongodb.sock/shop' }, /Unix sockets/],
    [{ uri: 'mongodb://h/shop?tlsCAFile=/etc/ca.pem' }, /Paste|paste/],
    [{ uri: 'mongodb://h/shop?loadBalanced=true' }, /not supported/],
    [{ uri: 'mongodb://h/shop?proxyHost=p' }, /not supported/],
    [{ uri: 'mongodb://u:p%4@h/shop' }, /percent sign/],
    [{ uri: 'mongodb://u:p@h/shop?authMechanism=MONGODB-AWS' }, /authMechanism/],
    [{ uri: 'mongodb://u:p@h/shop?authMechanism=PLAIN' }, /with TLS only/],
    [{ host: 'a b', database: 'shop' }, /host/],
    [{ host: '/tmp/x.sock', database: 'shop' }, /Unix sockets/],
    [{ host: 'h:70000', database: 'shop' }, /host/],
    [{ host: 'h', database: 'a.b' }, /one database/],
    [{ host: 'h', database: 'a$b' }, /one database/],
    [{ host: 'h', database: 'shop', options: { unknown: 'x' } }, /options/],
    [{ host: 'h', database: 'shop', options: { authMechanism: 'MONGODB-X509' } }, /needs TLS/],
    [{ host: 'h', database: 'shop', tls: { mode: 'require', cert: PEM } }, /Paste both/],
    [{ host: 'h', database: 'shop', tls: { mode: 'verify-ca', ca: 'nonsense' } }, /PEM/],
  ])('refuses %o', (input, reason) => {
    const failure = () => parse(input);
    expect(failure).toThrow(QuarryError);
    expect(failure).toThrow(reason);
  });

  it('gives back what it was given, so that a change can be laid over it', () => {
    const config = parse({ uri: 'mongodb://u:p@a,b/shop?replicaSet=rs0&tls=true' });
    expect(parse(config as ConnectionInput)).toEqual(config);
    expect(parse({ ...config, options: { ...config.options, replicaSet: '' } } as ConnectionInput).options).toEqual({
      authSource: 'shop',
    });
  });
});
