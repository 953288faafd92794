'use client';

import clsx from 'clsx';
import { AlertTriangle, Table2, Upload as UploadIcon } from 'lucide-react';
import { type DragEvent, useRef, useState } from 'react';
import { Button } from '../../../_ui/button';
import { formatCount } from '../../../_ui/figures';
import { Notice } from '../../../_ui/notice';
import type { Upload, Uploaded } from './use-upload';

const ACCEPT = '.sqlite,.sqlite3,.db,.csv,.tsv,.txt';

/** Takes files by dropping them or by the button, then says what was found in them. */
export function FileDrop({ upload, onChange }: { upload: Upload; onChange(): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const busy = upload.state === 'sending' || upload.state === 'reading';
  const take = (list: FileList | null) => {
    onChange();
    upload.start([...(list ?? [])]);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <div className="flex flex-col gap-4">
      <section
        aria-label="Files to upload"
        aria-busy={busy}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
        }}
        onDrop={drop}
        className={clsx(
          'flex min-h-[156px] flex-col items-center justify-center gap-3 rounded-lg border border-dashed p-4 text-center transition-colors duration-120',
          over ? 'border-accent bg-accent-soft' : 'border-line-3',
        )}
      >
        {busy ? (
          <Sending upload={upload} onCancel={upload.cancel} />
        ) : (
          <>
            <UploadIcon className="size-5 text-ink-3" aria-hidden="true" />
            <p className="text-ink-2 text-sm">
              {upload.made ? 'Drop other files to replace these' : 'Drop a SQLite file here, or CSV files, which become tables'}
            </p>
            <Button onClick={() => input.current?.click()}>Choose files</Button>
          </>
        )}
        <input
          ref={input}
          type="file"
          multiple
          accept={ACCEPT}
          className="hidden"
          tabIndex={-1}
          aria-label="Files"
          onChange={(event) => {
            take(event.target.files);
            // So that the same file can be chosen again.
            event.target.value = '';
          }}
        />
      </section>
      <div aria-live="polite" className="empty:hidden">
        {upload.error ? (
          <Notice tone="danger" title={upload.error.message}>
            Nothing was kept.
          </Notice>
        ) : null}
        {upload.made ? <Found made={upload.made} names={upload.names} /> : null}
      </div>
    </div>
  );
}

function Sending({ upload, onCancel }: { upload: Upload; onCancel(): void }) {
  const percent = Math.round(upload.share * 100);
  const sending = upload.state === 'sending';
  return (
    <>
      <p className="max-w-full truncate text-ink text-sm">
        {sending ? `Sending ${titleOf(upload.names)}` : `Reading ${titleOf(upload.names)}`}
      </p>
      <div
        role="progressbar"
        aria-label={sending ? 'Sent' : 'Reading the files'}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={sending ? percent : undefined}
        className="h-1 w-full max-w-72 overflow-hidden rounded-full bg-active"
      >
        <div
          className={clsx('h-full rounded-full bg-accent', !sending && 'animate-pulse-dot')}
          style={{ width: sending ? `${percent}%` : '100%' }}
        />
      </div>
      <Button size="sm" onClick={onCancel}>
        Cancel
      </Button>
    </>
  );
}

const titleOf = (names: readonly string[]) => (names.length === 1 ? (names[0] ?? '') : formatCount(names.length, 'file'));

function Found({ made, names }: { made: Uploaded; names: readonly string[] }) {
  return (
    <section aria-label="Tables found" className="flex flex-col gap-3">
      <h2 className="break-words text-ink-2 text-sm">
        {formatCount(made.tables.length, 'table')} in {titleOf(names)}
      </h2>
      {made.tables.length > 0 ? (
        <ul className="scroll-thin max-h-72 divide-y overflow-y-auto rounded-lg border bg-raised">
          {made.tables.map((table) => (
            <li key={table.name} className="flex items-start gap-3 px-3 py-2 text-sm">
              <Table2 className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden="true" />
              <div className="min-w-0 flex-1">
                <p className="break-words font-medium text-ink">{table.name}</p>
                <p className="truncate text-ink-3 text-xs" title={table.columns.map(({ name }) => name).join(', ')}>
                  {table.columns.map(({ name }) => name).join(', ')}
                </p>
              </div>
              <span className="shrink-0 text-ink-3 text-xs tabular-nums">
                {table.rows === null ? '' : formatCount(table.rows, 'row')}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {made.warnings.length > 0 ? (
        <ul className="flex flex-col gap-1">
          {made.warnings.map((warning) => (
            <li key={warning} className="flex items-start gap-2 text-ink-2 text-sm">
              <AlertTriangle className="mt-0.5 size-4 shrink-0 text-warning-ink" aria-label="Warning" />
              <span className="min-w-0 break-words">{warning}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
