import { createServer, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapeUnroutedAnswers } from './unrouted';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What the application behind it does; set by each test. */
let answer: (response: ServerResponse) => void;
let server: Server;
let stop: () => void;

beforeAll(async () => {
  stop = shapeUnroutedAnswers();
  server = createServer((_request, response) => answer(response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  stop();
  await new Promise((closed) => server.close(closed));
});

interface Got {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** With node:http, because fetch refuses TRACE and paths that don't decode. */
function get(path: string, method = 'GET'): Promise<Got> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = send({ port, host: '127.0.0.1', path, method, agent: false }, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() });
    });
    sent.on('error', reject).end();
  });
}

const html404 = (response: ServerResponse) => {
  response.statusCode = 404;
  response.setHeader('content-type', 'text/html');
  response.write('<html>');
  response.end('</html>');
};
const bare = (status: number, text?: string) => (response: ServerResponse) => {
  response.statusCode = status;
  response.end(text);
};

describe('shapeUnroutedAnswers', () => {
  it.each([
    ['an address without a route', '/api/nope?x=1', 'GET', html404, 404, 'not_found'],
    ['a method that a route lacks', '/api/health', 'DELETE', bare(405), 405, 'method.not_allowed'],
    ['a method that Next stumbles over', '/api/health', 'TRACE', bare(500, 'Internal Server Error'), 405, 'method.not_allowed'],
    ['a path that does not decode', '/api/%E0%A4%A', 'GET', bare(500, 'Internal Server Error'), 404, 'not_found'],
    ['a failure outside every route', '/api/health', 'GET', bare(500, 'Internal Server Error'), 500, 'internal'],
  ])('gives %s the shape of our errors', async (_what, path, method, behaviour, status, code) => {
    answer = behaviour;
    const got = await get(path, method);
    const { error } = JSON.parse(got.text);
    expect([got.status, error.code]).toEqual([status, code]);
    expect(error.requestId).toMatch(UUID);
    expect(got.headers['x-request-id']).toBe(error.requestId);
    expect(got.headers['content-type']).toBe('application/json');
  });

  it('answers writeHead with headers of its own, too', async () => {
    answer = (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('nothing');
    const got = await get('/api/nope');
    expect([JSON.parse(got.text).error.code, got.headers['content-type']]).toEqual(['not_found', 'application/json']);
  });

  it('sends no body for HEAD', async () => {
    answer = html404;
    const got = await get('/api/nope', 'HEAD');
    expect([got.status, got.text]).toEqual([404, '']);
    expect(got.headers['x-request-id']).toMatch(UUID);
  });

  it('gives an answer that is no error its request id, and leaves the rest', async () => {
    answer = (response) => {
      response.setHeader('location', '/api/health');
      bare(308, 'moved')(response);
    };
    const got = await get('/api/health/');
    expect([got.status, got.text, got.headers.location]).toEqual([308, 'moved', '/api/health']);
    expect(got.headers['x-request-id']).toMatch(UUID);
  });

  it('leaves what came through the door, and pages, as they are', async () => {
    answer = (response) => {
      response.setHeader('x-request-id', 'ours');
      response.statusCode = 404;
      response.write('{"error":');
      response.end('{}}');
    };
    expect(await get('/api/conversations/x')).toMatchObject({ status: 404, text: '{"error":{}}' });
    answer = html404;
    const page = await get('/apiary');
    expect([page.text, page.headers['x-request-id']]).toEqual(['<html></html>', undefined]);
  });
});
