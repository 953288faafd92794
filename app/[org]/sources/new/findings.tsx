'use client';

import { AlertTriangle, Check, Copy, Info, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { toast } from 'sonner';
import type { TestReport } from '@/lib/sources';
import type { ApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { copyText } from '../../../_ui/clipboard';
import { formatCount, formatDuration } from '../../../_ui/figures';
import { QueryText } from '../../../_ui/query-text';

interface Props {
  report: TestReport | null;
  error: ApiError | null;
  /** The engine opens a file, rather than connecting to a server. */
  file: boolean;
  /** What the engine can't do, and why. */
  notOffered?: string[];
}

/** What the test found, as a check list. */
export function Findings({ report, error, file, notOffered = [] }: Props) {
  return (
    <div aria-live="polite" className="empty:hidden">
      {error ? <Refused error={error} /> : null}
      {report ? (
        <ul className="divide-y rounded-lg border bg-raised">
          <Finding>
            {file ? 'The file opens, version ' : 'Connected to '}
            {file ? null : <b className="font-medium">{report.database}</b>}
            {file ? null : ', '}
            {report.serverVersion}
          </Finding>
          <Finding>
            {report.tableCount === 0
              ? 'No tables are visible to this login'
              : `${formatCount(report.tableCount, 'table')} visible`}
          </Finding>
          <Finding>Answers in {formatDuration(report.latencyMs)}</Finding>
          {report.ssh ? (
            <Finding>
              Through the SSH server <b className="font-medium">{report.ssh.server}</b>, whose key is{' '}
              <code className="font-mono text-[12px]">{report.ssh.hostKeySha256}</code>. The source keeps to this key.
            </Finding>
          ) : null}
          {file ? null : <Finding warn={report.tls === 'off' && !report.ssh}>{encryption(report)}</Finding>}
          <Finding warn={report.canWrite}>
            {report.canWrite
              ? 'This login may write. Quarry only reads, but a login that cannot write is safer.'
              : file
                ? 'The file is opened for reading only'
                : 'This login can only read'}
            {report.canWrite && report.readOnlyUserSql ? <Advice sql={report.readOnlyUserSql} /> : null}
          </Finding>
          {notOffered.length > 0 ? <NotOffered reasons={notOffered} /> : null}
        </ul>
      ) : null}
    </div>
  );
}

function encryption({ tls, ssh }: TestReport): string {
  if (tls !== 'off') return `Encrypted: ${tls}`;
  if (ssh) return 'Encrypted as far as the SSH server; from there to the database it is not';
  return 'Not encrypted. Fine on your own machine or network; elsewhere require TLS.';
}

function Finding({ warn, children }: { warn?: boolean; children: ReactNode }) {
  return (
    <li className="flex items-start gap-3 px-3 py-2 text-ink text-sm">
      {warn ? (
        <AlertTriangle className="mt-0.5 size-4 shrink-0 text-warning-ink" aria-label="Warning" />
      ) : (
        <Check className="mt-0.5 size-4 shrink-0 text-success-ink" aria-label="In order" />
      )}
      <div className="min-w-0 flex-1 break-words">{children}</div>
    </li>
  );
}

function NotOffered({ reasons }: { reasons: string[] }) {
  return (
    <li className="flex items-start gap-3 px-3 py-2 text-ink text-sm">
      <Info className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden="true" />
      <details className="min-w-0 flex-1">
        <summary className="w-fit rounded-sm text-ink-2 hover:text-ink">What this engine does differently</summary>
        <ul className="mt-1 list-disc space-y-1 pl-4 text-ink-2">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </details>
    </li>
  );
}

function Advice({ sql }: { sql: string }) {
  return (
    <details className="mt-1">
      <summary className="w-fit rounded-sm text-accent-ink text-sm hover:underline">Make a login that only reads</summary>
      <QueryText text={sql} className="mt-2 max-h-56" />
      <Button
        size="sm"
        look="ghost"
        className="mt-1"
        onClick={async () => {
          if (await copyText(sql)) toast.success('Statements copied');
        }}
      >
        <Copy className="size-3.5" aria-hidden="true" />
        Copy
      </Button>
    </details>
  );
}

function Refused({ error }: { error: ApiError }) {
  return (
    <div className="flex items-start gap-3 rounded-lg bg-danger-soft px-3 py-3 text-sm">
      <X className="mt-0.5 size-4 shrink-0 text-danger-ink" aria-hidden="true" />
      <div className="min-w-0">
        <p className="break-words font-medium text-danger-ink">{error.message}</p>
        {error.hints.map((hint) => (
          <p key={hint} className="text-ink-2">
            {hint}
          </p>
        ))}
        <p className="mt-1 text-ink-3 text-xs">
          <code className="font-mono">{error.code}</code>. Nothing was saved.
        </p>
      </div>
    </div>
  );
}
