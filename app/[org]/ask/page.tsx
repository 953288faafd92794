import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { page } from '@/lib/access';
import { AskView } from './ask-view';
import { SOURCE_COOKIE } from './source-choice';

export const metadata: Metadata = { title: 'Ask' };

interface Props {
  params: Promise<{ org: string }>;
  searchParams: Promise<{ q?: string | string[]; source?: string | string[] }>;
}

const single = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined);

export default async function AskPage({ params, searchParams }: Props) {
  await page({ permission: 'conversation.read', organization: (await params).org });
  const { q, source } = await searchParams;
  const remembered = (await cookies()).get(SOURCE_COOKIE)?.value;
  return <AskView conversation={null} preferredSource={single(source) ?? remembered} question={single(q)} />;
}
