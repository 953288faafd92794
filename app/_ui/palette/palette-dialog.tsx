'use client';

import { Command } from 'cmdk';
import { CornerDownLeft, MessageSquare, MessageSquarePlus, Plus, Sparkles } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { useEffect, useState } from 'react';
import type { ConversationSummary } from '@/lib/conversations/schema';
import { PLACES } from '../frame/places';
import { SourceMark } from '../mark';
import { useReturnFocus } from '../return-focus';
import { useWorkspace } from '../workspace';

const itemClass =
  'flex items-center gap-3 rounded-md px-2.5 py-2 text-sm text-ink select-none data-[selected=true]:bg-active [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-ink-3';

/** What the palette shows: pages, sources and conversations by name, and the typed text as a question. */
export function PaletteDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [text, setText] = useState('');
  const returnFocus = useReturnFocus(open);
  useEffect(() => {
    if (!open) setText('');
  }, [open]);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-[oklch(0.2_0.02_265/0.28)]" />
        <Radix.Content
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className="-translate-x-1/2 fixed top-[12vh] left-1/2 z-50 w-[min(600px,calc(100vw-24px))] animate-rise overflow-hidden rounded-xl bg-float shadow-float outline-none"
        >
          <Radix.Title className="sr-only">Find or do anything</Radix.Title>
          <Command label="Find or do anything" loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Find a page, a source, a conversation, or ask…"
              className="h-12 w-full border-b bg-transparent px-4 text-base text-ink outline-none focus-visible:outline-none"
            />
            <Command.List className="max-h-[min(420px,60vh)] overflow-y-auto p-1.5 scroll-thin [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:text-xs">
              <Items text={text} close={() => onOpenChange(false)} />
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Items({ text, close }: { text: string; close(): void }) {
  const { path, sources, can } = useWorkspace();
  const router = useRouter();
  const conversations = useFoundConversations(text);
  const go = (href: string) => () => {
    close();
    router.push(href);
  };
  const question = text.trim();
  return (
    <>
      <Command.Empty className="px-2.5 py-6 text-center text-ink-3 text-sm">Nothing is called that.</Command.Empty>
      <Command.Group heading="Go to">
        {PLACES.map(({ path: rest, label, icon: Icon }) => (
          <Command.Item key={rest} value={label} className={itemClass} onSelect={go(path(rest))}>
            <Icon aria-hidden="true" />
            {label}
          </Command.Item>
        ))}
      </Command.Group>
      <Command.Group heading="Do">
        <Command.Item value="New question conversation" className={itemClass} onSelect={go(path('/ask'))}>
          <MessageSquarePlus aria-hidden="true" />
          New question
        </Command.Item>
        {can('source.manage') ? (
          <Command.Item value="Connect a source database" className={itemClass} onSelect={go(path('/sources/new'))}>
            <Plus aria-hidden="true" />
            Connect a source
          </Command.Item>
        ) : null}
      </Command.Group>
      {sources.length > 0 ? (
        <Command.Group heading="Sources">
          {sources.map((source) => (
            <Command.Item
              key={source.id}
              value={`source ${source.name} ${source.typeLabel} ${source.id}`}
              className={itemClass}
              onSelect={go(path(`/sources/${source.id}`))}
            >
              <SourceMark engine={source.type} transport={source.transport} className="size-4!" />
              <span className="truncate">{source.name}</span>
              <span className="ml-auto shrink-0 text-ink-3 text-xs">{source.environment.name}</span>
            </Command.Item>
          ))}
        </Command.Group>
      ) : null}
      {conversations.length > 0 ? (
        <Command.Group heading="Conversations">
          {conversations.map((item) => (
            <Command.Item
              key={item.id}
              value={`conversation ${item.title} ${item.id}`}
              className={itemClass}
              onSelect={go(path(`/ask/${item.id}`))}
            >
              <MessageSquare aria-hidden="true" />
              <span className="truncate">{item.title}</span>
            </Command.Item>
          ))}
        </Command.Group>
      ) : null}
      {question.length > 2 && can('question.ask') && sources.length > 0 ? (
        <Command.Group heading="Ask" forceMount>
          <Command.Item
            forceMount
            value={`ask ${question}`}
            className={itemClass}
            onSelect={go(`${path('/ask')}?q=${encodeURIComponent(question)}`)}
          >
            <Sparkles aria-hidden="true" />
            <span className="truncate">Ask “{question}”</span>
            <CornerDownLeft className="ml-auto" aria-hidden="true" />
          </Command.Item>
        </Command.Group>
      ) : null}
    </>
  );
}

/** The newest conversations that match, found by the server; a failure here only means that none are offered. */
function useFoundConversations(text: string): ConversationSummary[] {
  const { api } = useWorkspace();
  const [found, setFound] = useState<ConversationSummary[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const body = await api.json<{ conversations: ConversationSummary[] }>('/api/conversations', {
          query: { query: text.trim() || undefined, limit: '8' },
          signal: controller.signal,
        });
        setFound(body.conversations);
      } catch {
        if (!controller.signal.aborted) setFound([]);
      }
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [api, text]);
  return found;
}
