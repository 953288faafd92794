import { describe, expect, it } from 'vitest';
import type { ConversationView, MessageView } from '@/lib/conversations/schema';
import { exchangesOf, newExchange, withFailure, withStep } from './exchange-state';

const message = (part: Partial<MessageView>): MessageView => ({
  id: 'm',
  role: 'user',
  content: '',
  status: 'completed',
  result: null,
  rows: null,
  attempts: null,
  model: null,
  tokens: null,
  durationMs: null,
  superseded: false,
  createdAt: '2026-01-01T00:00:00Z',
  ...part,
});

const conversation = (messages: MessageView[]): ConversationView => ({
  id: 'c',
  title: 't',
  dataSourceId: 's',
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  messages,
});

describe('live steps', () => {
  it('starts the steps of a new attempt over, but keeps what was understood', () => {
    let exchange = newExchange('k', 'how many?');
    exchange = withStep(exchange, { name: 'understand', state: 'done', durationMs: 3, attempt: 1 });
    exchange = withStep(exchange, { name: 'run', state: 'failed', attempt: 1 });
    exchange = withStep(exchange, { name: 'write', state: 'running', attempt: 2 });
    expect(exchange.attempt).toBe(2);
    expect(exchange.steps).toEqual({
      understand: { state: 'done', durationMs: 3, detail: undefined },
      write: { state: 'running', durationMs: undefined, detail: undefined },
    });
  });

  it('tells stopping from failing', () => {
    const running = withStep(newExchange('k', 'q'), { name: 'run', state: 'running' });
    const stopped = withFailure(running, { code: 'request.aborted', message: 'Stopped.' });
    expect(stopped).toMatchObject({ status: 'cancelled', failure: null, steps: { run: { state: 'failed' } } });
    expect(withFailure(running, { code: 'query.timeout', message: 'Too slow.' })).toMatchObject({
      status: 'failed',
      failure: { code: 'query.timeout' },
    });
  });
});

describe('stored conversations', () => {
  it('pairs questions with answers, brings the kept rows, and leaves out what was superseded', () => {
    const exchanges = exchangesOf(
      conversation([
        message({ id: 'q1', content: 'how many?' }),
        message({ id: 'a1', role: 'assistant', content: '3.', result: { query: 'select 3' }, rows: [[3]] }),
        message({ id: 'q2', content: 'gone', superseded: true }),
        message({ id: 'a2', role: 'assistant', superseded: true }),
        message({ id: 'q3', content: 'why?' }),
        message({ id: 'a3', role: 'assistant', status: 'failed', content: 'No.', result: null }),
        message({ id: 'q4', content: 'left' }),
      ]),
    );
    expect(exchanges.map(({ question, status }) => [question, status])).toEqual([
      ['how many?', 'completed'],
      ['why?', 'failed'],
      ['left', 'cancelled'],
    ]);
    expect(exchanges[0]?.answer).toMatchObject({ query: 'select 3', rows: [[3]] });
    expect(exchanges[1]?.failure).toMatchObject({ message: 'No.' });
  });
});
