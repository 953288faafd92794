'use client';

import clsx from 'clsx';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { SourceType, TestReport } from '@/lib/sources';
import { type ApiError, toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { EnvironmentChip } from '../../../_ui/chip';
import { Field, Input, Textarea } from '../../../_ui/field';
import { WorkHeader } from '../../../_ui/frame/place';
import { SourceMark } from '../../../_ui/mark';
import { Segmented } from '../../../_ui/segmented';
import { Select } from '../../../_ui/select';
import { useEnvironmentOnFrame, useWorkspace } from '../../../_ui/workspace';
import { Steps } from '../steps';
import { connectionOf, type FieldValues, fieldsOfUri, suggestName, typeOfUri } from './connection';
import { ConnectionFields } from './connection-fields';
import { FileDrop } from './file-drop';
import { Findings } from './findings';
import { useUpload } from './use-upload';

type Way = 'paste' | 'fields';

/** The quick way first. */
const WAYS: Record<SourceType['transport'], { value: Way; label: string }[]> = {
  network: [
    { value: 'paste', label: 'Paste a string' },
    { value: 'fields', label: 'Fill in fields' },
  ],
  file: [
    { value: 'paste', label: 'Upload files' },
    { value: 'fields', label: 'File on the server' },
  ],
};

/** Choose the engine, paste or fill in, test, connect. */
export function ConnectForm({ types }: { types: SourceType[] }) {
  const { api, path, environments } = useWorkspace();
  const router = useRouter();
  const [type, setType] = useState(types[0]);
  const [way, setWay] = useState<Way>('paste');
  const [uri, setUri] = useState('');
  const [values, setValues] = useState<FieldValues>({});
  const [name, setName] = useState('');
  const [environment, setEnvironment] = useState(environments[0]?.slug ?? '');
  const [report, setReport] = useState<TestReport | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState<'test' | 'connect' | null>(null);
  const upload = useUpload(api);
  const chosen = environments.find((item) => item.slug === environment) ?? null;
  useEnvironmentOnFrame(chosen);
  if (!type) return null;

  const pasting = way === 'paste' && type.transport === 'network';
  const uploading = way === 'paste' && type.uploads;
  const known = pasting ? fieldsOfUri(uri) : uploading ? { file: upload.names[0] ?? '' } : values;
  const suggested = suggestName(known);
  const filled = type.fields.every((field) => !field.required || (values[field.name] ?? '') !== '');
  const ready = pasting ? uri.trim() !== '' : uploading ? upload.made !== null : filled;
  const changed = () => {
    setReport(null);
    setError(null);
  };
  const choose = (next: SourceType) => {
    setType(next);
    changed();
  };
  const paste = (text: string) => {
    setUri(text);
    changed();
    const meant = typeOfUri(text, types);
    if (meant) setType(meant);
  };
  const change = (field: string, value: string) => {
    setValues((old) => ({ ...old, [field]: value }));
    changed();
  };

  const send = async (what: 'test' | 'connect') => {
    setBusy(what);
    setError(null);
    const connection = pasting
      ? { uri: uri.trim() }
      : uploading
        ? { file: upload.made?.file }
        : connectionOf(type.fields, values);
    const body = { type: type.type, environment, connection };
    try {
      if (what === 'test') setReport(await api.json<TestReport>('/api/data-sources/test', { method: 'POST', body }));
      else {
        const fullName = name.trim() || suggested || type.label;
        const made = await api.json<{ id: string }>('/api/data-sources', {
          method: 'POST',
          body: { ...body, name: fullName },
        });
        toast.success(`${fullName} is connected`);
        router.push(`${path(`/sources/${made.id}/tables`)}?step`);
        router.refresh();
        return;
      }
    } catch (cause) {
      setReport(null);
      setError(toApiError(cause));
    }
    setBusy(null);
  };

  return (
    <>
      <WorkHeader title="Connect a source">
        <Steps current="Connect" />
      </WorkHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-4 md:px-6">
        <form
          className="mx-auto flex max-w-[640px] flex-col gap-6 py-6 md:py-8"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready) void send('connect');
          }}
        >
          <TypeCards types={types} chosen={type} onChoose={choose} />
          {type.transport === 'network' || type.uploads ? (
            <Segmented
              aria-label="How to give the connection"
              className="self-start"
              value={way}
              onValueChange={(next) => {
                if (next === 'fields') setValues((old) => ({ ...fieldsOfUri(uri), ...old }));
                setWay(next);
                changed();
              }}
              options={WAYS[type.uploads ? 'file' : 'network']}
            />
          ) : null}
          {uploading ? (
            <FileDrop upload={upload} onChange={changed} />
          ) : pasting ? (
            <Field label="Connection string" hint="It is encrypted before it is stored, and never shown again.">
              {(field) => (
                <Textarea
                  {...field}
                  value={uri}
                  onChange={(event) => paste(event.target.value)}
                  rows={2}
                  spellCheck={false}
                  autoCapitalize="none"
                  autoComplete="off"
                  placeholder={`${type.uriSchemes[0] ?? 'db'}://user:password@db.example.com:${type.defaultPort ?? 1234}/shop`}
                  className="break-all font-mono text-[12px]"
                />
              )}
            </Field>
          ) : (
            <ConnectionFields fields={type.fields} values={values} onChange={change} />
          )}
          <div className="grid gap-4 md:grid-cols-2">
            <Field label="Name" hint="How people find it.">
              {(field) => (
                <Input
                  {...field}
                  value={name}
                  maxLength={100}
                  placeholder={suggested || type.label}
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <Field label="Environment" hint="It colours the frame, so that nobody mistakes one for another.">
              {(field) => (
                <Select
                  {...field}
                  value={environment}
                  onValueChange={setEnvironment}
                  options={environments.map((item) => ({ value: item.slug, label: item.name }))}
                />
              )}
            </Field>
          </div>
          <Findings report={report} error={error} file={type.transport === 'file'} notOffered={type.notOffered} />
          <div className="flex flex-wrap items-center gap-2">
            <Button busy={busy === 'test'} disabled={!ready || busy !== null} onClick={() => send('test')}>
              Test
            </Button>
            <Button type="submit" look="primary" busy={busy === 'connect'} disabled={!ready || busy !== null}>
              Connect
            </Button>
            {chosen ? <EnvironmentChip name={chosen.name} kind={chosen.kind} className="ml-auto" /> : null}
          </div>
        </form>
      </div>
    </>
  );
}

function TypeCards({ types, chosen, onChoose }: { types: SourceType[]; chosen: SourceType; onChoose(type: SourceType): void }) {
  return (
    <fieldset className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      <legend className="mb-2 font-medium text-ink text-sm">Database</legend>
      {types.map((type) => (
        <label
          key={type.type}
          className={clsx(
            'flex cursor-pointer flex-col items-start gap-2 rounded-lg border p-3 transition-colors duration-120 focus-within:outline-2 focus-within:outline-accent focus-within:outline-offset-1',
            type.type === chosen.type ? 'border-accent bg-accent-soft' : 'border-line-2 bg-raised hover:bg-hover',
          )}
        >
          <input
            type="radio"
            name="type"
            className="sr-only"
            checked={type.type === chosen.type}
            onChange={() => onChoose(type)}
          />
          <SourceMark engine={type.type} transport={type.transport} className="size-6!" />
          <span className="font-medium text-ink text-sm">{type.label}</span>
          <span className="-mt-2 text-ink-3 text-xs">{type.transport === 'file' ? 'A file' : 'A server'}</span>
        </label>
      ))}
    </fieldset>
  );
}
