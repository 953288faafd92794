import type { ZodError, ZodType } from 'zod';
import { QuarryError } from '../kernel/errors';

/** Bytes of a JSON body that a route reads unless it says otherwise. */
const MAX_BODY_BYTES = 1024 * 1024;

function invalid(what: string, error: ZodError): QuarryError {
  const fields = error.issues.slice(0, 20).map(({ path, message }) => ({ field: path.join('.'), message }));
  const first = fields[0];
  const where = first?.field ? `${first.field}: ` : '';
  return new QuarryError('input.invalid', `The ${what} is not valid. ${where}${first?.message ?? ''}`.trim(), {
    details: { fields },
  });
}

/** @throws QuarryError input.invalid with the list of fields */
export function parseQuery<S extends ZodType>(schema: S, request: Request): ReturnType<S['parse']> {
  const values: Record<string, string | string[]> = {};
  const { searchParams } = new URL(request.url);
  for (const name of new Set(searchParams.keys())) {
    const all = searchParams.getAll(name);
    values[name] = all.length > 1 ? all : (all[0] ?? '');
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw invalid('query string', parsed.error);
  return parsed.data as ReturnType<S['parse']>;
}

/** A path that names nothing is not found, whether or not its id is well formed. @throws QuarryError not_found */
export function parseParams<S extends ZodType>(schema: S, params: unknown): ReturnType<S['parse']> {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new QuarryError('not_found', 'There is nothing at this address.');
  return parsed.data as ReturnType<S['parse']>;
}

/** @throws QuarryError input.invalid: too long, not JSON, or not what the schema wants */
export async function parseBody<S extends ZodType>(
  schema: S,
  request: Request,
  maxBytes = MAX_BODY_BYTES,
): Promise<ReturnType<S['parse']>> {
  const text = await readText(request, maxBytes);
  let value: unknown = {};
  if (text.trim() !== '') {
    try {
      value = JSON.parse(text);
    } catch {
      throw new QuarryError('input.invalid', 'The body is not JSON.');
    }
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid('request', parsed.error);
  return parsed.data as ReturnType<S['parse']>;
}

/** Reads no more than the limit, whatever Content-Length claims. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLong = () => new QuarryError('input.invalid', `The body is longer than ${maxBytes.toLocaleString('en')} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLong();
  const reader = request.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLong();
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
}
