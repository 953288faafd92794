import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the scripted server does with one request. */
export type ScriptedReply =
  | { kind: 'text'; text: string; usage?: { prompt: number; completion: number } }
  | { kind: 'tool'; name: string; arguments: string }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown }
  /** Sends half of the text, then cuts the connection. */
  | { kind: 'broken'; text: string }
  /** Accepts the request and says nothing until it is closed. */
  | { kind: 'silent' };

export interface ModelRequest {
  path: string;
  authorization: string | undefined;
  model: string;
  messages: { role: string; content: unknown }[];
}

/**
 * A real HTTP server that speaks the chat-completions wire format (streamed and not), for tests of model providers. Replies are taken
 * from the script in order; the last one repeats.
 */
export async function startModelServer(
  script: ScriptedReply[],
): Promise<{ baseUrl: string; requests: ModelRequest[]; script: ScriptedReply[]; close(): Promise<void> }> {
  const requests: ModelRequest[] = [];
  const queue = [...script];
  const server = createServer((request, response) => {
    readJson(request).then(
      (body) => {
        requests.push({
          path: request.url ?? '',
          authorization: request.headers.authorization,
          model: String(body.model),
          messages: body.messages as ModelRequest['messages'],
        });
        const reply = queue.length > 1 ? queue.shift() : queue[0];
        if (reply) respond(response, reply, body.stream === true);
        else response.writeHead(500).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    script: queue,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
}

function respond(response: ServerResponse, reply: ScriptedReply, stream: boolean): void {
  if (reply.kind === 'silent') return;
  if (reply.kind === 'status') {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify(reply.body ?? { error: { message: 'scripted', type: 'scripted' } }));
    return;
  }
  const base = { id: 'chatcmpl-1', created: 1, model: 'scripted' };
  const usage = reply.kind === 'text' ? (reply.usage ?? { prompt: 100, completion: 20 }) : { prompt: 100, completion: 20 };
  const wireUsage = {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
  };
  const toolCalls =
    reply.kind === 'tool'
      ? [{ index: 0, id: 'call-1', type: 'function', function: { name: reply.name, arguments: reply.arguments } }]
      : undefined;
  const finish = toolCalls ? 'tool_calls' : 'stop';
  if (!stream) {
    const message = {
      role: 'assistant',
      content: reply.kind === 'tool' ? null : reply.text,
      ...(toolCalls ? { tool_calls: toolCalls } : {}),
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        ...base,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: wireUsage,
      }),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finishReason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`,
    );
  send({ role: 'assistant', content: '' });
  if (reply.kind === 'tool') send({ tool_calls: toolCalls });
  else for (const piece of pieces(reply)) send({ content: piece });
  if (reply.kind === 'broken') {
    response.destroy();
    return;
  }
  send({}, finish);
  response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [], usage: wireUsage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

function pieces(reply: { kind: 'text' | 'broken'; text: string }): string[] {
  const all = reply.text.match(/[\s\S]{1,12}/g) ?? [];
  return reply.kind === 'broken' ? all.slice(0, Math.ceil(all.length / 2)) : all;
}
