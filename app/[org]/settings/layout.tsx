import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { page } from '@/lib/access';
import { LIST_COOKIE, readListWidth } from '../../_ui/frame/list-width';
import { Place } from '../../_ui/frame/place';
import { SettingsList } from './settings-list';

interface Props {
  children: ReactNode;
  params: Promise<{ org: string }>;
}

export default async function SettingsLayout({ children, params }: Props) {
  await page({ permission: 'organization.read', organization: (await params).org });
  const width = readListWidth((await cookies()).get(LIST_COOKIE)?.value);
  return (
    <Place listLabel="Settings" listWidth={width} list={<SettingsList />}>
      {children}
    </Place>
  );
}
