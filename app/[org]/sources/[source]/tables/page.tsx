import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { toSourceInfo } from '../../../workspace-data';
import { findSource } from '../find-source';
import { TableChoice } from './table-choice';

export const metadata: Metadata = { title: 'Choose tables' };

interface Props {
  params: Promise<{ org: string; source: string }>;
  searchParams: Promise<{ step?: string | string[] }>;
}

export default async function TablesPage({ params, searchParams }: Props) {
  const { org, source: id } = await params;
  const source = await findSource(await page({ permission: 'source.manage', organization: org }), id);
  // `?step` marks the way from the connection form, which goes on to the first question.
  return <TableChoice source={toSourceInfo(source)} onboarding={(await searchParams).step !== undefined} />;
}
