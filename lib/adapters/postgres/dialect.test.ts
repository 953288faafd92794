import { describe, expect, it } from 'vitest';
import { readJson } from '../exact-json';
import { dialect } from './dialect';
import { readArray, valueType } from './types';

const parse = (text: string) => dialect.parse(text);

describe('what may run', () => {
  it.each([
    ['SELECT 1', 'select'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
    ['WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t', 'with'],
    ['VALUES (1), (2)', 'values'],
    ['TABLE orders', 'select'],
    ['SHOW server_version', 'show'],
    ['EXPLAIN SELECT 1', 'explain'],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM orders', 'explain'],
    ["SELECT 'DROP TABLE x; DELETE FROM y' AS text", 'select'],
    ["SELECT E'it\\'s; DELETE FROM x'", 'select'],
    ['SELECT $q$; DELETE FROM x$q$', 'select'],
    ['SELECT 1 /* ; DELETE /* nested */ FROM x */', 'select'],
    ['SELECT * FROM generate_series(1, 3) WITH ORDINALITY', 'select'],
    ['SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FILTER (WHERE y) FROM t', 'select'],
    ['SELECT sum(x) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t', 'select'],
    ["SELECT * FROM t, LATERAL jsonb_to_recordset(t.j) AS r(a int, b text) WHERE j @> '{}'", 'select'],
    ['SELECT * FROM t TABLESAMPLE bernoulli (10) GROUP BY GROUPING SETS ((a), ())', 'select'],
  ])('%s', async (text, kind) => {
    expect(await parse(text)).toMatchObject({ effect: 'read', kind });
  });

  it.each([
    ['INSERT INTO t VALUES (1)', 'insert'],
    ['UPDATE t SET a = 1', 'update'],
    ['DELETE FROM t', 'delete'],
    ['MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE', 'merge'],
    ['WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x', 'with'],
    ['SELECT 1 FROM (WITH x AS (UPDATE t SET a = 1 RETURNING 1) SELECT * FROM x) y', 'select'],
  ])('%s is a write', async (text, kind) => {
    expect(await parse(text)).toMatchObject({ effect: 'write', kind });
  });

  it.each([
    'EXPLAIN ANALYZE INSERT INTO t VALUES (1)',
    'EXPLAIN ANALYZE SELECT * INTO x FROM t',
    'EXPLAIN EXECUTE p',
    'EXPLAIN WITH d AS (DELETE FROM t RETURNING 1) SELECT 1',
  ])('%s is refused', async (text) => {
    expect((await parse(text)).effect).toBe('refuse');
  });

  it('names the functions it does not know, and only those', async () => {
    const facts = await parse('SELECT lower(a), "Mine"(b), other.calc(c), count(*), pg_catalog.upper(d), random() FROM t');
    expect(facts.effect).toBe('read');
    expect(facts.unverifiedFunctions).toEqual(['Mine', 'other.calc']);
    expect(facts.functions).toEqual(['lower', 'mine', 'other.calc', 'count', 'pg_catalog.upper', 'random']);
  });

  it('gives the place of a syntax error, in characters', async () => {
    await expect(parse("SELECT 'é🦆'\nFROM WHERE")).rejects.toMatchObject({ code: 'query.invalid', details: { line: 2 } });
    await expect(parse('SELEC 1')).rejects.toMatchObject({ code: 'query.invalid', details: { position: 1 } });
  });
});

describe('tables', () => {
  it.each([
    ['SELECT * FROM a, public.b, "C d".e', [{ name: 'a' }, { schema: 'public', name: 'b' }, { schema: 'C d', name: 'e' }]],
    ['WITH a AS (SELECT * FROM a) SELECT * FROM a', [{ name: 'a' }]],
    ['WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT * FROM a', []],
    ['WITH a AS (SELECT 1) SELECT * FROM public.a', [{ schema: 'public', name: 'a' }]],
    ['WITH a AS (SELECT 1), b AS (SELECT * FROM a JOIN c ON true) SELECT * FROM b', [{ name: 'c' }]],
    ['WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b', [{ name: 'a' }]],
    [
      'SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (SELECT FROM c) ORDER BY (SELECT 1 FROM d)',
      ['a', 'b', 'c', 'd'].map((name) => ({ name })),
    ],
    ['WITH x AS (SELECT 1) SELECT 1 UNION (WITH y AS (SELECT 1) SELECT * FROM y, x, z)', [{ name: 'z' }]],
    ['(WITH x AS (SELECT 1) SELECT * FROM x) UNION ALL SELECT * FROM x', [{ name: 'x' }]],
  ])('%s', async (text, tables) => {
    const found = (await parse(text)).tables;
    expect([...found].sort(byName)).toEqual([...tables].sort(byName));
  });
});

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);

