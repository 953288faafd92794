import { describe, expect, it } from 'vitest';
import { MYSQL_ONLY_READS, READS } from './corpus.fixture';
import { dialect } from './dialect';
import { tokenise } from './lexer';

const parse = (text: string) => dialect.parse(text);

describe('what may run', () => {
  it('has a corpus worth the name', () => expect(READS.length + MYSQL_ONLY_READS.length).toBeGreaterThan(100));

  it.each([...READS, ...MYSQL_ONLY_READS])('%s', async (text) => {
    const facts = await parse(text);
    expect(facts.refusal).toBeUndefined();
    expect(facts.effect).toBe('read');
  });

  it.each([
    ['SELECT 1', 'select'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'with'],
    ['VALUES (1), (2)', 'values'],
    ['TABLE t', 'select'],
    ['SHOW TABLES', 'show'],
    ['DESC t', 'explain'],
    ['INSERT INTO t (a, b) VALUES (1, DEFAULT), (2, 3) ON DUPLICATE KEY UPDATE a = VALUES(a)', 'insert'],
    ['INSERT INTO t SET a = 1', 'insert'],
    ['INSERT INTO t SELECT * FROM s', 'insert'],
    ['REPLACE INTO t VALUES (1)', 'replace'],
    ['UPDATE t JOIN s USING (id) SET t.a = s.a WHERE s.b = 1', 'update'],
    ['DELETE FROM t WHERE a = 1 ORDER BY b LIMIT 1', 'delete'],
    ['DELETE a, b FROM t1 a JOIN t2 b ON a.id = b.id', 'delete'],
    ['DELETE FROM a USING t1 a JOIN t2 b ON a.id = b.id', 'delete'],
    ['WITH x AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM x)', 'delete'],
    ['WITH x AS (SELECT 1 AS id) UPDATE t SET a = 1', 'update'],
  ])('%s is of the kind %s', async (text, kind) => {
    expect((await parse(text)).kind).toBe(kind);
  });

  it.each([
    'INSERT INTO t VALUES (1)',
    'REPLACE INTO t VALUES (1)',
    'UPDATE t SET a = 1',
    'DELETE FROM t',
    'WITH x AS (SELECT 1) DELETE FROM t',
  ])('%s is a write', async (text) => {
    expect((await parse(text)).effect).toBe('write');
  });

  it('names the functions it does not know, and only those', async () => {
    const facts = await parse(
      'SELECT lower(a), Mine(b), other.`calc me`(c), COUNT(*), UPPER(d), rand(), JSON_DETAILED(e) FROM t',
    );
    expect(facts.effect).toBe('read');
    expect(facts.unverifiedFunctions).toEqual(['Mine', 'other.calc me', 'JSON_DETAILED']);
    expect(facts.functions).toEqual(['lower', 'mine', 'other.calc me', 'count', 'upper', 'rand', 'json_detailed']);
  });

  it('gives the place of a syntax error, in characters', async () => {
    await expect(parse("SELECT 'é🦆'\nFROM WHERE")).rejects.toMatchObject({
      code: 'query.invalid',
      details: { line: 2, position: 19 },
    });
    await expect(parse('SELEC 1')).rejects.toMatchObject({ code: 'query.invalid', details: { position: 1 } });
  });

  it.each([
    'SELECT 1 2',
    'SELECT * FROM',
    'SELECT FROM t',
    'SELECT * FROM t WHERE',
    'SELECT * FROM t t2 t3',
    'SELECT (1',
    'SELECT 1)',
    'SELECT `a',
    'SELECT "a',
    'SELECT 1 /* a',
    'SELECT a b c FROM t',
    'SELECT CASE END',
    'SELECT f(SELECT 1)',
    'SELECT * FROM f(1)',
    'SELECT x::int',
    'SELECT a[1]',
    'SELECT :a',
    'SELECT 1 LIMIT x',
    'SELECT * FROM (SELECT 1',
    '/*!50000 SELECT 1; SELECT 2 */',
    "SELECT /*! 'a' */ 1",
    'SELECT \0',
    'FROM t SELECT 1',
    `SELECT ${'('.repeat(500)}1${')'.repeat(500)}`,
  ])('%s is not valid', async (text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'query.invalid' });
  });

  it('reads a deep and long text in no time worth mentioning', async () => {
    const deep = `SELECT ${'('.repeat(100)}1${')'.repeat(100)}`;
    const many = `SELECT * FROM ${Array.from({ length: 100 }, (_, i) => `(SELECT ${i} AS x) AS t${i}`).join(', ')}`;
    const long = `SELECT * FROM t WHERE a IN (${Array.from({ length: 20_000 }, (_, i) => i).join(', ')})`;
    for (const text of [deep, many, long]) expect((await parse(text)).effect).toBe('read');
  });
});

