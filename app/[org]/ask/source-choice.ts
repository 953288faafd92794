import type { SourceInfo } from '../../_ui/workspace';

/** The source that was asked last on this device. */
export const SOURCE_COOKIE = 'quarry-source';

/** The sample with the most to ask about stands first for somebody who has chosen nothing yet. */
const FIRST_SAMPLE = 'storefront';

/** The preferred source when it is there, else a sample to start with, else the first; null when there is none. */
export function chooseSource(sources: readonly SourceInfo[], preferred: string | undefined): SourceInfo | null {
  return (
    sources.find((source) => source.id === preferred) ??
    sources.find((source) => source.sample?.includes(FIRST_SAMPLE)) ??
    sources[0] ??
    null
  );
}
