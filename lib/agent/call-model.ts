import type { LanguageModelV3 } from '@ai-sdk/provider';
import { streamText } from 'ai';
import { QuarryError } from '../kernel/errors';
import { toModelError } from './model-errors';

export interface ModelCall {
  model: LanguageModelV3;
  /** Name for error messages. */
  provider: string;
  system: string;
  user: string;
  signal: AbortSignal;
  timeoutMs: number;
  maxOutputTokens?: number;
  onText?: (delta: string) => void;
}

export interface ModelReplyText {
  text: string;
  toolCalls: { input: unknown }[];
  tokens: { prompt: number; completion: number };
}

/**
 * One call to a model, streamed, with no retry of the library's own: retries and fail-over are the loop's decision.
 * @throws QuarryError model.* or query.cancelled
 */
export async function callModel(call: ModelCall): Promise<ModelReplyText> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const reply: ModelReplyText = { text: '', toolCalls: [], tokens: { prompt: 0, completion: 0 } };
  let started = false;
  let finished = false;
  try {
    const stream = streamText({
      model: call.model,
      system: call.system,
      prompt: call.user,
      temperature: 0,
      maxRetries: 0,
      abortSignal: AbortSignal.any([call.signal, timeout]),
      ...(call.maxOutputTokens ? { maxOutputTokens: call.maxOutputTokens } : {}),
      onError: () => undefined,
    });
    for await (const part of stream.fullStream) {
      if (part.type === 'text-delta') {
        started = true;
        reply.text += part.text;
        call.onText?.(part.text);
      } else if (part.type === 'tool-call') {
        started = true;
        reply.toolCalls.push({ input: part.input });
      } else if (part.type === 'error') {
        throw part.error;
      } else if (part.type === 'abort') {
        throw new DOMException('aborted', 'AbortError');
      } else if (part.type === 'finish') {
        finished = part.finishReason !== 'error' && part.finishReason !== 'other';
        reply.tokens = { prompt: part.totalUsage.inputTokens ?? 0, completion: part.totalUsage.outputTokens ?? 0 };
      }
    }
  } catch (error) {
    if (call.signal.aborted)
      throw new QuarryError('query.cancelled', 'The question was cancelled.', { stage: 'generate', cause: error });
    throw toModelError(error, call.provider, { timedOut: timeout.aborted, started });
  }
  // A stream that just ends, without the closing event of the protocol, was cut.
  if (!finished) throw toModelError(new Error('The stream ended early.'), call.provider, { timedOut: false, started: true });
  return reply;
}
