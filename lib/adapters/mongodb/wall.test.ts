import { describe, expect, it } from 'vitest';
import { assertHarmless } from './wall';

const stage = (name: string, value: unknown) => new Map([[name, value]]);

describe('the last look before a command is sent', () => {
  it.each<[string, Record<string, unknown>]>([
    ['find', { find: 'a', filter: new Map([['x', 1]]) }],
    [
      'aggregate',
      {
        aggregate: 'a',
        pipeline: [
          stage(
            '$lookup',
            new Map<string, unknown>([
              ['from', 'b'],
              ['pipeline', []],
            ]),
          ),
        ],
      },
    ],
    ['getMore', { getMore: 5, collection: 'a' }],
    ['explain', { explain: { find: 'a' }, verbosity: 'queryPlanner' }],
  ])('lets reading pass: %s', (_, body) => {
    expect(() => assertHarmless(body, false)).not.toThrow();
  });

  it.each<[string, Record<string, unknown>]>([
    ['insert', { insert: 'a', documents: [] }],
    ['delete', { delete: 'a', deletes: [] }],
    ['drop', { drop: 'a' }],
    ['killOp', { killOp: 1, op: 1 }],
    ['mapReduce', { mapReduce: 'a' }],
    ['nothing', {}],
    ['a name from the prototype', { toString: 1 }],
    ['$out', { aggregate: 'a', pipeline: [stage('$out', 'b')] }],
    ['$merge deep inside', { aggregate: 'a', pipeline: [stage('$facet', stage('x', [stage('$merge', 'b')]))] }],
    ['$where', { find: 'a', filter: stage('$or', [stage('$where', '1')]) }],
    ['$where in a plain object', { find: 'a', filter: { $and: [{ $where: '1' }] } }],
    ['$function', { find: 'a', projection: stage('x', stage('$function', new Map())) }],
    ['$currentOp', { aggregate: 1, pipeline: [stage('$currentOp', new Map())] }],
    ['explaining a write', { explain: { delete: 'a', deletes: [] } }],
    ['explaining $out', { explain: { aggregate: 'a', pipeline: [stage('$out', 'b')] } }],
    ['another database', { aggregate: 'a', pipeline: [stage('$lookup', stage('from', new Map([['db', 'admin']])))] }],
    [
      'another database by $unionWith',
      {
        aggregate: 'a',
        pipeline: [
          stage(
            '$unionWith',
            new Map([
              ['db', 'admin'],
              ['coll', 'x'],
            ]),
          ),
        ],
      },
    ],
    ['system collections', { find: 'system.users' }],
    ['joined system collections', { aggregate: 'a', pipeline: [stage('$unionWith', 'system.profile')] }],
  ])('stops %s', (_, body) => {
    expect(() => assertHarmless(body, false)).toThrow(/not sent|not allowed|another database|server's own/);
  });

  it('lets a write pass only where the source allows it', () => {
    expect(() => assertHarmless({ insert: 'a', documents: [new Map([['x', 1]])] }, true)).not.toThrow();
    expect(() => assertHarmless({ drop: 'a' }, true)).toThrow(/not sent/);
    expect(() => assertHarmless({ update: 'a', updates: [{ q: stage('$where', '1') }] }, true)).toThrow(/\$where/);
  });
});