describe('executable comments', () => {
  it.each([
    ['SELECT /*!50000 1, */ 2', 'read'],
    ['SELECT a /*! , b */ FROM t', 'read'],
    ['SELECT a FROM t /*!99999 JOIN mysql.user */', 'refuse'],
    ['SELECT 1 /*M!100100 INTO @a */', 'refuse'],
    ['/*!40000 DELETE FROM */ /*!99999 SELECT 1 */', 'read'],
    ['/*! DELETE FROM t */', 'write'],
    ["SELECT '/*! DELETE FROM t */'", 'read'],
    ['SELECT 1 -- /*! INTO @a */', 'read'],
    ['SELECT 1 /* /*! x */', 'read'],
  ])('%s: %s', async (text, effect) => {
    expect((await parse(text)).effect).toBe(effect);
  });

  it('meets the tables on both sides', async () => {
    const facts = await parse('SELECT * FROM a /*!50000 JOIN b ON TRUE */');
    expect(facts.tables).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(facts).toMatchObject({ limitable: false, deterministic: false });
  });
});

describe('tables', () => {
  it.each([
    ['SELECT * FROM a, shop.b, `C d`.`e.f`', [{ name: 'a' }, { schema: 'shop', name: 'b' }, { schema: 'C d', name: 'e.f' }]],
    ['SELECT * FROM a JOIN (b CROSS JOIN c) ON TRUE', [{ name: 'a' }, { name: 'b' }, { name: 'c' }]],
    ['WITH a AS (SELECT * FROM a) SELECT * FROM a', [{ name: 'a' }]],
    ['WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT * FROM a', []],
    ['WITH a AS (SELECT 1) SELECT * FROM shop.a', [{ schema: 'shop', name: 'a' }]],
    ['WITH a AS (SELECT 1), b AS (SELECT * FROM a JOIN c ON true) SELECT * FROM b', [{ name: 'c' }]],
    ['WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b', [{ name: 'a' }]],
    ['WITH A AS (SELECT 1) SELECT * FROM a', [{ name: 'a' }]],
    [
      'SELECT (SELECT MAX(x) FROM a) FROM b WHERE EXISTS (SELECT 1 FROM c) ORDER BY (SELECT 1 FROM d)',
      ['a', 'b', 'c', 'd'].map((name) => ({ name })),
    ],
    ['WITH x AS (SELECT 1) SELECT 1 UNION (WITH y AS (SELECT 1) SELECT * FROM y, x, z)', [{ name: 'z' }]],
    ['(WITH x AS (SELECT 1) SELECT * FROM x) UNION ALL SELECT * FROM x', [{ name: 'x' }]],
    ['SELECT COUNT(*) FROM first', [{ name: 'first' }]],
    ['SELECT NTH_VALUE(a, 1) FROM FIRST OVER (ORDER BY a) FROM last', [{ name: 'last' }]],
    ['TABLE t', [{ name: 't' }]],
    ['DESCRIBE shop.t', [{ schema: 'shop', name: 't' }]],
    ['SHOW COLUMNS FROM t FROM shop', [{ schema: 'shop', name: 't' }]],
    ['SHOW CREATE TABLE t', [{ name: 't' }]],
    ['SHOW INDEX IN shop.t', [{ schema: 'shop', name: 't' }]],
    ['EXPLAIN SELECT * FROM t', [{ name: 't' }]],
    ['SELECT 1 FROM DUAL', []],
    [
      'SELECT f(a, (SELECT b FROM t)) OVER (PARTITION BY (SELECT c FROM u) ORDER BY d) FROM v',
      ['t', 'u', 'v'].map((name) => ({ name })),
    ],
    ['SELECT a FROM t LIMIT 5', [{ name: 't' }]],
  ])('%s', async (text, tables) => {
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    const found = (await parse(text)).tables;
    expect([...found].sort(byName)).toEqual([...tables].sort(byName));
  });
});

