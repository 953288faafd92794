import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputMessage } from './input-message';

const schema = z.strictObject({
  name: z.string().min(1).max(5).optional(),
  count: z.coerce.number().int().min(1).max(1000).optional(),
  list: z.array(z.number()).max(2).optional(),
  mode: z.enum(['a', 'b']).optional(),
  id: z.uuid().optional(),
  said: z.string().min(3, 'Say more.').optional(),
  either: z.union([z.string(), z.boolean()]).optional(),
});
const required = z.strictObject({ name: z.string() });

const wordsOf = (value: unknown, of: z.ZodType = schema) =>
  of.safeParse(value, { error: inputMessage }).error?.issues.map((issue) => issue.message);

describe('inputMessage', () => {
  it.each([
    [{ name: '' }, 'must have at least 1 character'],
    [{ name: 'abcdef' }, 'must have at most 5 characters'],
    [{ name: 5 }, 'must be text'],
    [{ count: 0 }, 'must be at least 1'],
    [{ count: 5000 }, 'must be at most 1,000'],
    [{ count: 'x' }, 'must be a number'],
    [{ count: 1.5 }, 'must be a whole number'],
    [{ list: [1, 2, 3] }, 'must have at most 2 entries'],
    [{ mode: 'c' }, 'must be one of a, b'],
    [{ id: 'x' }, 'must be a UUID'],
    [{ url: 'x' }, "has a field that Quarry doesn't know: url"],
    [{ either: 5 }, 'has a shape that is not allowed here'],
  ])('%j: %s', (value, words) => {
    expect(wordsOf(value)).toEqual([words]);
  });

  it('leaves the words of a schema alone', () => {
    expect(wordsOf({ said: 'x' })).toEqual(['Say more.']);
  });

  it('tells what is missing from what is wrong', () => {
    expect(wordsOf({}, required)).toEqual(['is missing']);
    expect(wordsOf({ name: null }, required)).toEqual(['must be text']);
    expect(wordsOf([], required)).toEqual(['must be an object']);
  });
});
