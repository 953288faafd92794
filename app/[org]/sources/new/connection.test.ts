import { describe, expect, it } from 'vitest';
import type { SourceType } from '@/lib/sources';
import { changesOf, connectionOf, fieldsOfUri, groupFields, suggestName, typeOfUri } from './connection';

const type = (name: string, uriSchemes: string[]): SourceType => ({
  type: name,
  label: name,
  transport: 'network',
  defaultPort: null,
  uriSchemes,
  fields: [],
  uploads: false,
  replicas: false,
  notOffered: [],
});

describe('connection strings', () => {
  it('takes one apart, escapes and IPv6 included', () => {
    expect(fieldsOfUri('db://ada:p%40ss%3A@[::1]:5433/shop%20one?sslmode=require')).toEqual({
      username: 'ada',
      password: 'p@ss:',
      host: '::1',
      port: '5433',
      database: 'shop one',
    });
    expect(fieldsOfUri('db://db.example.com')).toEqual({ host: 'db.example.com' });
    expect(fieldsOfUri('what?')).toEqual({});
    expect(fieldsOfUri('db://a:%zz@h/d')).toMatchObject({ password: '%zz' });
  });

  it('knows the engine by the scheme', () => {
    const types = [type('one', ['one', 'uno']), type('two', ['two'])];
    expect(typeOfUri(' UNO://h/d', types)?.type).toBe('one');
    expect(typeOfUri('three://h', types)).toBeNull();
    expect(typeOfUri('h:5432', [type('one', ['one'])])).toBeNull();
  });
});

describe('the form', () => {
  it('sends only what was filled in', () => {
    const fields = [
      { name: 'host', label: 'Host', kind: 'text', required: true },
      { name: 'port', label: 'Port', kind: 'number', required: false },
      { name: 'tls.mode', label: 'TLS', kind: 'select', required: false },
      { name: 'tls.ca', label: 'CA', kind: 'textarea', required: false },
    ] as const;
    expect(connectionOf(fields, { host: 'h', port: '5432', 'tls.mode': 'require', 'tls.ca': '', stray: 'x' })).toEqual({
      host: 'h',
      port: 5432,
      tls: { mode: 'require' },
    });
  });

  it('sends only what changed of a stored connection, and a secret only when one was typed', () => {
    const fields = [
      { name: 'host', label: 'Host', kind: 'text', required: true },
      { name: 'port', label: 'Port', kind: 'number', required: false },
      { name: 'password', label: 'Password', kind: 'password', required: false, secret: true },
      { name: 'tls.mode', label: 'TLS', kind: 'select', required: false },
      { name: 'tls.ca', label: 'CA', kind: 'textarea', required: false },
    ] as const;
    const stored = { host: 'h', port: '5432', 'tls.mode': 'verify-ca', 'tls.ca': 'PEM' };
    expect(changesOf(fields, stored, { ...stored })).toBeNull();
    expect(changesOf(fields, stored, { ...stored, password: 'new' })).toEqual({ password: 'new' });
    expect(changesOf(fields, stored, { ...stored, port: '6543', 'tls.mode': 'require', 'tls.ca': '' })).toEqual({
      port: 6543,
      tls: { mode: 'require', ca: '' },
    });
  });

  it('keeps groups and fields in their order', () => {
    const field = (name: string) => ({ name, label: name, kind: 'text', required: false }) as const;
    const groups = groupFields([field('host'), field('tls.mode'), field('port'), field('ssh.host'), field('tls.ca')]);
    expect(groups.map(({ group, fields }) => [group, ...fields.map(({ name }) => name)])).toEqual([
      ['', 'host', 'port'],
      ['tls', 'tls.mode', 'tls.ca'],
      ['ssh', 'ssh.host'],
    ]);
  });

  it('suggests a name', () => {
    expect(suggestName({ database: 'web_shop' })).toBe('Web shop');
    expect(suggestName({ file: 'data/network.db' })).toBe('Network');
    expect(suggestName({})).toBe('');
  });
});
