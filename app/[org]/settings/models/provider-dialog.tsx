'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useRef, useState } from 'react';
import { toast } from 'sonner';
import {
  DEFAULT_BASE_URL,
  type ModelProviderInput,
  type ModelProviderView,
  modelProviderSchema,
  type ProviderKind,
  providerKinds,
} from '@/lib/agent/schema';
import { type ApiError, toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Dialog } from '../../../_ui/dialog';
import { Checkbox, Field, Input, PasswordInput } from '../../../_ui/field';
import { Notice } from '../../../_ui/notice';
import { Select } from '../../../_ui/select';
import { useWorkspace } from '../../../_ui/workspace';
import { useProviderTest } from './provider-test';

const KIND_LABELS: Record<ProviderKind, string> = {
  openai: 'OpenAI or compatible',
  vllm: 'vLLM',
  ollama: 'Ollama',
};

interface Props {
  provider: ModelProviderView | 'new' | null;
  /** How many there are already: a new one is asked last. */
  count: number;
  onClose(): void;
}

export function ProviderDialog({ provider, count, onClose }: Props) {
  return (
    <Dialog
      open={provider !== null}
      onOpenChange={(open) => !open && onClose()}
      title={provider === 'new' ? 'Add provider' : 'Edit provider'}
      description="Any server that speaks OpenAI’s chat API, yours or somebody else’s."
      className="md:top-[8vh]! md:max-h-[84vh]! md:w-[520px]"
    >
      {provider ? <Form provider={provider === 'new' ? null : provider} count={count} onClose={onClose} /> : null}
    </Dialog>
  );
}

const text = (form: FormData, name: string) => String(form.get(name) ?? '').trim();

function readForm(form: FormData, kind: ProviderKind, old: ModelProviderView | null, count: number) {
  const optional = (name: string) => (text(form, name) ? { [name]: text(form, name) } : {});
  const key = text(form, 'apiKey');
  return modelProviderSchema.safeParse({
    name: text(form, 'name'),
    kind,
    baseUrl: text(form, 'baseUrl') || DEFAULT_BASE_URL[kind],
    ...(key ? { apiKey: key } : {}),
    models: { balanced: text(form, 'balanced'), ...optional('fast'), ...optional('complex') },
    contextTokens: Number(text(form, 'contextTokens')) || undefined,
    enabled: form.get('enabled') === 'on',
    position: old?.position ?? count,
  });
}

function Form({ provider, count, onClose }: { provider: ModelProviderView | null; count: number; onClose(): void }) {
  const { api } = useWorkspace();
  const router = useRouter();
  const { test, testing } = useProviderTest();
  const form = useRef<HTMLFormElement>(null);
  const [kind, setKind] = useState<ProviderKind>(provider?.kind ?? 'openai');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const checked = (): ModelProviderInput | null => {
    if (!form.current) return null;
    const result = readForm(new FormData(form.current), kind, provider, count);
    setErrors(
      result.success ? {} : Object.fromEntries(result.error.issues.map((issue) => [issue.path.join('.'), issue.message])),
    );
    return result.success ? result.data : null;
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const body = checked();
    if (!body) return;
    setBusy(true);
    setError(null);
    try {
      if (provider) await api.json(`/api/model-providers/${provider.id}`, { method: 'PATCH', body });
      else await api.json('/api/model-providers', { method: 'POST', body });
      toast.success(`${body.name} is saved`);
      router.refresh();
      onClose();
    } catch (cause) {
      setError(toApiError(cause));
      setBusy(false);
    }
  };
  // A saved key never comes back to the page: without a new one, the saved provider is what can be tried.
  const tryOut = () => {
    const body = checked();
    if (body) void test(provider?.hasKey && !body.apiKey ? { id: provider.id } : body);
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className="mt-4 flex flex-col gap-4">
      {error ? <Notice tone="danger" live title={error.message} /> : null}
      <div className="grid gap-4 md:grid-cols-2">
        <Field label="Kind">
          {(field) => (
            <Select
              {...field}
              value={kind}
              onValueChange={(value) => setKind(providerKinds.find((item) => item === value) ?? 'openai')}
              options={providerKinds.map((value) => ({ value, label: KIND_LABELS[value] }))}
            />
          )}
        </Field>
        <Field label="Name" error={errors.name}>
          {(field) => (
            <Input {...field} name="name" defaultValue={provider?.name} maxLength={60} placeholder={KIND_LABELS[kind]} />
          )}
        </Field>
      </div>
      <Field label="Base URL" error={errors.baseUrl}>
        {(field) => (
          <Input
            {...field}
            name="baseUrl"
            defaultValue={provider?.baseUrl}
            inputMode="url"
            spellCheck={false}
            placeholder={DEFAULT_BASE_URL[kind]}
          />
        )}
      </Field>
      <Field
        label="Key"
        aside={kind === 'openai' ? undefined : 'optional'}
        error={errors.apiKey}
        hint={
          provider?.hasKey
            ? 'A key is stored. Leave this empty to keep it.'
            : 'Encrypted before it is stored, and never shown again.'
        }
      >
        {(field) => (
          <PasswordInput {...field} name="apiKey" autoComplete="off" placeholder={provider?.hasKey ? '••••••••' : undefined} />
        )}
      </Field>
      <Field label="Model" error={errors['models.balanced']} hint="Its name as the server knows it.">
        {(field) => (
          <Input {...field} name="balanced" defaultValue={provider?.models.balanced} spellCheck={false} autoCapitalize="none" />
        )}
      </Field>
      <div className="grid gap-4 md:grid-cols-3">
        <Field label="Easy questions" aside="optional">
          {(field) => <Input {...field} name="fast" defaultValue={provider?.models.fast} spellCheck={false} placeholder="same" />}
        </Field>
        <Field label="Hard questions" aside="optional">
          {(field) => (
            <Input {...field} name="complex" defaultValue={provider?.models.complex} spellCheck={false} placeholder="same" />
          )}
        </Field>
        <Field label="Context tokens" error={errors.contextTokens}>
          {(field) => (
            <Input {...field} name="contextTokens" inputMode="numeric" defaultValue={provider?.contextTokens ?? 16384} />
          )}
        </Field>
      </div>
      <Checkbox name="enabled" label="Use it for questions" defaultChecked={provider?.enabled ?? true} />
      <div className="mt-1 flex gap-2">
        <Button busy={testing} onClick={tryOut}>
          Test
        </Button>
        <div className="flex-1" />
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}
