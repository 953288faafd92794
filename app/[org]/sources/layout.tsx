import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { page } from '@/lib/access';
import { LIST_COOKIE, readListWidth } from '../../_ui/frame/list-width';
import { Place } from '../../_ui/frame/place';
import { SourceList } from './source-list';

interface Props {
  children: ReactNode;
  params: Promise<{ org: string }>;
}

export default async function SourcesLayout({ children, params }: Props) {
  await page({ permission: 'source.read', organization: (await params).org });
  const width = readListWidth((await cookies()).get(LIST_COOKIE)?.value);
  return (
    <Place listLabel="Sources" listWidth={width} list={<SourceList />}>
      {children}
    </Place>
  );
}