describe('limit', () => {
  it.each([
    ['SELECT 1', 'SELECT 1\nLIMIT 10'],
    ['SELECT 1;', 'SELECT 1\nLIMIT 10'],
    ['SELECT 1 -- end', 'SELECT 1\nLIMIT 10'],
    ["SELECT 'é🦆' AS x LIMIT 500 OFFSET 3", "SELECT 'é🦆' AS x LIMIT 10 OFFSET 3"],
    ['SELECT 1 LIMIT 3', 'SELECT 1 LIMIT 3'],
    ['SELECT 1 LIMIT 0', 'SELECT 1 LIMIT 0'],
    ['SELECT 1 LIMIT 99999999999', 'SELECT 1 LIMIT 10'],
    ['SELECT 1 LIMIT ALL', 'SELECT * FROM (\nSELECT 1 LIMIT ALL\n) AS quarry_result\nLIMIT 10'],
    ['SELECT 1 OFFSET 2', 'SELECT 1 OFFSET 2\nLIMIT 10'],
    ['SELECT 1 FETCH FIRST ROW ONLY', 'SELECT 1 FETCH FIRST ROW ONLY'],
    ['SELECT 1 FETCH FIRST 50 ROWS ONLY', 'SELECT 1 FETCH FIRST 10 ROWS ONLY'],
    [
      'SELECT a FROM t ORDER BY a FETCH FIRST 5 ROWS WITH TIES',
      'SELECT * FROM (\nSELECT a FROM t ORDER BY a FETCH FIRST 5 ROWS WITH TIES\n) AS quarry_result\nLIMIT 10',
    ],
    ['SELECT 1 LIMIT $1', 'SELECT * FROM (\nSELECT 1 LIMIT $1\n) AS quarry_result\nLIMIT 10'],
    ['(SELECT 1 LIMIT 50)', '(SELECT 1 LIMIT 10)'],
    ['(SELECT 1)', '(SELECT 1)\nLIMIT 10'],
    ['SELECT 1 UNION (SELECT 2 LIMIT 50)', 'SELECT 1 UNION (SELECT 2 LIMIT 50)\nLIMIT 10'],
    ['VALUES (1)', 'VALUES (1)\nLIMIT 10'],
    ['SHOW all', 'SHOW all'],
    ['EXPLAIN SELECT 1', 'EXPLAIN SELECT 1'],
  ])('%s', async (text, limited) => {
    const facts = await parse(text);
    expect(dialect.limit(text, facts, 10)).toBe(limited);
    await parse(limited);
  });
});

describe('names and parameters', () => {
  it.each([
    ['plain', 'plain'],
    ['Caps', '"Caps"'],
    ['two words', '"two words"'],
    ['select', '"select"'],
    ['user', '"user"'],
    ['say "hi"', '"say ""hi"""'],
    ['1st', '"1st"'],
    ['ünï🦆', '"ünï🦆"'],
  ])('quotes %s', async (name, quoted) => {
    expect(dialect.quoteIdentifier(name)).toBe(quoted);
    expect((await parse(`SELECT ${quoted} FROM ${quoted} AS ${quoted}`)).tables).toEqual([{ name }]);
  });

  it('qualifies only where needed', () => {
    expect(dialect.qualify({ schema: 'public', name: 'a' }, 'public')).toBe('a');
    expect(dialect.qualify({ schema: 'Sales', name: 'order' }, 'public')).toBe('"Sales"."order"');
  });

  it('finds named parameters where they are meant', () => {
    const text = `SELECT :a, 'x:b', "c:d", x::int, $q$:e$q$, E'\\':f', :a -- :g\n, y[1:n], /* :h */ :ünï`;
    expect(dialect.bindNamed(text, { a: 1, ünï: 2 })).toEqual({
      text: `SELECT $1, 'x:b', "c:d", x::int, $q$:e$q$, E'\\':f', $1 -- :g\n, y[1:n], /* :h */ $2`,
      params: [1, 2],
    });
    expect(() => dialect.bindNamed('SELECT :a', { a: 1, b: 2 })).toThrow(/no parameter :b/);
  });

  it('does not take prototype members for values', () => {
    expect(() => dialect.bindNamed('SELECT :constructor', {})).toThrow(/constructor/);
  });
});

describe('values from the wire', () => {
  it('keeps numbers in JSON that a double cannot hold', () => {
    expect(
      readJson('{"a": 9007199254740993, "b": 0.1, "c": [1e400, -12345678901234567890], "d": "12345678901234567890"}'),
    ).toEqual({
      a: '9007199254740993',
      b: 0.1,
      c: ['1e400', '-12345678901234567890'],
      d: '12345678901234567890',
    });
  });

  it('reads array literals with every kind of quoting', () => {
    const text = (value: string) => value;
    expect(readArray('{a,"b,c","d\\"e","f\\\\g",NULL,"NULL",""}', ',', text)).toEqual([
      'a',
      'b,c',
      'd"e',
      'f\\g',
      null,
      'NULL',
      '',
    ]);
    expect(readArray('{{1,2},{3,4}}', ',', text)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(readArray('{(1,2),(0,0);(3,4),(0,0)}', ';', text)).toEqual(['(1,2),(0,0)', '(3,4),(0,0)']);
    expect(readArray('{}', ',', text)).toEqual([]);
  });

  it('tells precision and length', () => {
    expect(valueType(1700, ((10 << 16) | 2) + 4, new Map())?.nativeType).toBe('numeric(10,2)');
    expect(valueType(1700, ((5 << 16) | (-2 & 0x7ff)) + 4, new Map())?.nativeType).toBe('numeric(5,-2)');
    expect(valueType(1043, 24, new Map())?.nativeType).toBe('character varying(20)');
    expect(valueType(99_999, -1, new Map())).toBeNull();
  });
});
