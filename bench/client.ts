import { Agent, request } from 'node:http';

/** A keep-alive client of the server under test: as little of its own as possible. */
export interface Client {
  /** Posts JSON and reads the whole answer. @throws Error unless it is 200 */
  post(path: string, body: object): Promise<string>;
  /** @throws Error unless it is 200 */
  get(path: string, headers?: Record<string, string>): Promise<string>;
  /** Posts JSON and reads the answer without keeping it. @returns bytes read */
  drain(path: string, body: object): Promise<number>;
  close(): void;
}

export function createClient(base: string, token: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const signed = token === '' ? {} : { authorization: `Bearer ${token}` };
  const send = (path: string, body: object | null, onData: (chunk: Buffer) => void, more: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      const headers = { ...signed, 'content-type': 'application/json', ...more };
      const call = request(`${base}${path}`, { method: body ? 'POST' : 'GET', agent, headers }, (response) => {
        response.on('data', onData);
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(body ? JSON.stringify(body) : undefined);
    });
  const read = async (path: string, body: object | null, more?: Record<string, string>) => {
    const chunks: Buffer[] = [];
    const status = await send(path, body, (chunk) => chunks.push(chunk), more);
    const text = Buffer.concat(chunks).toString('utf8');
    if (status !== 200) throw new Error(`${path} answers ${status}: ${text.slice(0, 300)}`);
    return text;
  };
  return {
    post: (path, body) => read(path, body),
    get: (path, headers) => read(path, null, headers),
    async drain(path, body) {
      let bytes = 0;
      const status = await send(path, body, (chunk) => {
        bytes += chunk.length;
      });
      if (status !== 200) throw new Error(`${path} answers ${status}`);
      return bytes;
    },
    close: () => agent.destroy(),
  };
}
