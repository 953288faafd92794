import { describe, expect, it } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import type { ConnectionInput } from '../contract';
import { manifest } from './manifest';

const parse = (input: ConnectionInput) => manifest.parseConnection(input);
const uri = (text: string) => parse({ uri: text });

describe('a PostgreSQL connection', () => {
  it.each([
    ['postgres://u:p@h:6432/d', { host: 'h', port: 6432, database: 'd', username: 'u', password: 'p' }],
    ['postgresql://u@h/d', { host: 'h', port: 5432, database: 'd', username: 'u', password: undefined }],
    ['postgres://u:p%40ss%2F%3A%23@h/d', { password: 'p@ss/:#' }],
    ['postgres://u:a:b@h/d', { password: 'a:b' }],
    ['postgres://na%20me:p@h/da%2Fta', { username: 'na me', database: 'da/ta' }],
    ['postgres://u:p@[2001:db8::1]:6432/d', { host: '2001:db8::1', port: 6432 }],
    ['postgres://u:p@h', { database: 'u' }],
    ['postgres://h/d?user=u&password=p&port=7000', { username: 'u', password: 'p', port: 7000 }],
    ['  postgres://u:p@h/d?sslmode=verify-full&application_name=x ', { host: 'h', tls: { mode: 'verify-full' } }],
    ['postgres://u:p@h/d?sslmode=disable', { tls: { mode: 'disable' } }],
    ['postgres://u:p@h/d', { tls: { mode: 'prefer' } }],
    ['postgres://u:p@bücher.example/d', { host: 'bücher.example' }],
  ])('reads %s', (text, expected) => {
    expect(uri(text)).toMatchObject(expected);
  });

  it.each([
    ['mysql://u:p@h/d', /not a PostgreSQL address/],
    ['postgres://u:p@h1,h2/d', /several hosts/],
    ['postgres://u:p@h:99999/d', /port/],
    ['postgres://u:p@h:port/d', /host and port/],
    ['postgres://u:50%@h/d', /percent sign/],
    ['postgres://u:p@h/d?sslrootcert=/etc/ca.pem', /paste/],
    ['postgres://u:p@h/d?sslmode=sometimes', /sslmode/],
    ['postgres:///d?host=/var/run/postgresql&user=u', /Unix sockets/],
    ['postgres://u:p@%2Fvar%2Frun/d', /Unix sockets/],
    ['postgres://h/d', /username/],
    ['postgres://u:p@/d', /host/],
  ])('refuses %s', (text, message) => {
    expect(() => uri(text)).toThrow(message);
    expect(() => uri(text)).toThrow(QuarryError);
  });

  it('takes separate fields, which win over the address', () => {
    expect(parse({ uri: 'postgres://u:p@h/d', host: 'other', password: 'q', tls: { mode: 'require' } })).toEqual({
      host: 'other',
      port: 5432,
      database: 'd',
      username: 'u',
      password: 'q',
      tls: { mode: 'require' },
    });
  });

  it('reads its own normalised form again, with a change laid over it', () => {
    const stored = uri('postgres://u:p@h/d?sslmode=require');
    expect(parse({ ...stored, tls: { mode: 'verify-full' } } as ConnectionInput)).toEqual({
      ...stored,
      tls: { mode: 'verify-full' },
    });
    const preferred = uri('postgres://u:p@h/d');
    expect(parse(preferred as ConnectionInput)).toEqual(preferred);
  });

  it('names what is missing', () => {
    expect(() => parse({ host: 'h', database: 'd' })).toThrow(/username of the connection is missing/);
    expect(() => parse({ database: 'd', username: 'u' })).toThrow(/host of the connection is missing/);
  });

  it('says in words what is wrong', () => {
    const long = { host: 'h'.repeat(300), database: 'd', username: 'u' };
    expect(() => parse(long)).toThrow('The host of the connection must have at most 253 characters.');
  });

  it('summarises without a secret', () => {
    const summary = manifest.summarise(uri('postgres://u:hush@[::1]:6432/d'));
    expect(summary).toEqual({ target: '[::1]:6432', database: 'd', username: 'u' });
    expect(manifest.endpoints(uri('postgres://u:hush@h/d'))).toEqual([{ host: 'h', port: 5432 }]);
  });

  it('never repeats a password in an error', () => {
    for (const text of ['postgres://u:hush@h1,h2/d', 'postgres://u:hush@h:99999/d', 'postgres://u:hush@h/d?sslmode=x']) {
      const error = (() => {
        try {
          return uri(text);
        } catch (failure) {
          return failure as QuarryError;
        }
      })();
      expect(`${(error as QuarryError).message} ${JSON.stringify((error as QuarryError).details)}`).not.toContain('hush');
    }
  });
});
