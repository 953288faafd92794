import { PassThrough, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import busboy from 'busboy';
import type { UploadPart } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';

/**
 * The files of a multipart form (RFC 7578) as they arrive, one after the other; other fields are passed over. No more of a file is in
 * memory than its reader is behind. Whoever leaves the loop early ends the request's body.
 * @throws QuarryError input.invalid when the body is no such form, or ends before it is complete
 */
export async function* readFormFiles(request: Request, signal: AbortSignal): AsyncGenerator<UploadPart> {
  const contentType = request.headers.get('content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType) || !request.body)
    throw new QuarryError('input.invalid', 'Send the files as multipart/form-data.');
  const parser = openParser(contentType);
  const body = Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>, { signal });
  const inbox = new PartQueue();
  parser.on('file', (_field, content, { filename }) => {
    const file = new PassThrough();
    // Whoever reads the file learns of it; until then it must not end the process.
    file.on('error', () => undefined);
    content.on('error', (error) => file.destroy(broken(error)));
    content.pipe(file);
    inbox.push({ fileName: filename ?? '', content: file });
  });
  parser.once('close', () => inbox.end(null));
  parser.on('error', (error: unknown) => inbox.end(broken(error)));
  body.on('error', (error) => {
    parser.destroy(error);
    inbox.end(error);
  });
  body.pipe(parser);
  try {
    for (let part = await inbox.next(); part; part = await inbox.next()) yield part;
  } finally {
    body.unpipe(parser);
    body.destroy();
    parser.destroy();
  }
}

function openParser(contentType: string): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      limits: { fields: 100, fieldSize: 10_000 },
      defParamCharset: 'utf8',
    });
  } catch (error) {
    throw broken(error);
  }
}

const broken = (cause: unknown) =>
  new QuarryError('input.invalid', 'The form is not complete or not well formed. Send the files again.', { cause });

/** Files that have begun and nobody has asked for yet. */
class PartQueue {
  readonly #parts: UploadPart[] = [];
  #outcome: { error: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(part: UploadPart): void {
    this.#parts.push(part);
    this.#wake();
  }

  end(error: unknown): void {
    this.#outcome ??= { error };
    this.#wake();
  }

  async next(): Promise<UploadPart | null> {
    for (;;) {
      const part = this.#parts.shift();
      if (part) return part;
      if (this.#outcome?.error) throw this.#outcome.error;
      if (this.#outcome) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
