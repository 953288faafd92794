import type { FormField } from '../adapters/contract';
import { listAdapters } from '../adapters/registry';

/** What the add form needs to know of an engine; it goes to the browser. */
export interface SourceType {
  type: string;
  /** "PostgreSQL". */
  label: string;
  /** Reached over the network, or a file. */
  transport: 'network' | 'file';
  defaultPort: number | null;
  /** Schemes of connection URIs that mean this engine, without the colon. */
  uriSchemes: string[];
  fields: FormField[];
  /** Whether files can be uploaded, and become a database of this engine. */
  uploads: boolean;
}

/** The engines that can be connected, in the order in which the page offers them. */
export function listSourceTypes(): SourceType[] {
  return listAdapters().map(({ manifest, uploads }) => ({
    type: manifest.type,
    label: manifest.label,
    transport: manifest.capabilities.transport,
    defaultPort: manifest.defaultPort ?? null,
    uriSchemes: manifest.uriSchemes,
    fields: manifest.formFields,
    uploads: uploads !== undefined,
  }));
}
