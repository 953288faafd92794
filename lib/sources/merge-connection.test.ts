import { describe, expect, it } from 'vitest';
import { getAdapter } from '../adapters/registry';
import { mergeConnection } from './merge-connection';

const adapter = getAdapter('postgres');
const { manifest } = adapter;
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
const stored = manifest.parseConnection({
  host: 'db.example.com',
  port: 5433,
  database: 'shop',
  username: 'reader',
  password: 'stored',
  tls: { mode: 'verify-full', ca: PEM },
});
const merge = (change: Parameters<typeof mergeConnection>[2]) =>
  mergeConnection(adapter, { config: stored, ssh: null }, change).config;

describe('[A13] mergeConnection', () => {
  it('keeps what is left out, the password and the certificates included', () => {
    expect(merge({ database: 'other' })).toEqual({ ...(stored as object), database: 'other' });
    expect(merge({ tls: { mode: 'verify-ca' } })).toMatchObject({ password: 'stored', tls: { mode: 'verify-ca', ca: PEM } });
  });

  it('takes a new password', () => {
    expect(merge({ password: 'new' })).toMatchObject({ password: 'new', host: 'db.example.com' });
  });

  it('takes a pasted address without weakening TLS, and the stored password only for the same server', () => {
    expect(merge({ uri: 'postgres://reader@db.example.com:5433/next' })).toMatchObject({
      database: 'next',
      password: 'stored',
      tls: { mode: 'verify-full', ca: PEM },
    });
    expect(merge({ uri: 'postgres://me:mine@else.example.com/next?sslmode=require' })).toMatchObject({
      host: 'else.example.com',
      port: 5432,
      username: 'me',
      password: 'mine',
      tls: { mode: 'require', ca: PEM },
    });
  });

  it.each([{ host: 'evil.example.com' }, { port: 5432 }, { uri: 'postgres://reader@evil.example.com:5433/shop' }])(
    'asks for the password again when the server changes: %o',
    (change) => {
      expect(() => merge(change)).toThrow(
        expect.objectContaining({ code: 'input.invalid', details: { fields: ['connection.password'] } }),
      );
      expect(merge({ ...change, password: 'known' })).toMatchObject({ password: 'known' });
    },
  );
});

describe('options of one engine', () => {
  const documents = getAdapter('mongodb');
  const cluster = documents.manifest.parseConnection({
    uri: 'mongodb+srv://reader:stored@cluster.example.net/shop?authSource=admin&replicaSet=rs0',
  });
  const change = (input: Parameters<typeof mergeConnection>[2]) =>
    mergeConnection(documents, { config: cluster, ssh: null }, input).config;

  it('are laid over the stored ones, and leave with an address that has none', () => {
    expect(change({ options: { replicaSet: '' } })).toMatchObject({
      password: 'stored',
      options: { authSource: 'admin', srv: 'true' },
    });
    expect(change({ options: { replicaSet: 'rs1' } })).toMatchObject({ options: { replicaSet: 'rs1', srv: 'true' } });
    expect(change({ uri: 'mongodb://me:mine@cluster.example.net/shop' })).toMatchObject({ options: { authSource: 'shop' } });
  });

  it('that lead to other servers by the same name want the password again', () => {
    expect(() => change({ options: { srv: 'false' } })).toThrow(/Enter the password again/);
    expect(() => change({ uri: 'mongodb://reader@cluster.example.net:27017/shop' })).toThrow(/Enter the password again/);
    expect(change({ uri: 'mongodb+srv://reader@cluster.example.net/next' })).toMatchObject({
      password: 'stored',
      database: 'next',
    });
  });
});
