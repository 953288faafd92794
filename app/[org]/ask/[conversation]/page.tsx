import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { page } from '@/lib/access';
import { findConversation, getConversation } from '@/lib/conversations';
import { AskView } from '../ask-view';

interface Props {
  params: Promise<{ org: string; conversation: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { org, conversation: id } = await params;
  const found = await findConversation(await page({ permission: 'conversation.read', organization: org }), id);
  return { title: found?.title ?? 'Not found' };
}

export default async function ConversationPage({ params }: Props) {
  const { org, conversation: id } = await params;
  const ctx = await page({ permission: 'conversation.read', organization: org });
  if (!(await findConversation(ctx, id))) notFound();
  return <AskView conversation={await getConversation(ctx, id)} />;
}
