'use client';

import { ListChecks, MessageSquareText, MoreHorizontal, Pencil, RefreshCw, Settings2, Trash2 } from 'lucide-react';
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
import { type SourceInfo, useEnvironmentOnFrame, useWorkspace } from '../../../_ui/workspace';
import { SchemaTables } from './schema-tables';
import { DeleteSource, RenameSource } from './source-dialogs';
import { useSchema } from './use-schema';

interface Props {
  source: SourceInfo;
  access: 'read' | 'read-write';
  username: string | null;
}

/** A source: where it is, and every table in it. */
export function SourceView({ source, access, username }: Props) {
  const { path, can } = useWorkspace();
  const router = useRouter();
  const { schema, error, reading, refresh, retry } = useSchema(source.id);
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
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 md:px-6">
        <div className="mx-auto max-w-[880px] py-5">
          <p className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-3 text-sm">
            <span className="break-all">
              {source.typeLabel} · {source.target}
              {username ? ` · as ${username}` : ''}
            </span>
            <Chip tone={access === 'read' ? 'neutral' : 'warning'}>{access === 'read' ? 'Reads only' : 'May write'}</Chip>
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
          </p>
          {error ? (
            <Notice
              tone="danger"
              live
              title={error.message}
              className="mb-5"
              action={
                <Button size="sm" onClick={retry} busy={reading}>
                  Try again
                </Button>
              }
            >
              {error.hints.join(' ')}
            </Notice>
          ) : null}
          {schema ? <SchemaTables schema={schema} /> : error ? null : <Skeleton />}
        </div>
      </div>
      <RenameSource source={source} open={dialog === 'rename'} onClose={() => setDialog(null)} />
      <DeleteSource source={source} open={dialog === 'delete'} onClose={() => setDialog(null)} />
    </>
  );
}

function Skeleton() {
  return (
    <div role="status" aria-label="Reading the schema" className="flex flex-col gap-2">
      {[88, 72, 80, 64, 76].map((width) => (
        <div key={width} className="flex h-14 animate-sheen items-center rounded-lg border px-4">
          <div className="h-3 rounded-sm bg-active" style={{ width: `${width / 2}%` }} />
        </div>
      ))}
    </div>
  );
}
