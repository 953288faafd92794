/** Browser-safe shapes of what the schema routes take. */
import { z } from 'zod';

/** As the database counts versions: a 32-bit integer. */
const version = z.coerce.number().int().min(1).max(2_147_483_647);

export const schemaQuerySchema = z.object({
  /** true: also the tables that weren't chosen, and each says whether it is. */
  all: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
});

export const tableQuerySchema = z.object({
  /** As in the catalogue: "public.orders". */
  table: z.string().min(1).max(512),
});

export const versionsQuerySchema = z.object({
  /** Only versions below this one: the next page. */
  before: version.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const diffQuerySchema = z.object({
  from: version,
  to: version,
});

export const describeTableSchema = z.strictObject({
  /** As in the catalogue: "public.orders". */
  table: z.string().min(1).max(512),
  /** Null goes back to the built-in text. */
  text: z.string().trim().min(1).max(2_000).nullable(),
});
export type DescribeTableInput = z.output<typeof describeTableSchema>;
