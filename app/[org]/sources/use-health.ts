'use client';

import { useCallback, useEffect, useState } from 'react';
import type { HealthReport } from '@/lib/sources';
import { toApiError } from '../../_ui/api';
import { useWorkspace } from '../../_ui/workspace';

/** Milliseconds between looks, while the page is seen. */
const EVERY_MS = 15_000;

/** Somebody has just asked one source: what is shown of all of them may be old. */
const asked = new EventTarget();

interface Listed {
  id: string;
  status: { health: HealthReport };
}

/** What is known of the servers of all sources, by id of the source; empty until the first answer. */
export function useHealthOfAll(): ReadonlyMap<string, HealthReport> {
  const { api, can } = useWorkspace();
  const [known, setKnown] = useState<ReadonlyMap<string, HealthReport>>(new Map());
  const may = can('source.read');
  const look = useCallback(
    async (signal: AbortSignal) => {
      if (!may) return;
      const { dataSources } = await api.json<{ dataSources: Listed[] }>('/api/data-sources', { signal });
      setKnown(new Map(dataSources.map(({ id, status }) => [id, status.health])));
    },
    [api, may],
  );
  useRepeated(look, asked);
  return known;
}

/** What is known of one source's server, and a way to ask it now. */
export function useHealth(sourceId: string): { health: HealthReport | null; asking: boolean; ask(): void } {
  const { api } = useWorkspace();
  const [health, setHealth] = useState<HealthReport | null>(null);
  const [asking, setAsking] = useState(false);
  const look = useCallback(
    async (signal?: AbortSignal) => {
      const { status } = await api.json<Listed>(`/api/data-sources/${sourceId}`, { signal });
      setHealth(status.health);
    },
    [api, sourceId],
  );
  useRepeated(look);
  const ask = async () => {
    setAsking(true);
    try {
      setHealth(await api.json<HealthReport>(`/api/data-sources/${sourceId}/check`, { method: 'POST' }));
    } catch (cause) {
      const { message } = toApiError(cause);
      setHealth((known) => (known ? { ...known, reason: message } : known));
      await look().catch(() => undefined);
    }
    setAsking(false);
    asked.dispatchEvent(new Event('asked'));
  };
  return { health, asking, ask: () => void ask() };
}

/** At once, then again and again while the page is seen, and when news are told. A look that fails is no news: the next may bring some. */
function useRepeated(look: (signal: AbortSignal) => Promise<void>, news?: EventTarget): void {
  useEffect(() => {
    const controller = new AbortController();
    const tick = () => {
      if (document.visibilityState === 'visible') look(controller.signal).catch(() => undefined);
    };
    tick();
    const timer = setInterval(tick, EVERY_MS);
    document.addEventListener('visibilitychange', tick);
    news?.addEventListener('asked', tick);
    return () => {
      controller.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
      news?.removeEventListener('asked', tick);
    };
  }, [look, news]);
}
