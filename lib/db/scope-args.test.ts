import { describe, expect, it } from 'vitest';
import { scopeOperation } from './scope-args';

const OWN = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const scope = (operation: Parameters<typeof scopeOperation>[1], args?: unknown) =>
  scopeOperation('DataSource', operation, args, OWN);

describe('the first belt alone', () => {
  it('filters every read', () => {
    for (const operation of [
      'findFirst',
      'findFirstOrThrow',
      'findMany',
      'count',
      'aggregate',
      'groupBy',
      'deleteMany',
    ] as const) {
      expect(scope(operation).args).toEqual({ where: { organizationId: OWN } });
      expect(scope(operation, { where: { organizationId: OTHER }, take: 1 }).args).toEqual({
        where: { AND: [{ organizationId: OWN }, { organizationId: OTHER }] },
        take: 1,
      });
    }
  });

  it('turns findUnique into a filtered findFirst, compound keys too', () => {
    expect(scope('findUnique', { where: { id: 'x' } })).toEqual({
      operation: 'findFirst',
      args: { where: { AND: [{ organizationId: OWN }, { id: 'x' }] } },
    });
    expect(scope('findUniqueOrThrow', { where: { organizationId_id: { organizationId: OTHER, id: 'x' } } })).toEqual({
      operation: 'findFirstOrThrow',
      args: { where: { AND: [{ organizationId: OWN }, { organizationId: OTHER, id: 'x' }] } },
    });
  });

  it('narrows what one row is changed', () => {
    const where = { id: 'x', AND: { name: 'y' } };
    const narrowed = { id: 'x', AND: [{ name: 'y' }, { organizationId: OWN }] };
    expect(scope('update', { where, data: { name: 'z' } }).args).toEqual({ where: narrowed, data: { name: 'z' } });
    expect(scope('delete', { where }).args).toEqual({ where: narrowed });
    expect(scope('upsert', { where, create: { name: 'z' }, update: {} }).args).toEqual({
      where: narrowed,
      create: { name: 'z', organizationId: OWN },
      update: {},
    });
  });

  it('gives every new row the organisation', () => {
    expect(scope('create', { data: { name: 'x' } }).args).toEqual({ data: { name: 'x', organizationId: OWN } });
    expect(scope('createMany', { data: [{ name: 'x' }, { name: 'y' }] }).args).toEqual({
      data: [
        { name: 'x', organizationId: OWN },
        { name: 'y', organizationId: OWN },
      ],
    });
  });

  it('takes the organisation of new children from their parent', () => {
    const credentials = { create: { version: 1, organizationId: OWN } };
    expect(scope('create', { data: { credentials } }).args).toEqual({
      data: { credentials: { create: [{ version: 1 }] }, organizationId: OWN },
    });
    const createMany = { data: [{ version: 1 }] };
    expect(scope('update', { where: { id: 'x' }, data: { credentials: { createMany } } }).args.data).toEqual({
      credentials: { createMany },
    });
  });

  it.each([
    ['create', { data: { organizationId: OTHER } }],
    ['createMany', { data: [{ organizationId: OTHER }] }],
    ['update', { where: { id: 'x' }, data: { organizationId: OTHER } }],
    ['updateMany', { data: { organizationId: { set: OTHER } } }],
    ['upsert', { where: { id: 'x' }, create: {}, update: { organizationId: OTHER } }],
    ['create', { data: { organization: { connect: { id: OTHER } } } }],
    ['create', { data: { environment: { connect: { id: 'x' } } } }],
    ['update', { where: { id: 'x' }, data: { credentials: { connect: { id: 'x' } } } }],
    ['update', { where: { id: 'x' }, data: { credentials: { updateMany: { where: {}, data: {} } } } }],
    ['create', { data: { credentials: { create: [{ organizationId: OTHER }] } } }],
    ['create', { data: { conversations: { create: { messages: { connect: { id: 'x' } } } } } }],
    ['findMany', { where: undefined }],
  ] as const)('refuses %s with %j', (operation, args) => {
    expect(() => scope(operation, args)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