describe('limit', () => {
  it.each([
    ['SELECT 1', 'SELECT 1\nLIMIT 10'],
    ['SELECT 1;', 'SELECT 1\nLIMIT 10'],
    ['SELECT 1 -- end', 'SELECT 1\nLIMIT 10'],
    ['SELECT 1 # end', 'SELECT 1\nLIMIT 10'],
    ["SELECT 'é🦆' AS x LIMIT 500 OFFSET 3", "SELECT 'é🦆' AS x LIMIT 10 OFFSET 3"],
    ['SELECT 1 LIMIT 3, 500', 'SELECT 1 LIMIT 3, 10'],
    ['SELECT 1 LIMIT 3', 'SELECT 1 LIMIT 3'],
    ['SELECT 1 LIMIT 0', 'SELECT 1 LIMIT 0'],
    ['SELECT 1 LIMIT 18446744073709551615', 'SELECT 1 LIMIT 10'],
    ['SELECT 1 LIMIT ?', 'SELECT 1 LIMIT ?'],
    ['SELECT 1 LIMIT ROWS EXAMINED 5', 'SELECT 1 LIMIT ROWS EXAMINED 5'],
    ['SELECT a FROM t ORDER BY a FETCH FIRST 50 ROWS ONLY', 'SELECT a FROM t ORDER BY a FETCH FIRST 10 ROWS ONLY'],
    ['SELECT a FROM t ORDER BY a FETCH FIRST 5 ROWS WITH TIES', 'SELECT a FROM t ORDER BY a FETCH FIRST 5 ROWS WITH TIES'],
    ['(SELECT 1 LIMIT 50)', '(SELECT 1 LIMIT 50)\nLIMIT 10'],
    ['SELECT 1 UNION (SELECT 2 LIMIT 50)', 'SELECT 1 UNION (SELECT 2 LIMIT 50)\nLIMIT 10'],
    ['SELECT (SELECT 1 LIMIT 50)', 'SELECT (SELECT 1 LIMIT 50)\nLIMIT 10'],
    ['VALUES (1)', 'VALUES (1)\nLIMIT 10'],
    ['SHOW TABLES', 'SHOW TABLES'],
    ['EXPLAIN SELECT 1', 'EXPLAIN SELECT 1'],
  ])('%s', async (text, limited) => {
    expect(dialect.limit(text, await parse(text), 10)).toBe(limited);
    await parse(limited);
  });
});

describe('names and parameters', () => {
  it.each([
    ['plain', 'plain'],
    ['Caps', 'Caps'],
    ['two words', '`two words`'],
    ['select', '`select`'],
    ['rank', '`rank`'],
    ['back`tick', '`back``tick`'],
    ['1st', '`1st`'],
    ['ünï', '`ünï`'],
  ])('quotes %s', async (name, quoted) => {
    expect(dialect.quoteIdentifier(name)).toBe(quoted);
    expect((await parse(`SELECT ${quoted} FROM ${quoted} AS ${quoted}`)).tables).toEqual([{ name }]);
  });

  it('qualifies only where needed', () => {
    expect(dialect.qualify({ schema: 'shop', name: 'a' }, 'shop')).toBe('a');
    expect(dialect.qualify({ schema: 'Sales 1', name: 'order' }, 'shop')).toBe('`Sales 1`.`order`');
  });

  it('finds named parameters where they are meant, with a value for each place', () => {
    const text = "SELECT :a, 'x\\':b', \":c\", `:d`, @v := 1, :a -- :g\n, 5--1, /* :h */ :ünï # :i";
    expect(dialect.bindNamed(text, { a: 1, ünï: 2 })).toEqual({
      text: "SELECT ?, 'x\\':b', \":c\", `:d`, @v := 1, ? -- :g\n, 5--1, /* :h */ ? # :i",
      params: [1, 1, 2],
    });
    expect(() => dialect.bindNamed('SELECT :a', { a: 1, b: 2 })).toThrow(/no parameter :b/);
    expect(() => dialect.bindNamed('SELECT :constructor', {})).toThrow(/constructor/);
    expect(() => dialect.bindNamed('SELECT ?, :a', { a: 1 })).toThrow(/question mark/);
  });

  it('counts parameters', async () => {
    expect((await parse("SELECT ?, '?', `?` FROM t WHERE a = ? LIMIT ?")).parameterCount).toBe(3);
  });
});

describe('tokens', () => {
  it.each([
    ['1e0FROM', ['1e0', 'FROM']],
    ['1.FROM', ['1.', 'FROM']],
    ['t.1a', ['t', '.', '1a']],
    ['2nd', ['2nd']],
    ['0x1G', ['0x1G']],
    ['0xFFg', ['0xFFg']],
    ['a--b', ['a', '-', '-', 'b']],
    ['a-- b', ['a']],
    ["'a\\'b''c'", ["'a\\'b''c'"]],
    ['@`a``b`+@@x.y', ['@`a``b`', '+', '@@x.y']],
    ['a<=>b->>c', ['a', '<=>', 'b', '->>', 'c']],
    ["x'4D'b'1'", ["x'4D'", "b'1'"]],
  ])('%s', (text, pieces) => {
    expect(tokenise(text).map((token) => token.text)).toEqual(pieces);
  });
});
