import type { z } from 'zod';

/** As zod hands an issue to an error map; a subset of what its types say, because they are a union of a dozen shapes. */
type RawIssue = z.core.$ZodRawIssue;

const NOUNS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/**
 * Words for what zod finds, as the end of a sentence that begins with the field's name: "limit must be at most 100". For
 * `safeParse(value, { error: inputMessage })`; a message that the schema itself carries wins over these.
 * @returns undefined where zod's own words do
 */
export function inputMessage(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${NOUNS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return sizeMessage('at least', issue.origin, issue.minimum);
    case 'too_big':
      return sizeMessage('at most', issue.origin, issue.maximum);
    case 'unrecognized_keys':
      return `has ${issue.keys.length > 1 ? 'fields' : 'a field'} that Quarry doesn't know: ${issue.keys.join(', ')}`;
    case 'invalid_value': {
      const values = issue.values.map(String);
      return values.length > 1 ? `must be one of ${values.join(', ')}` : `must be ${values[0]}`;
    }
    case 'invalid_union':
      return 'has a shape that is not allowed here';
    case 'invalid_format':
      if (issue.format === 'uuid') return 'must be a UUID';
      if (issue.format === 'datetime') return 'must be a moment such as 2026-01-31T09:30:00Z';
      if (issue.format === 'url') return 'must be an address such as https://example.com';
      return undefined;
    default:
      return undefined;
  }
}

function sizeMessage(bound: 'at least' | 'at most', origin: string, size: number | bigint): string {
  const amount = size.toLocaleString('en');
  const things = (one: string, many: string) => `${amount} ${Number(size) === 1 ? one : many}`;
  if (origin === 'string') return `must have ${bound} ${things('character', 'characters')}`;
  if (origin === 'array' || origin === 'set') return `must have ${bound} ${things('entry', 'entries')}`;
  return `must be ${bound} ${amount}`;
}
