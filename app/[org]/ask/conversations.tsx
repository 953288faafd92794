'use client';

import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import type { ConversationSummary } from '@/lib/conversations/schema';
import { useWorkspace } from '../../_ui/workspace';

interface ListPage {
  conversations: ConversationSummary[];
  nextCursor: string | null;
}

interface ConversationsValue extends ListPage {
  /** What the list is searched for. */
  search: string;
  setSearch(text: string): void;
  /** Reads the first page again: something was asked, renamed or deleted. @throws ApiError */
  refresh(): Promise<void>;
  /** @throws ApiError */
  loadMore(): Promise<void>;
  /** The conversation that is open, also before the router knows its address. */
  openId: string | null;
  setOpenId(id: string | null): void;
  /** Counts up with "New question", so that an open one gives way to an empty page. */
  fresh: number;
  startNew(): void;
}

const Context = createContext<ConversationsValue | null>(null);

export function useConversations(): ConversationsValue {
  const value = useContext(Context);
  if (!value) throw new Error('useConversations stands outside of Ask.');
  return value;
}

export function ConversationsProvider({ initial, children }: { initial: ListPage; children: ReactNode }) {
  const { api } = useWorkspace();
  const [list, setList] = useState(initial);
  const [search, setSearchText] = useState('');
  const [openId, setOpenId] = useState<string | null>(null);
  const [fresh, setFresh] = useState(0);
  const wanted = useRef('');

  const read = useCallback(
    async (text: string, cursor?: string) => {
      wanted.current = text;
      const found = await api.json<ListPage>('/api/conversations', {
        query: { query: text.trim() || undefined, cursor, limit: '40' },
      });
      if (wanted.current !== text) return;
      setList((old) => (cursor ? { ...found, conversations: [...old.conversations, ...found.conversations] } : found));
    },
    [api],
  );

  const value = useMemo<ConversationsValue>(
    () => ({
      ...list,
      search,
      setSearch: (text) => {
        setSearchText(text);
        void read(text).catch(() => undefined);
      },
      refresh: () => read(search),
      loadMore: () => (list.nextCursor ? read(search, list.nextCursor) : Promise.resolve()),
      openId,
      setOpenId,
      fresh,
      startNew: () => {
        setOpenId(null);
        setFresh((count) => count + 1);
      },
    }),
    [list, search, read, openId, fresh],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
