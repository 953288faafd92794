'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { ConnectionForm, SourceType, TestReport } from '@/lib/sources';
import { type ApiError, toApiError } from '../../../../_ui/api';
import { Notice } from '../../../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../../../_ui/workspace';
import { changesOf, type FieldValues } from '../../new/connection';
import { ConnectionFields } from '../../new/connection-fields';
import { Findings } from '../../new/findings';
import { Part } from './part';

interface Props {
  source: SourceInfo;
  type: SourceType;
  connection: ConnectionForm & { lost?: string };
}

/** Where the database is and how Quarry signs in. Secrets are write-only: an empty field keeps the stored one. */
export function ConnectionSection({ source, type, connection }: Props) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [stored, setStored] = useState<FieldValues>(connection.values);
  const [values, setValues] = useState<FieldValues>(connection.values);
  const [report, setReport] = useState<TestReport | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const change = changesOf(type.fields, stored, values);

  const save = async () => {
    setBusy(true);
    setError(null);
    setReport(null);
    try {
      const body = { connection: change };
      const { test } = await api.json<{ test?: TestReport }>(`/api/data-sources/${source.id}`, { method: 'PATCH', body });
      const secrets = new Set(type.fields.filter((field) => field.secret).map((field) => field.name));
      const kept = Object.fromEntries(Object.entries(values).filter(([name]) => !secrets.has(name)));
      setStored(kept);
      setValues(kept);
      setReport(test ?? null);
      toast.success('Connection saved', { description: 'Queries that were running end on the old one.' });
      router.refresh();
    } catch (cause) {
      setError(toApiError(cause));
    }
    setBusy(false);
  };

  return (
    <Part
      title="Connection"
      about="A change is tested before it is saved; when the test fails, nothing changes. Passwords and keys are never shown: leave them empty to keep them."
      changed={change !== null}
      busy={busy}
      onSave={save}
    >
      {connection.lost ? <Notice tone="warning" title={connection.lost} /> : null}
      <ConnectionFields
        fields={type.fields}
        values={values}
        stored={connection.stored}
        before={stored}
        onChange={(name, value) => {
          setValues((old) => ({ ...old, [name]: value }));
          setReport(null);
          setError(null);
        }}
      />
      <Findings report={report} error={error} file={type.transport === 'file'} />
    </Part>
  );
}
