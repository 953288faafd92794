import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { toSourceInfo } from '../../workspace-data';
import { findSource } from './find-source';
import { SourceView } from './source-view';

interface Props {
  params: Promise<{ org: string; source: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { org, source: id } = await params;
  return { title: (await findSource(await page({ permission: 'source.read', organization: org }), id)).name };
}

export default async function SourcePage({ params }: Props) {
  const { org, source: id } = await params;
  const source = await findSource(await page({ permission: 'source.read', organization: org }), id);
  return (
    <SourceView key={source.id} source={toSourceInfo(source)} access={source.access} username={source.summary.username ?? null} />
  );
}
