import { describe, expect, it } from 'vitest';
import { dialect } from './dialect';

const parse = (text: string) => dialect.parse(text);

describe('SQLite dialect: what may run', () => {
  it.each([
    'SELECT 1',
    'select * from t -- drop table t;',
    'SELECT \'a;b\' AS "drop", [x y] FROM `odd name`',
    'VALUES (1, 2), (3, 4)',
    'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5) SELECT x FROM n',
    'SELECT sum(x) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
    "SELECT REPLACE(name, 'a', 'b') FROM t",
    "SELECT data ->> '$.a', json_extract(data, '$.b') FROM t",
    'SELECT count(*) FILTER (WHERE x > 1) FROM t',
    'SELECT * FROM t WHERE x IS NOT DISTINCT FROM NULL',
    'EXPLAIN QUERY PLAN SELECT * FROM t',
    'PRAGMA table_info(t)',
    'PRAGMA main.table_info(t)',
    "SELECT * FROM pragma_table_info('t')",
    'SELECT a, b FROM t ORDER BY a NULLS LAST LIMIT 5 OFFSET 2;',
    'WITH replace AS (SELECT 1) SELECT * FROM replace',
    'SELECT 1_000 AS n',
  ])('reads: %s', async (text) => {
    expect((await parse(text)).effect).toBe('read');
  });

  it.each([
    "ATTACH DATABASE 'x' AS y",
    'DETACH y',
    'PRAGMA journal_mode = WAL',
    'PRAGMA writable_schema(1)',
    'PRAGMA user_version = 5',
    'EXPLAIN PRAGMA query_only = 0',
    'EXPLAIN DELETE FROM t',
    "VACUUM INTO 'x'",
    'CREATE TABLE x (a)',
    'CREATE TEMP TABLE x AS SELECT 1',
    'BEGIN',
    'REINDEX',
    "SELECT load_extension('x')",
    "SELECT writefile('a', 'b')",
    'SELECT * FROM sqlite_dbpage',
    'SELECT * FROM pragma_journal_mode',
  ])('refuses with a reason: %s', async (text) => {
    const facts = await parse(text);
    expect(facts.effect).toBe('refuse');
    expect(facts.refusal).toMatch(/\.$/);
  });

  it.each([
    'INSERT INTO t VALUES (1)',
    'WITH x AS (SELECT 1) DELETE FROM t',
    'REPLACE INTO t VALUES (1)',
    '/* SELECT */ UPDATE t SET a = 1',
  ])('knows a write: %s', async (text) => {
    expect((await parse(text)).effect).toBe('write');
  });

  it.each([
    ['', /empty/],
    ['-- nothing', /empty/],
    ['SELECT 1; SELECT 2', /one statement/],
    ['SELECT 1; -- fine\n DROP TABLE t', /one statement/],
    ['SELECT FROM WHERE', /syntax error near/],
    ['SELECT (1', /not finished|missing|syntax/],
    ["SELECT 'open", /does not understand/],
  ])('rejects %s', async (text, message) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'query.invalid', message: expect.stringMatching(message) });
  });
});

describe('SQLite dialect: facts', () => {
  it.each<[string, string[]]>([
    ['SELECT * FROM a JOIN main.b ON 1 = 1, c AS d', ['a', 'b', 'c']],
    ['WITH a AS (SELECT * FROM real_a) SELECT * FROM a', ['real_a']],
    ['WITH a AS (SELECT * FROM x) SELECT * FROM a UNION SELECT * FROM a JOIN z', ['x', 'z']],
    ['SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) JOIN a', ['a']],
    ['SELECT * FROM t WHERE x IN (SELECT y FROM u) AND EXISTS (SELECT 1 FROM v)', ['t', 'u', 'v']],
    ['SELECT * FROM t WHERE x IN other', ['other', 't']],
    ["SELECT * FROM 'quoted'", ['quoted']],
    ['SELECT (SELECT max(x) FROM "odd name") FROM [b c]', ['b c', 'odd name']],
    ['SELECT * FROM t INDEXED BY i', ['t']],
    ['SELECT 1 INTERSECT SELECT 2 FROM z', ['z']],
  ])('%s reads %s', async (text, tables) => {
    expect((await parse(text)).tables.map((table) => table.name).sort()).toEqual(tables);
  });

  it('counts parameters, and knows what varies', async () => {
    expect((await parse('SELECT ?, ?2, :a, :a')).parameterCount).toBe(3);
    expect((await parse('SELECT random()')).deterministic).toBe(false);
    expect((await parse("SELECT date('now')")).deterministic).toBe(false);
    expect((await parse('SELECT datetime()')).deterministic).toBe(false);
    expect((await parse("SELECT strftime('%Y', ordered_on) FROM t")).deterministic).toBe(true);
  });

  it('pushes the limit down without touching order or columns', async () => {
    const limited = async (text: string) => dialect.limit(text, await parse(text), 11);
    expect(await limited('SELECT a, a FROM t ORDER BY a -- end')).toBe('SELECT a, a FROM t ORDER BY a\nLIMIT 11');
    expect(await limited('SELECT a FROM t LIMIT 5;')).toBe('SELECT a FROM t LIMIT 5;');
    expect(await limited('SELECT a FROM t LIMIT 500 OFFSET 3')).toBe('SELECT a FROM t LIMIT 11 OFFSET 3');
    expect(await limited('SELECT a FROM t LIMIT 3, 500')).toBe('SELECT a FROM t LIMIT 3, 11');
    expect(await limited('SELECT * FROM (SELECT a FROM t LIMIT 500)')).toBe(
      'SELECT * FROM (SELECT a FROM t LIMIT 500)\nLIMIT 11',
    );
    expect(await limited('SELECT 1 UNION SELECT 2')).toBe('SELECT 1 UNION SELECT 2\nLIMIT 11');
    expect(await limited('VALUES (1)')).toBe('VALUES (1)');
  });

  it('binds names outside strings and comments', () => {
    expect(dialect.bindNamed("SELECT :a, ':b', :c, :a -- :d", { a: 1, c: 'x' })).toEqual({
      text: "SELECT ?, ':b', ?, ? -- :d",
      params: [1, 'x', 1],
    });
    expect(() => dialect.bindNamed('SELECT :missing', {})).toThrow(/:missing/);
  });

  it('quotes what needs quotes', () => {
    expect(['plain', 'Order', 'with space', 'a"b', 'order', '1st'].map(dialect.quoteIdentifier)).toEqual([
      'plain',
      '"Order"',
      '"with space"',
      '"a""b"',
      '"order"',
      '"1st"',
    ]);
  });
});
