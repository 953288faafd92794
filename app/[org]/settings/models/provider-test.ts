'use client';

import { useState } from 'react';
import { toast } from 'sonner';
import { toApiError } from '../../../_ui/api';
import { formatDuration } from '../../../_ui/figures';
import { useWorkspace } from '../../../_ui/workspace';

/** Asks a provider for one word and says what came of it. @returns test, and whether it runs */
export function useProviderTest(): { test(body: unknown): Promise<void>; testing: boolean } {
  const { api } = useWorkspace();
  const [testing, setTesting] = useState(false);
  const test = async (body: unknown) => {
    setTesting(true);
    try {
      const { model, latencyMs } = await api.json<{ model: string; latencyMs: number }>('/api/model-providers/test', {
        method: 'POST',
        body,
      });
      toast.success(`${model} answers`, { description: `In ${formatDuration(latencyMs)}` });
    } catch (cause) {
      const { message, hints } = toApiError(cause);
      toast.error(message, { description: hints.join(' ') || undefined });
    }
    setTesting(false);
  };
  return { test, testing };
}
