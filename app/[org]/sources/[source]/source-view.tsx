'use client';

import { ListChecks, MessageSquareText, MoreHorizontal, Pencil, RefreshCw, Settings2, Sparkles, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button, buttonClass } from '../../../_ui/button';
import { Chip, EnvironmentChip } from '../../../_ui/chip';
import { WorkHeader } from '../../../_ui/frame/place';
import { SourceMark } from '../../../_ui/mark';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../../../_ui/menu';
import { Notice } from '../../../_ui/notice';
import { RelativeTime } from '../../../_ui/relative-time';
import { Segmented } from '../../../_ui/segmented';
import { type SourceInfo, useEnvironmentOnFrame, useWorkspace } from '../../../_ui/workspace';
import { HealthNotice } from '../source-health';
import { SchemaDiagram } from './diagram/schema-diagram';
import { TableExplorer } from './explorer/table-explorer';
import { DeleteSource, RenameSource } from './source-dialogs';
import { usePlace } from './use-place';
import { useSchema } from './use-schema';
import { SchemaVersions } from './versions/schema-versions';

interface Props {
  source: SourceInfo;
  access: 'read' | 'read-write';
  username: string | null;
}

/** A source: where it is, its tables, how they refer to each other, and how they changed. */
export function SourceView({ source, access, username }: Props) {
  const { path, can, model } = useWorkspace();
  const { view, go } = usePlace();
  const router = useRouter();
  const { schema, error, reading, refresh, retry, writeDescriptions } = useSchema(source.id);
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  useEnvironmentOnFrame(source.environment);
  return (
    <>
      <WorkHeader
        title={
          <span className="flex min-w-0 items-center gap-2">
            <SourceMark engine={source.type} transport={source.transport} className="size-4!" />
            <span className="truncate">{source.name}</span>
            <EnvironmentChip name={source.environment.name} kind={source.environment.kind} className="shrink-0" />
          </span>
        }
      >
        {can('question.ask') ? (
          <Link href={`${path('/ask')}?source=${source.id}`} className={buttonClass('primary', 'sm')}>
            <MessageSquareText className="size-4" aria-hidden="true" />
            Ask
          </Link>
        ) : null}
        {can('schema.refresh') || can('source.manage') ? (
          <Menu>
            <MenuTrigger asChild>
              <Button look="ghost" size="icon-sm" aria-label="More">
                <MoreHorizontal className="size-4" aria-hidden="true" />
              </Button>
            </MenuTrigger>
            <MenuContent align="end">
              {can('schema.refresh') ? (
                <MenuItem onSelect={refresh} disabled={reading}>
                  <RefreshCw aria-hidden="true" />
                  Read the schema again
                </MenuItem>
              ) : null}
              {can('schema.describe') && model.provider !== null ? (
                <MenuItem onSelect={writeDescriptions} disabled={reading}>
                  <Sparkles aria-hidden="true" />
                  Describe tables with the model
                </MenuItem>
              ) : null}
              {can('source.manage') ? (
                <>
                  <MenuItem onSelect={() => setDialog('rename')}>
                    <Pencil aria-hidden="true" />
                    Rename
                  </MenuItem>
                  <MenuItem onSelect={() => router.push(path(`/sources/${source.id}/tables`))}>
                    <ListChecks aria-hidden="true" />
                    Choose tables
                  </MenuItem>
                  <MenuItem onSelect={() => router.push(path(`/sources/${source.id}/settings`))}>
                    <Settings2 aria-hidden="true" />
                    Connection and limits
                  </MenuItem>
                  <MenuItem danger onSelect={() => setDialog('delete')}>
                    <Trash2 aria-hidden="true" />
                    Remove
                  </MenuItem>
                </>
              ) : null}
            </MenuContent>
          </Menu>
        ) : null}
      </WorkHeader>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b px-3 py-2 text-ink-3 text-sm md:px-4">
        <Segmented
          aria-label="What to see of the source"
          value={view}
          onValueChange={(next) => go({ view: next })}
          options={[
            { value: 'tables', label: 'Tables' },
            { value: 'diagram', label: 'Diagram' },
            { value: 'versions', label: 'Versions' },
          ]}
        />
        <Chip tone={access === 'read' ? 'neutral' : 'warning'} className={access === 'read' ? 'max-md:hidden' : undefined}>
          {access === 'read' ? 'Reads only' : 'May write'}
        </Chip>
        <span className="hidden min-w-0 break-all text-xs md:inline">
          {source.typeLabel} · {source.target}
          {username ? ` · as ${username}` : ''}
        </span>
        {schema ? (
          <span className="ml-auto text-xs" aria-busy={reading}>
            {reading ? (
              'Reading the schema…'
            ) : (
              <>
                Version {schema.version}, read <RelativeTime at={schema.fetchedAt} />
              </>
            )}
          </span>
        ) : null}
      </div>
      <HealthNotice sourceId={source.id} />
      {error ? (
        <Notice
          tone="danger"
          live
          title={error.message}
          className="mx-3 mt-3 md:mx-4"
          action={
            <Button size="sm" onClick={retry} busy={reading}>
              Try again
            </Button>
          }
        >
          {error.hints.join(' ')}
        </Notice>
      ) : null}
      {schema ? (
        <>
          {view === 'tables' ? <TableExplorer sourceId={source.id} schema={schema} onChanged={retry} /> : null}
          {view === 'diagram' ? <SchemaDiagram schema={schema} /> : null}
          {view === 'versions' ? <SchemaVersions sourceId={source.id} newest={schema.version} /> : null}
        </>
      ) : error ? null : (
        <Skeleton />
      )}
      <RenameSource source={source} open={dialog === 'rename'} onClose={() => setDialog(null)} />
      <DeleteSource source={source} open={dialog === 'delete'} onClose={() => setDialog(null)} />
    </>
  );
}

function Skeleton() {
  return (
    <div role="status" aria-label="Reading the schema" className="flex flex-col gap-2 p-4">
      {[88, 72, 80, 64, 76].map((width) => (
        <div key={width} className="flex h-14 animate-sheen items-center rounded-lg border px-4">
          <div className="h-3 rounded-sm bg-active" style={{ width: `${width / 2}%` }} />
        </div>
      ))}
    </div>
  );
}
