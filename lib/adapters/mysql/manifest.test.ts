import { describe, expect, it } from 'vitest';
import type { ConnectionInput } from '../contract';
import { manifest } from './manifest';
import { mayWrite } from './report';

const parse = (input: ConnectionInput) => manifest.parseConnection(input);

describe('addresses', () => {
  it.each([
    [
      'mysql://u:p@db.example.com/shop',
      { host: 'db.example.com', port: 3306, database: 'shop', username: 'u', password: 'p', tls: { mode: 'prefer' } },
    ],
    ['mariadb://u@[::1]:3307/shop', { host: '::1', port: 3307, database: 'shop', username: 'u', tls: { mode: 'prefer' } }],
    [
      'MYSQL://u%40x:p%3Ass@h/a%20b?ssl-mode=VERIFY_IDENTITY',
      { username: 'u@x', password: 'p:ss', database: 'a b', tls: { mode: 'verify-full' } },
    ],
    ['mysql://u:@h/d?sslMode=VERIFY_CA&characterEncoding=utf8', { password: '', tls: { mode: 'verify-ca' } }],
    ['mysql://u@h/d?useSSL=false', { tls: { mode: 'disable' } }],
    ['mysql://u@h/d?ssl=true', { tls: { mode: 'require' } }],
  ])('%s', (uri, config) => {
    expect(parse({ uri })).toMatchObject(config);
  });

  it.each([
    ['postgres://u@h/d', /not a MySQL or MariaDB address/],
    ['mysql://u@a,b/d', /several hosts/],
    ['mysql://u@h', /database of the connection is missing/],
    ['mysql://h/d', /username of the connection is missing/],
    ['mysql://u@h/mysql', /one of your own/],
    ['mysql://u@h/Information_Schema', /one of your own/],
    ['mysql://u@h/d?ssl-ca=/etc/ca.pem', /named by file/],
    ['mysql://u@h/d?ssl-mode=SOMETIMES', /not known/],
    ['mysql://u:p%zz@h/d', /percent sign/],
    ['mysql://u@%2Ftmp%2Fsock/d', /Unix sockets/],
    ['mysql://u@h:99999/d', /port/],
  ])('%s is refused', (uri, message) => {
    expect(() => parse({ uri })).toThrow(message);
  });

  it('lays fields over the address, and shows no secret', () => {
    const config = parse({ uri: 'mysql://u:secret@h/d', host: 'other', tls: { mode: 'require' } });
    expect(config).toMatchObject({ host: 'other', password: 'secret', tls: { mode: 'require' } });
    expect(JSON.stringify(manifest.summarise(config))).not.toContain('secret');
    expect(manifest.endpoints(config)).toEqual([{ host: 'other', port: 3306 }]);
    expect(manifest.connectionSchema.parse(config)).toEqual(config);
  });
});

describe('what a grant allows', () => {
  it.each([
    ["GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*X'", false],
    ['GRANT SELECT, SHOW VIEW ON `shop`.* TO `r`@`%`', false],
    ['GRANT SELECT (`drop`, `a,b`), REFERENCES ON `shop`.`t` TO `r`@`%`', false],
    ['GRANT EXECUTE ON FUNCTION `shop`.`f` TO `r`@`%`', false],
    ['GRANT `reader`@`%` TO `r`@`%`', false],
    ["GRANT PROXY ON ''@'%' TO 'r'@'%' WITH GRANT OPTION", false],
    ['GRANT ALL PRIVILEGES ON `shop`.* TO `w`@`%`', true],
    ['GRANT SELECT, INSERT ON `shop`.* TO `w`@`%`', true],
    ['GRANT SELECT, UPDATE (`a`) ON `shop`.`t` TO `w`@`%`', true],
    ['GRANT FILE ON *.* TO `w`@`%`', true],
    ['GRANT SELECT ON `shop`.* TO `w`@`%` WITH GRANT OPTION', true],
    ['GRANT CREATE TEMPORARY TABLES ON `shop`.* TO `w`@`%`', true],
    ['GRANT SELECT ON `odd ON ``name`.* TO `r`@`%`', false],
    ['GRANT DELETE ON `odd ON ``name`.* TO `w`@`%`', true],
  ])('%s: %s', (grant, writes) => {
    expect(mayWrite(grant)).toBe(writes);
  });
});
