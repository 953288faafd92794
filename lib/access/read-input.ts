import type { ZodError, ZodType } from 'zod';
import { QuarryError } from '../kernel/errors';
import { inputMessage } from '../kernel/input-message';

/** Bytes of a JSON body that a route reads unless it says otherwise. */
const MAX_BODY_BYTES = 1024 * 1024;

function invalid(what: string, error: ZodError): QuarryError {
  const fields = error.issues.slice(0, 20).map(({ path, message }) => ({ field: path.join('.'), message }));
  const first = fields[0];
  const where = first?.field ? `${first.field}: ` : '';
  const message = first?.message ?? '';
  const stop = message === '' || /[.!?]$/.test(message) ? '' : '.';
  return new QuarryError('input.invalid', `The ${what} is not valid. ${where}${message}${stop}`.trim(), { details: { fields } });
}

/**
 * Text that no database keeps as it is: a zero byte, which PostgreSQL's text can't hold, or half of a surrogate pair, which UTF-8
 * can't express and which would silently become U+FFFD.
 */
const isWhole = (text: string) => !/\p{Cs}|\0/u.test(text);

/** The dotted place of the first text that is not whole, keys included, or null. */
function findBroken(value: unknown, path: readonly string[] = []): string | null {
  if (typeof value === 'string') return isWhole(value) ? null : path.join('.');
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = isWhole(key) ? findBroken(inner, [...path, key]) : path.join('.');
    if (found !== null) return found;
  }
  return null;
}

function refuseBroken(what: string, value: unknown): void {
  const field = findBroken(value);
  if (field === null) return;
  const message = 'holds a zero byte or half a character, which no database can keep';
  throw new QuarryError('input.invalid', `The ${what} is not valid. ${field ? `${field}: ` : ''}${message}.`, {
    details: { fields: [{ field, message }] },
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
  const parsed = schema.safeParse(values, { error: inputMessage });
  if (!parsed.success) throw invalid('query string', parsed.error);
  refuseBroken('query string', parsed.data);
  return parsed.data as ReturnType<S['parse']>;
}

/** A path that names nothing is not found, whether or not its id is well formed. @throws QuarryError not_found */
export function parseParams<S extends ZodType>(schema: S, params: unknown): ReturnType<S['parse']> {
  const parsed = schema.safeParse(params);
  if (!parsed.success || findBroken(params) !== null) throw new QuarryError('not_found', 'There is nothing at this address.');
  return parsed.data as ReturnType<S['parse']>;
}

/** @throws QuarryError input.invalid: too long, not JSON, or not what the schema wants */
export async function parseBody<S extends ZodType>(
  schema: S,
  request: Request,
  maxBytes = MAX_BODY_BYTES,
): Promise<ReturnType<S['parse']>> {
  const text = await readText(request, maxBytes);
  const value = text.trim() === '' ? {} : parseJson(text);
  const parsed = schema.safeParse(value, { error: inputMessage });
  if (!parsed.success) throw invalid('request', parsed.error);
  // Only an escape can bring them in: the bytes were UTF-8, and JSON has no bare control characters.
  if (/\\u(?:0000|[dD][89a-fA-F])/.test(text)) refuseBroken('request', parsed.data);
  return parsed.data as ReturnType<S['parse']>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new QuarryError('input.invalid', 'The body is not JSON.');
  }
}

/** Strict, so that a byte which isn't UTF-8 is refused rather than replaced; a byte order mark is skipped. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads no more than the limit, whatever Content-Length claims. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLong = () => new QuarryError('input.invalid', `The body is longer than ${maxBytes.toLocaleString('en')} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLong();
  const reader = request.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new QuarryError('input.invalid', 'The body broke off before it was whole. Send it again.', { cause: error });
    });
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLong();
    }
    chunks.push(value);
  }
  try {
    return utf8.decode(Buffer.concat(chunks));
  } catch {
    throw new QuarryError('input.invalid', 'The body is not UTF-8 text.');
  }
}
