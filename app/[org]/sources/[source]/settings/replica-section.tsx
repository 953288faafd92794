'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { ReplicaSettings } from '@/lib/sources/schema';
import { toApiError } from '../../../../_ui/api';
import { Field, Input } from '../../../../_ui/field';
import { Notice } from '../../../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../../../_ui/workspace';
import { Part } from './part';

interface Props {
  source: SourceInfo;
  replica: ReplicaSettings | null;
  defaultPort: number | null;
}

/** A copy of the server that answers reads while it is near enough. An empty host goes without one. */
export function ReplicaSection({ source, replica, defaultPort }: Props) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [saved, setSaved] = useState(replica);
  const [host, setHost] = useState(replica?.host ?? '');
  const [port, setPort] = useState(replica?.port ? String(replica.port) : '');
  const [lag, setLag] = useState(replica ? String(replica.maxLagS) : '');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const next =
    host.trim() === ''
      ? null
      : { host: host.trim(), ...(port === '' ? {} : { port: Number(port) }), maxLagS: lag === '' ? 10 : Number(lag) };
  const changed = (next === null) !== (saved === null) || (next !== null && !same(next, saved));

  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.json(`/api/data-sources/${source.id}`, { method: 'PATCH', body: { replica: next } });
      setSaved(next);
      toast.success(next ? 'Reads go to the replica' : 'Reads go to the primary');
      router.refresh();
    } catch (cause) {
      setError(toApiError(cause).message);
    }
    setBusy(false);
  };

  return (
    <Part
      title="Read replica"
      about="A copy of the server for reading: same database, login and TLS. It is tried before it is saved. When it is down or too far behind, the primary answers, and the answer says so."
      changed={changed}
      busy={busy}
      onSave={save}
    >
      {error ? <Notice tone="danger" live title={error} /> : null}
      <div className="grid gap-4 md:grid-cols-3">
        <Field label="Replica host" aside="optional">
          {(field) => (
            <Input
              {...field}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="replica.example.com"
              value={host}
              onChange={(event) => setHost(event.target.value)}
            />
          )}
        </Field>
        <Field label="Replica port" aside="optional">
          {(field) => (
            <Input
              {...field}
              inputMode="numeric"
              pattern="[0-9]*"
              placeholder={String(defaultPort ?? '')}
              value={port}
              onChange={(event) => setPort(event.target.value)}
            />
          )}
        </Field>
        <Field label="Seconds behind" aside="at most">
          {(field) => (
            <Input {...field} inputMode="decimal" placeholder="10" value={lag} onChange={(event) => setLag(event.target.value)} />
          )}
        </Field>
      </div>
    </Part>
  );
}

const same = (one: ReplicaSettings, other: ReplicaSettings | null) =>
  one.host === other?.host && one.port === other?.port && one.maxLagS === other?.maxLagS;
