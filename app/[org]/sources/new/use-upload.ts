import { useEffect, useRef, useState } from 'react';
import { type Api, type ApiError, toApiError } from '../../../_ui/api';

/** What POST /api/data-sources/uploads answers. */
export interface Uploaded {
  file: string;
  tables: { name: string; rows: number | null; columns: { name: string; type: string }[] }[];
  warnings: string[];
}

export interface Upload {
  state: 'idle' | 'sending' | 'reading' | 'done' | 'failed';
  /** Names of the files that were chosen last. */
  names: string[];
  /** Share that was sent, 0 to 1. */
  share: number;
  made: Uploaded | null;
  error: ApiError | null;
  start(files: readonly File[]): void;
  cancel(): void;
}

const IDLE = { state: 'idle', names: [], share: 0, made: null, error: null } as const;

/** One upload at a time: new files take the place of the old ones; leaving the page stops what is on its way. */
export function useUpload(api: Api): Upload {
  const [upload, setUpload] = useState<Omit<Upload, 'start' | 'cancel'>>({ ...IDLE, names: [] });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (files: readonly File[]) => {
    if (files.length === 0) return;
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const names = files.map((file) => file.name);
    const set = (next: Partial<Upload>) => {
      if (running.current === controller) setUpload({ ...IDLE, names, ...next });
    };
    set({ state: 'sending' });
    try {
      const onProgress = (share: number) => set({ state: share < 1 ? 'sending' : 'reading', share });
      set({ state: 'done', made: await api.upload<Uploaded>(PATH, files, { signal: controller.signal, onProgress }) });
    } catch (error) {
      if (!controller.signal.aborted) set({ state: 'failed', error: toApiError(error) });
    }
  };
  const cancel = () => {
    running.current?.abort();
    running.current = null;
    setUpload({ ...IDLE, names: [] });
  };
  return { ...upload, start: (files) => void start(files), cancel };
}

const PATH = '/api/data-sources/uploads';
