import { Agent, request } from 'node:http';

/** A keep-alive client of the server under test: as little of its own as possible. */
export interface Client {
  /** Posts JSON and reads the whole answer. @throws Error unless it is 200 */
  post(path: string, body: object): Promise<string>;
  /** Posts JSON and reads the answer without keeping it. @returns bytes read */
  drain(path: string, body: object): Promise<number>;
  close(): void;
}

export function createClient(base: string, token: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const send = (path: string, body: object, onData: (chunk: Buffer) => void) =>
    new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const call = request(`${base}${path}`, { method: 'POST', agent, headers }, (response) => {
        response.on('data', onData);
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(JSON.stringify(body));
    });
  return {
    async post(path, body) {
      const chunks: Buffer[] = [];
      const status = await send(path, body, (chunk) => chunks.push(chunk));
      const text = Buffer.concat(chunks).toString('utf8');
      if (status !== 200) throw new Error(`${path} answers ${status}: ${text.slice(0, 300)}`);
      return text;
    },
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
