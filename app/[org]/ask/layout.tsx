import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { page } from '@/lib/access';
import { listConversations } from '@/lib/conversations';
import { LIST_COOKIE, readListWidth } from '../../_ui/frame/list-width';
import { Place } from '../../_ui/frame/place';
import { ConversationList } from './conversation-list';
import { ConversationsProvider } from './conversations';

interface Props {
  children: ReactNode;
  params: Promise<{ org: string }>;
}

export default async function AskLayout({ children, params }: Props) {
  const ctx = await page({ permission: 'conversation.read', organization: (await params).org });
  const first = await listConversations(ctx, { limit: 40 });
  const width = readListWidth((await cookies()).get(LIST_COOKIE)?.value);
  return (
    <ConversationsProvider initial={first}>
      <Place listLabel="Conversations" listWidth={width} list={<ConversationList />}>
        {children}
      </Place>
    </ConversationsProvider>
  );
}
