import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { projectRoot } from '../kernel/paths';

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

/** The route files of app/api as Next names them: "/api/data-sources/[id]" and the file's path. */
export function routeFiles(): { pattern: string; file: string }[] {
  const root = path.join(projectRoot(), 'app', 'api');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|[\\/])route\.tsx?$/.test(file))
    .sort()
    .map((file) => ({ pattern: `/api/${path.dirname(file).split(path.sep).join('/')}`, file: path.join(root, file) }));
}

/** The real routes behind a real HTTP server on a free port, for tests of clients: what Next does, without a build. */
export async function startApiServer(): Promise<{ url: string; close(): Promise<void> }> {
  // A literal segment wins over [id], as in Next.
  const routes = routeFiles().sort((a, b) => Number(a.pattern.includes('[')) - Number(b.pattern.includes('[')));
  const server = createServer(async (incoming, outgoing) => {
    const request = toRequest(incoming);
    outgoing.once('close', () => !outgoing.writableFinished && request.gone.abort());
    const response = await answer(routes, request.request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (!response.body) return outgoing.end();
    Readable.fromWeb(response.body as NodeReadableStream)
      .on('error', () => outgoing.destroy())
      .pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function toRequest(incoming: IncomingMessage): { request: Request; gone: AbortController } {
  const gone = new AbortController();
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]));
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  const body = hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {};
  const init = { method: incoming.method, headers, signal: gone.signal, ...body } as RequestInit;
  return { request: new Request(`http://${incoming.headers.host}${incoming.url}`, init), gone };
}

async function answer(routes: { pattern: string; file: string }[], request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  for (const { pattern, file } of routes) {
    const shape = pattern.replace(/\[(\w+)\]/g, '(?<$1>[^/]+)').replace(/\[\.\.\.(\w+)\]/g, '(?<$1>.+)');
    const match = new RegExp(`^${shape}$`).exec(pathname);
    if (!match) continue;
    const module: Record<string, Handler> = await import(file);
    const handler = module[request.method];
    if (!handler) return new Response(null, { status: 405 });
    const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return handler(request, { params: Promise.resolve(Object.fromEntries(params)) });
  }
  return new Response(null, { status: 404 });
}
