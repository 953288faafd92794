'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Answer, StepEvent } from '@/lib/conversations/schema';
import { type Api, type ApiFailure, toApiError } from '../../_ui/api';
import { readEvents } from '../../_ui/sse';
import { type ExchangeView, newExchange, withAnswer, withFailure, withStep } from './exchange-state';

interface AskOptions {
  api: Api;
  initial: ExchangeView[];
  conversationId: string | null;
  /** The server opened a conversation for the first question. */
  onConversation(id: string): void;
  /** A question came to its end, whichever. */
  onSettled(): void;
  /** The server took the question; until then it must not get lost. */
  onTaken(question: string): void;
}

export interface AskState {
  exchanges: ExchangeView[];
  running: boolean;
  ask(question: string, dataSourceId: string, cache?: 'refresh'): void;
  stop(): void;
}

/** Asks questions one after another and keeps what came of them. Stopping closes the stream, which cancels down to the database. */
export function useAsk({ api, initial, conversationId, onConversation, onSettled, onTaken }: AskOptions): AskState {
  const [exchanges, setExchanges] = useState(initial);
  const [running, setRunning] = useState(false);
  const controller = useRef<AbortController | null>(null);
  const conversation = useRef(conversationId);
  useEffect(() => () => controller.current?.abort(), []);

  const change = useCallback((key: string, make: (old: ExchangeView) => ExchangeView) => {
    setExchanges((all) => all.map((exchange) => (exchange.key === key ? make(exchange) : exchange)));
  }, []);

  const ask = useCallback(
    async (question: string, dataSourceId: string, cache?: 'refresh') => {
      if (controller.current) return;
      const own = new AbortController();
      controller.current = own;
      const key = crypto.randomUUID();
      setExchanges((all) => [...all, newExchange(key, question)]);
      setRunning(true);
      const opened = (id: unknown) => {
        if (typeof id !== 'string' || conversation.current === id) return;
        conversation.current = id;
        onConversation(id);
      };
      try {
        const body = {
          dataSourceId,
          question,
          stream: true,
          ...(conversation.current ? { conversationId: conversation.current } : {}),
          ...(cache ? { cache } : {}),
        };
        const response = await api.raw('/api/query', { method: 'POST', body, signal: own.signal });
        onTaken(question);
        if (!response.body) throw new TypeError('The answer has no body.');
        for await (const { event, data } of readEvents(response.body)) {
          hear(event, JSON.parse(data), (make) => change(key, make), opened);
        }
        change(key, (old) =>
          old.status === 'running'
            ? withFailure(old, {
                code: 'network.unreachable',
                message: 'The connection ended before the answer came. Ask again.',
              })
            : old,
        );
      } catch (error) {
        const { code, message, hints, requestId } = toApiError(
          own.signal.aborted ? new DOMException('Stopped', 'AbortError') : error,
        );
        change(key, (old) => withFailure(old, { code, message, hints, requestId }));
      } finally {
        controller.current = null;
        setRunning(false);
        onSettled();
      }
    },
    [api, change, onConversation, onSettled, onTaken],
  );

  return { exchanges, running, ask, stop: useCallback(() => controller.current?.abort(), []) };
}

/** One server-sent event into the exchange. */
function hear(
  event: string,
  data: unknown,
  change: (make: (old: ExchangeView) => ExchangeView) => void,
  opened: (conversationId: unknown) => void,
): void {
  if (event === 'step') change((old) => withStep(old, data as StepEvent));
  else if (event === 'token') change((old) => ({ ...old, text: old.text + (data as { text: string }).text }));
  else if (event === 'result') {
    const answer = data as Answer;
    opened(answer.conversationId);
    change((old) => withAnswer(old, answer));
  } else if (event === 'error') change((old) => withFailure(old, (data as { error: ApiFailure }).error));
  else if (event === 'done') opened((data as { conversationId?: unknown }).conversationId);
}
