'use client';

import { Download, FileBraces, FileImage, FileSpreadsheet, FileText } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { saveFile } from '../../_ui/clipboard';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from '../../_ui/menu';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';

type Format = 'csv' | 'xlsx' | 'json' | 'ndjson';

const FORMATS: { format: Format; label: string; icon: typeof FileText }[] = [
  { format: 'csv', label: 'CSV', icon: FileText },
  { format: 'xlsx', label: 'Excel (XLSX)', icon: FileSpreadsheet },
  { format: 'json', label: 'JSON', icon: FileBraces },
  { format: 'ndjson', label: 'JSON lines', icon: FileBraces },
];

interface Props {
  query: string;
  /** null when the source was removed: its rows can't be read again. */
  source: SourceInfo | null;
  /** Absent when no chart is on show. */
  onPicture?(): void;
}

/** The result as a file: all rows, also those that the page cut; the chart as a picture. */
export function DownloadMenu({ query, source, onPicture }: Props) {
  const { api, can } = useWorkspace();
  const [busy, setBusy] = useState(false);
  const files = source !== null && can('query.export');
  if (!files && !onPicture) return null;
  const download = async (format: Format) => {
    if (!source) return;
    setBusy(true);
    try {
      const response = await api.raw('/api/execute-query/export', {
        method: 'POST',
        query: { format },
        body: { dataSourceId: source.id, query },
      });
      saveFile(await response.blob(), `${source.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.${format}`);
    } catch (error) {
      const { message, hints } = toApiError(error);
      toast.error('The file was not made', { description: [message, ...hints].join(' ') });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button look="ghost" size="sm" busy={busy}>
          <Download className="size-4" aria-hidden="true" />
          Download
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        {files ? (
          <>
            <MenuLabel>All rows, also those that the page cut</MenuLabel>
            {FORMATS.map(({ format, label, icon: Icon }) => (
              <MenuItem key={format} onSelect={() => void download(format)}>
                <Icon aria-hidden="true" />
                {label}
              </MenuItem>
            ))}
          </>
        ) : null}
        {files && onPicture ? <MenuSeparator /> : null}
        {onPicture ? (
          <MenuItem onSelect={onPicture}>
            <FileImage aria-hidden="true" />
            Chart as a picture (PNG)
          </MenuItem>
        ) : null}
      </MenuContent>
    </Menu>
  );
}
