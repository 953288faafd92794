import type { Ctx } from '../access';
import { findConversation } from '../conversations';
import type { AskInput } from '../conversations/schema';
import { QuarryError, toErrorBody, toQuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { getSource } from '../sources';
import { ask } from './ask';

/**
 * A question's answer as server-sent events: `step` and `token` while it is made, then `result` or `error`, then `done` [C22].
 * With ENABLE_STREAMING=false only the last two, in one piece. When the reader goes away the question is cancelled, down to the
 * database.
 * @throws QuarryError not_found (source, conversation) while the answer can still have a status of its own
 */
export async function streamAnswer(ctx: Ctx, input: AskInput): Promise<Response> {
  await getSource(ctx, input.dataSourceId);
  if (input.conversationId !== undefined && !(await findConversation(ctx, input.conversationId))) {
    throw new QuarryError('not_found', 'There is no such conversation.');
  }
  const gone = new AbortController();
  const own: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal, gone.signal]) };
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const { enableStreaming } = settings();
      let kept = '';
      const send = (event: string, data: unknown) => {
        kept += `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
        if (enableStreaming || event === 'done') flush();
      };
      const flush = () => {
        if (!gone.signal.aborted) controller.enqueue(encoder.encode(kept));
        kept = '';
      };
      try {
        const answer = await ask(own, input, (event) => {
          if (!enableStreaming) return;
          if (event.type === 'step') send('step', event.step);
          else send('token', { text: event.text });
        });
        send('result', answer);
        send('done', { conversationId: answer.conversationId, messageId: answer.messageId });
      } catch (error) {
        const problem = toQuarryError(error);
        if (problem.code === 'internal') ctx.log.error({ err: error }, 'question failed');
        send('error', toErrorBody(problem, ctx.requestId));
        send('done', { conversationId: problem.details?.conversationId ?? null, messageId: problem.details?.messageId ?? null });
      } finally {
        if (!gone.signal.aborted) controller.close();
      }
    },
    cancel() {
      gone.abort(new DOMException('The reader went away.', 'AbortError'));
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': ctx.requestId,
    },
  });
}
