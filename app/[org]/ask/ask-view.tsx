'use client';

import { Plus } from 'lucide-react';
import Link from 'next/link';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ConversationView } from '@/lib/conversations/schema';
import { buttonClass } from '../../_ui/button';
import { WorkHeader } from '../../_ui/frame/place';
import { SourceMark } from '../../_ui/mark';
import { Empty, Notice } from '../../_ui/notice';
import { rememberLooks } from '../../_ui/providers';
import { type SourceInfo, useEnvironmentOnFrame, useWorkspace } from '../../_ui/workspace';
import { useConversations } from './conversations';
import { keepDraft, readDraft } from './draft';
import { EmptyAsk } from './empty-ask';
import { Exchange } from './exchange';
import { exchangesOf } from './exchange-state';
import { ModelChip } from './model-chip';
import { QuestionBox } from './question-box';
import { SourceChip } from './source-chip';
import { chooseSource, SOURCE_COOKIE } from './source-choice';
import { Thread } from './thread';
import { useAsk } from './use-ask';

interface AskViewProps {
  /** null: a new conversation. */
  conversation: ConversationView | null;
  preferredSource?: string;
  /** Asked at once, for the palette and links. */
  question?: string;
}

/** A new page for each conversation, and an empty one for each "New question". */
export function AskView(props: AskViewProps) {
  const { fresh } = useConversations();
  return <Conversation key={`${props.conversation?.id ?? 'new'}/${fresh}`} {...props} />;
}

function Conversation({ conversation, preferredSource, question: firstQuestion }: AskViewProps) {
  const { api, path, sources, can } = useWorkspace();
  const { refresh, setOpenId, conversations, openId } = useConversations();
  const [source, setSource] = useState<SourceInfo | null>(() =>
    conversation
      ? (sources.find((item) => item.id === conversation.dataSourceId) ?? null)
      : chooseSource(sources, preferredSource),
  );
  const [text, setBoxText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const initial = useMemo(() => (conversation ? exchangesOf(conversation) : []), [conversation]);
  useEnvironmentOnFrame(source?.environment ?? null);
  useEffect(() => setOpenId(conversation?.id ?? null), [conversation, setOpenId]);

  const onConversation = useCallback(
    (id: string) => {
      // The address changes without leaving the page, so that the answer goes on.
      window.history.replaceState(null, '', path(`/ask/${id}`));
      setOpenId(id);
    },
    [path, setOpenId],
  );
  const onSettled = useCallback(() => {
    refresh().catch(() => undefined);
    box.current?.focus();
  }, [refresh]);
  const opened = conversation?.id ?? null;
  const setText = useCallback(
    (next: string) => {
      setBoxText(next);
      keepDraft(conversationOf() ?? opened, next);
    },
    [opened],
  );
  // After the first paint: the server can't know what this tab kept.
  useEffect(() => setBoxText((old) => old || readDraft(opened)), [opened]);
  const onTaken = useCallback(
    (question: string) => {
      const id = conversationOf() ?? opened;
      if (readDraft(id) === question) keepDraft(id, '');
    },
    [opened],
  );
  const { exchanges, running, ask, stop } = useAsk({
    api,
    initial,
    conversationId: conversation?.id ?? null,
    onConversation,
    onSettled,
    onTaken,
  });

  const send = (question: string) => {
    const trimmed = question.trim();
    if (!trimmed || !source || running) return;
    // On the screen it moves up; it stays kept until the server has it.
    setText(trimmed);
    setBoxText('');
    ask(trimmed, source.id);
  };
  const asked = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a question in the address is asked once.
  useEffect(() => {
    if (!firstQuestion || asked.current) return;
    asked.current = true;
    send(firstQuestion);
  }, []);
  useEscape(running, stop);

  if (sources.length === 0 && !conversation) return <NoSources />;
  const title = conversations.find((item) => item.id === openId)?.title ?? conversation?.title;
  const boxProps = {
    value: text,
    onChange: setText,
    onSend: () => send(text),
    onStop: stop,
    running,
    disabled: !source || !can('question.ask'),
    past: exchanges.map((exchange) => exchange.question),
    boxRef: box,
  };

  if (exchanges.length === 0) {
    const choose = (next: SourceInfo) => {
      setSource(next);
      rememberLooks(SOURCE_COOKIE, next.id);
      box.current?.focus();
    };
    return (
      <>
        <WorkHeader title={title ?? 'New question'} className="border-transparent" />
        <EmptyAsk source={source} onAsk={send} canAsk={can('question.ask')}>
          <QuestionBox
            {...boxProps}
            placeholder="Ask about your data…"
            chips={
              <>
                <SourceChip source={source} onChange={conversation ? undefined : choose} />
                <ModelChip />
              </>
            }
          />
        </EmptyAsk>
      </>
    );
  }

  return (
    <>
      <WorkHeader title={title ?? exchanges[0]?.question} />
      <Thread count={exchanges.length} live={running}>
        {exchanges.map((exchange, index) => (
          <Exchange
            key={exchange.key}
            exchange={exchange}
            source={source}
            last={index === exchanges.length - 1}
            onAsk={send}
            onStop={stop}
            onRefresh={source && !running ? () => ask(exchange.question, source.id, 'refresh') : undefined}
          />
        ))}
      </Thread>
      <div className="shrink-0 px-3 pb-3 md:px-6 md:pb-5">
        <div className="mx-auto max-w-[800px]">
          {source ? (
            <QuestionBox
              {...boxProps}
              placeholder="Ask a follow-up…"
              chips={
                <>
                  <SourceChip source={source} />
                  <ModelChip />
                </>
              }
            />
          ) : (
            <Notice tone="info">
              The source of this conversation was removed. Its answers stay; new questions need another source.
            </Notice>
          )}
        </div>
      </div>
    </>
  );
}

/** The conversation in the address, which changes with the first answer while the page stays. */
function conversationOf(): string | null {
  return /\/ask\/([^/]+)/.exec(window.location.pathname)?.[1] ?? null;
}

/** Escape stops, wherever the focus is, unless something that floats wants it. */
function useEscape(active: boolean, stop: () => void): void {
  useEffect(() => {
    if (!active) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('[role="dialog"],[role="menu"]')) stop();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [active, stop]);
}

function NoSources() {
  const { path, can } = useWorkspace();
  return (
    <>
      <WorkHeader title="Ask" />
      <Empty
        className="flex-1"
        icon={<SourceMark engine="database" />}
        title="Connect a database to ask it"
        action={
          can('source.manage') ? (
            <Link href={path('/sources/new')} className={buttonClass('primary')}>
              <Plus className="size-4" aria-hidden="true" />
              Connect a source
            </Link>
          ) : null
        }
      >
        {can('source.manage')
          ? 'Quarry reads its tables and you ask in your own words. It only ever reads.'
          : 'Nobody has connected one yet. An owner, admin or builder of the organisation can.'}
      </Empty>
    </>
  );
}
