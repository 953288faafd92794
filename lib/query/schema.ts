import { z } from 'zod';

/**
 * What clients send to the execution path and what they get back (../shared/API.md). Browser-safe: the editor and the OpenAPI
 * document use the same schemas.
 */

/** A value of a result as JSON: see format.ts for which exact values become numbers. */
export type JsonCell = null | boolean | number | string | JsonCell[] | { [key: string]: JsonCell };

const scalar = z.union([
  z.string().max(1_000_000),
  z.boolean(),
  z.null(),
  z.number().refine((n) => !Number.isInteger(n) || Number.isSafeInteger(n), {
    message: 'A whole number beyond 2^53 loses digits in JSON: send it as a string.',
  }),
]);
const parameter = z.union([scalar, z.array(scalar).max(10_000)]);

/** Bound by position (`$1`, `?`) when a list, by name (`:name`) when an object. */
export const parametersSchema = z.union([z.array(parameter).max(1_000), z.record(z.string().min(1).max(100), parameter)]);

/** A data source and a query, never an address: what is not named here is refused. */
export const queryRequestSchema = z.strictObject({
  dataSourceId: z.string().min(1).max(100),
  query: z.string().max(1_000_000),
  parameters: parametersSchema.optional(),
  /** Rows at most; what is above the installation's or the source's limit is lowered to it, and the answer says so. */
  limit: z.int().min(1).max(1_000_000_000).optional(),
  timeoutMs: z.int().min(1).max(86_400_000).optional(),
  cache: z.enum(['use', 'refresh', 'bypass']).optional(),
  /** A UUID of the client's own, so that it can cancel before the answer arrives. */
  queryId: z.uuid().optional(),
});

export const EXPORT_FORMATS = ['csv', 'xlsx', 'json', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export const exportFormatSchema = z.enum(EXPORT_FORMATS, { error: `The format must be one of ${EXPORT_FORMATS.join(', ')}.` });
export const exportQuerySchema = z.object({ format: exportFormatSchema.default('csv') });
