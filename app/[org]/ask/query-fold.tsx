'use client';

import { ChevronRight, CircleHelp, Code2, Copy, CornerUpLeft, Pencil, Play, Square } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { toast } from 'sonner';
import type { Answer, Attempt } from '@/lib/conversations/schema';
import type { QueryResult } from '@/lib/query';
import { type ApiError, toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { copyText } from '../../_ui/clipboard';
import { Kbd } from '../../_ui/kbd';
import { Notice } from '../../_ui/notice';
import { QueryText } from '../../_ui/query-text';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';
import { WhyThis } from './why-this';

interface Props {
  /** The query on show: the answer's, or the edited one that ran last. */
  query: string;
  answer: Partial<Answer>;
  attempts: readonly Attempt[];
  source: SourceInfo | null;
  /** The result on show is that of an edited query. */
  edited: boolean;
  onResult(result: QueryResult, query: string): void;
  onBack(): void;
}

/** The query that ran: one line that unfolds, can be copied, explained, and edited and run again. */
export function QueryFold({ query, answer, attempts, source, edited, onResult, onBack }: Props) {
  const { can } = useWorkspace();
  const [open, setOpen] = useState(false);
  const [editing, setEditing] = useState(false);
  const [why, setWhy] = useState(false);
  const id = useId();
  return (
    <div className="border-t bg-side">
      <div className="flex min-h-9 items-center gap-1 pr-1.5 pointer-coarse:min-h-11">
        <button
          type="button"
          aria-expanded={open || editing}
          aria-controls={open || editing ? id : undefined}
          onClick={() => setOpen((value) => !value)}
          className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md px-3 text-left focus-visible:outline-offset-[-2px]"
        >
          <ChevronRight
            className={`size-3.5 shrink-0 text-ink-3 transition-transform duration-120 ${open ? 'rotate-90' : ''}`}
            aria-hidden="true"
          />
          {open || editing ? (
            <span className="flex items-center gap-1.5 text-ink-2 text-xs">
              <Code2 className="size-3.5" aria-hidden="true" />
              Query
            </span>
          ) : (
            <QueryText text={query} inline className="min-w-0 flex-1" />
          )}
        </button>
        {edited ? (
          <Button look="ghost" size="sm" onClick={onBack}>
            <CornerUpLeft className="size-3.5" aria-hidden="true" />
            Back to the answer
          </Button>
        ) : null}
        {edited ? null : (
          <Button
            look="ghost"
            size="sm"
            aria-label="Why this query?"
            aria-expanded={why}
            aria-controls={why ? `${id}-why` : undefined}
            onClick={() => setWhy((value) => !value)}
          >
            <CircleHelp className="size-3.5" aria-hidden="true" />
            <span className="max-lg:hidden">Why this?</span>
          </Button>
        )}
        <Button
          look="ghost"
          size="sm"
          aria-label="Copy the query"
          onClick={async () => {
            if (await copyText(query)) toast.success('Query copied');
          }}
        >
          <Copy className="size-3.5" aria-hidden="true" />
          <span className="max-lg:hidden">Copy</span>
        </Button>
        {source && can('query.run') ? (
          <Button
            look="ghost"
            size="sm"
            aria-label="Edit and run"
            aria-pressed={editing}
            onClick={() => setEditing((value) => !value)}
          >
            <Pencil className="size-3.5" aria-hidden="true" />
            <span className="max-lg:hidden">Edit & run</span>
          </Button>
        ) : null}
      </div>
      {why && !edited ? (
        <section
          ref={(node) => node?.scrollIntoView({ block: 'nearest' })}
          id={`${id}-why`}
          aria-label="Why this query"
          className="scroll-mb-4 border-t px-3 py-3"
        >
          <WhyThis answer={answer} attempts={attempts} />
        </section>
      ) : null}
      <div id={id} className="px-3 pb-3 empty:hidden">
        {editing && source ? (
          <Editor query={query} source={source} onResult={onResult} onClose={() => setEditing(false)} />
        ) : open ? (
          <QueryText text={query} className="max-h-80" />
        ) : null}
      </div>
    </div>
  );
}

interface EditorProps {
  query: string;
  source: SourceInfo;
  onResult(result: QueryResult, query: string): void;
  onClose(): void;
}

function Editor({ query, source, onResult, onClose }: EditorProps) {
  const { api } = useWorkspace();
  const [text, setText] = useState(query);
  const [error, setError] = useState<ApiError | null>(null);
  const [running, setRunning] = useState<AbortController | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    panel.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  useEffect(() => () => running?.abort(), [running]);

  const run = async () => {
    if (running || text.trim() === '') return;
    const controller = new AbortController();
    setRunning(controller);
    setError(null);
    try {
      const body = { dataSourceId: source.id, query: text, queryId: crypto.randomUUID() };
      onResult(await api.json<QueryResult>('/api/execute-query', { method: 'POST', body, signal: controller.signal }), text);
    } catch (cause) {
      if (!controller.signal.aborted) setError(toApiError(cause));
    } finally {
      setRunning(null);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      void run();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (running) running.abort();
      else onClose();
    }
  };

  return (
    <div ref={panel} className="flex scroll-mb-4 flex-col gap-2">
      <textarea
        ref={box}
        value={text}
        aria-label="Query"
        spellCheck={false}
        autoCapitalize="none"
        rows={Math.min(16, Math.max(4, text.split('\n').length + 1))}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="scroll-thin w-full resize-y rounded-md border border-line-2 bg-raised p-3 font-mono text-[12px] text-ink leading-5 focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      {error ? (
        <Notice tone="danger" live title={error.message}>
          {error.hints.join(' ')}
        </Notice>
      ) : null}
      <div className="flex items-center justify-end gap-2">
        <span className="mr-auto text-ink-3 text-xs max-md:hidden">Reads only. One statement.</span>
        <Button size="sm" look="ghost" onClick={onClose}>
          Close
        </Button>
        {running ? (
          <Button size="sm" onClick={() => running.abort()}>
            <Square className="size-3 fill-current" aria-hidden="true" />
            Stop
          </Button>
        ) : (
          <Button size="sm" look="primary" onClick={run} disabled={text.trim() === ''}>
            <Play className="size-3 fill-current" aria-hidden="true" />
            Run
            <Kbd keys={['⌘', '↵']} className="max-md:hidden [&>kbd]:border-white/30 [&>kbd]:bg-transparent [&>kbd]:text-white" />
          </Button>
        )}
      </div>
    </div>
  );
}
