'use client';

import Link from 'next/link';
import type { ConnectionForm, SourceSummary, SourceType } from '@/lib/sources';
import { buttonClass } from '../../../../_ui/button';
import { WorkHeader } from '../../../../_ui/frame/place';
import { SourceMark } from '../../../../_ui/mark';
import { Notice } from '../../../../_ui/notice';
import { type SourceInfo, useEnvironmentOnFrame, useWorkspace } from '../../../../_ui/workspace';
import type { InheritedRules } from '../../../settings/caching/cache-values';
import { CacheSection } from './cache-section';
import { ConnectionSection } from './connection-section';
import { LimitsSection } from './limits-section';
import { ReplicaSection } from './replica-section';

interface Props {
  source: SourceInfo;
  /** Null when this Quarry no longer knows the engine. */
  type: SourceType | null;
  connection: ConnectionForm & { lost?: string };
  settings: Pick<SourceSummary, 'access' | 'pool' | 'limits' | 'cache' | 'replica'>;
  inherited: InheritedRules;
}

/** How a source is reached and how hard it may be worked. Each part is saved for itself. */
export function SourceSettings({ source, type, connection, settings, inherited }: Props) {
  const { path } = useWorkspace();
  useEnvironmentOnFrame(source.environment);
  return (
    <>
      <WorkHeader
        title={
          <span className="flex min-w-0 items-center gap-2">
            <SourceMark engine={source.type} transport={source.transport} className="size-4!" />
            <span className="truncate">{source.name}</span>
            <span className="shrink-0 text-ink-3">Settings</span>
          </span>
        }
      >
        <Link href={path(`/sources/${source.id}`)} className={buttonClass('ghost', 'sm')}>
          Back to the source
        </Link>
      </WorkHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 md:px-6">
        <div className="mx-auto flex max-w-[720px] flex-col gap-8 py-6">
          {source.sample ? (
            <Notice>This is a sample source: Quarry keeps its connection. Its limits can be changed.</Notice>
          ) : type ? (
            <ConnectionSection source={source} type={type} connection={connection} />
          ) : null}
          {type?.replicas && !source.sample ? (
            <ReplicaSection source={source} replica={settings.replica} defaultPort={type.defaultPort} />
          ) : null}
          <LimitsSection source={source} pool={settings.pool} limits={settings.limits} />
          <CacheSection source={source} cache={settings.cache} inherited={inherited} />
        </div>
      </div>
    </>
  );
}
