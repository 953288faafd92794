import { describe, expect, it } from 'vitest';
import { readEvents, type ServerSentEvent } from './sse';

function streamOf(chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
}

async function collect(chunks: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(streamOf(chunks))) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('joins an event that is cut anywhere, even inside a character', async () => {
    const bytes = new TextEncoder().encode('event: token\ndata: {"text":"für"}\n\n');
    const cut = bytes.indexOf(0xc3) + 1;
    expect(await collect([bytes.slice(0, 3), bytes.slice(3, cut), bytes.slice(cut)])).toEqual([
      { event: 'token', data: '{"text":"für"}' },
    ]);
  });

  it('takes CRLF, a CRLF cut in two, comments, and several data lines', async () => {
    expect(await collect([': hi\r\nevent: step\r\ndata: a\r', '\ndata: b\r\n\r\ndata:c\n\n'])).toEqual([
      { event: 'step', data: 'a\nb' },
      { event: 'message', data: 'c' },
    ]);
  });

  it('gives the last event of a stream that ends without a blank line, and nothing for an empty one', async () => {
    expect(await collect(['event: done\ndata: {}'])).toEqual([{ event: 'done', data: '{}' }]);
    expect(await collect([''])).toEqual([]);
  });
});
