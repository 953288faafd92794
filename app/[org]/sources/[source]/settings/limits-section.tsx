'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { PoolSettings, SourceLimits } from '@/lib/sources/schema';
import { toApiError } from '../../../../_ui/api';
import { Field, Input } from '../../../../_ui/field';
import { Notice } from '../../../../_ui/notice';
import { Select } from '../../../../_ui/select';
import { type SourceInfo, useWorkspace } from '../../../../_ui/workspace';
import { Part } from './part';

/** Stands for "not chosen": the select knows no empty value. */
const UNSET = '-';

const PROFILES = [
  { value: UNSET, label: 'Automatic', hint: 'What suits the database' },
  { value: 'small', label: 'Small', hint: '5 connections, 10 more at a peak' },
  { value: 'medium', label: 'Medium', hint: '10 connections, 20 more at a peak' },
  { value: 'large', label: 'Large', hint: '20 connections, 40 more at a peak' },
  { value: 'warm', label: 'Warm', hint: 'Keeps one open, so that the first question is quick' },
];

const GATES = [
  { value: UNSET, label: 'Automatic', hint: 'As the installation says' },
  { value: 'warn', label: 'Warn', hint: 'Runs them, and says so' },
  { value: 'refuse', label: 'Refuse', hint: 'Says what to change instead' },
  { value: 'off', label: 'Run', hint: 'Without asking the database first' },
];

const number = (text: string) => (text.trim() === '' ? undefined : Number(text));

/** How many connections Quarry may open, and what one query may take. */
export function LimitsSection({ source, pool, limits }: { source: SourceInfo; pool: PoolSettings; limits: SourceLimits }) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [saved, setSaved] = useState({ pool, limits });
  const [profile, setProfile] = useState<string>(pool.profile ?? UNSET);
  const [rows, setRows] = useState(limits.maxRows ? String(limits.maxRows) : '');
  const [seconds, setSeconds] = useState(limits.timeoutMs ? String(limits.timeoutMs / 1000) : '');
  const [gate, setGate] = useState<string>(limits.costGate ?? UNSET);
  const [read, setRead] = useState(limits.maxRowsRead ? String(limits.maxRowsRead) : '');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const chosen = profile === UNSET ? undefined : (profile as PoolSettings['profile']);
  const timeoutMs = number(seconds);
  const next = {
    pool: { ...saved.pool, profile: chosen },
    limits: {
      ...saved.limits,
      maxRows: number(rows),
      timeoutMs: timeoutMs === undefined ? undefined : timeoutMs * 1000,
      costGate: gate === UNSET ? undefined : (gate as SourceLimits['costGate']),
      maxRowsRead: number(read),
    },
  };
  const poolChanged = next.pool.profile !== saved.pool.profile;
  const limitsChanged = (['maxRows', 'timeoutMs', 'costGate', 'maxRowsRead'] as const).some(
    (name) => next.limits[name] !== saved.limits[name],
  );

  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = { ...(poolChanged ? { pool: next.pool } : {}), ...(limitsChanged ? { limits: next.limits } : {}) };
      await api.json(`/api/data-sources/${source.id}`, { method: 'PATCH', body });
      setSaved(next);
      toast.success('Limits saved');
      router.refresh();
    } catch (cause) {
      setError(toApiError(cause).message);
    }
    setBusy(false);
  };

  return (
    <Part
      title="Connections and limits"
      about="How many connections Quarry holds at most, and what one query may take. Empty fields follow the installation."
      changed={poolChanged || limitsChanged}
      busy={busy}
      onSave={save}
    >
      {error ? <Notice tone="danger" live title={error} /> : null}
      <div className="grid gap-4 md:grid-cols-3">
        <Field label="Connections" hint={PROFILES.find((item) => item.value === profile)?.hint}>
          {(field) => <Select {...field} value={profile} onValueChange={setProfile} options={PROFILES} />}
        </Field>
        <Field label="Rows of a result" aside="at most">
          {(field) => (
            <Input
              {...field}
              inputMode="numeric"
              pattern="[0-9]*"
              placeholder="10000"
              value={rows}
              onChange={(event) => setRows(event.target.value)}
            />
          )}
        </Field>
        <Field label="Seconds a query may run" aside="at most">
          {(field) => (
            <Input
              {...field}
              inputMode="decimal"
              placeholder="30"
              value={seconds}
              onChange={(event) => setSeconds(event.target.value)}
            />
          )}
        </Field>
        <Field label="Expensive queries" hint={GATES.find((item) => item.value === gate)?.hint}>
          {(field) => <Select {...field} value={gate} onValueChange={setGate} options={GATES} />}
        </Field>
        <Field label="Rows a query may read" hint="As the database expects before it runs.">
          {(field) => (
            <Input
              {...field}
              inputMode="numeric"
              pattern="[0-9]*"
              placeholder="10000000"
              value={read}
              onChange={(event) => setRead(event.target.value)}
            />
          )}
        </Field>
      </div>
    </Part>
  );
}
