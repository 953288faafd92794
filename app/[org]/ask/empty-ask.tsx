'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { moveWithArrows } from '../../_ui/frame/arrow-list';
import { Notice } from '../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';

interface Props {
  source: SourceInfo | null;
  onAsk(question: string): void;
  canAsk: boolean;
  /** The question box. */
  children: ReactNode;
}

/** Before the first question: the box in the middle, and six questions that this database can answer. */
export function EmptyAsk({ source, onAsk, canAsk, children }: Props) {
  const { questions, failed } = useSuggestions(source?.id ?? null);
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col overflow-y-auto px-4 md:px-6">
      <div className="mx-auto my-auto w-full max-w-[720px] py-8 pb-[10vh]">
        <h2 className="break-words text-center font-semibold text-2xl text-ink tracking-tight">
          {source ? (
            <>
              What do you want to know
              <span className="hidden md:inline"> </span>
              <br className="md:hidden" /> from <span className="text-accent-ink">{source.name}</span>?
            </>
          ) : (
            'What do you want to know?'
          )}
        </h2>
        <div className="mt-6">{children}</div>
        {canAsk ? null : (
          <Notice tone="info" className="mt-4">
            Your role reads what others shared. To ask questions, have an owner or admin make you an analyst.
          </Notice>
        )}
        {source && canAsk && !failed ? <Suggestions questions={questions} onAsk={onAsk} /> : null}
      </div>
    </div>
  );
}

const PLACES = ['a', 'b', 'c', 'd', 'e', 'f'];

function Suggestions({ questions, onAsk }: { questions: string[] | null; onAsk(question: string): void }) {
  if (questions?.length === 0) return null;
  return (
    <section aria-label="Suggested questions" className="mt-6" aria-busy={questions === null}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the buttons inside, which are reachable without. */}
      <div className="grid gap-2 md:grid-cols-2" onKeyDown={moveWithArrows}>
        {questions === null
          ? PLACES.map((place) => (
              <div key={place} className="h-[58px] animate-sheen rounded-lg border bg-hover motion-reduce:animate-none" />
            ))
          : questions.slice(0, 6).map((question) => (
              <button
                key={question}
                type="button"
                data-item
                onClick={() => onAsk(question)}
                className="min-h-[58px] rounded-lg border bg-raised px-3.5 py-2 text-left text-ink-2 text-sm transition-colors duration-120 hover:border-accent-line hover:bg-accent-soft hover:text-ink"
              >
                <span className="line-clamp-2">{question}</span>
              </button>
            ))}
      </div>
    </section>
  );
}

/** null while they are made. A failure only means that none are offered; asking works without. */
function useSuggestions(sourceId: string | null): { questions: string[] | null; failed: boolean } {
  const { api, can } = useWorkspace();
  const [state, setState] = useState<{ sourceId: string | null; questions: string[] | null; failed: boolean }>({
    sourceId,
    questions: null,
    failed: false,
  });
  const allowed = can('question.ask');
  useEffect(() => {
    if (!sourceId || !allowed) return;
    const controller = new AbortController();
    setState({ sourceId, questions: null, failed: false });
    api
      .json<{ questions: string[] }>(`/api/data-sources/${sourceId}/suggestions`, { signal: controller.signal })
      .then(({ questions }) => setState({ sourceId, questions, failed: false }))
      .catch(() => {
        if (!controller.signal.aborted) setState({ sourceId, questions: [], failed: true });
      });
    return () => controller.abort();
  }, [api, sourceId, allowed]);
  return state.sourceId === sourceId ? state : { questions: null, failed: false };
}
