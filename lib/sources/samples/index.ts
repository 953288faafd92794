/**
 * The sample databases: a company's network and an online shop. Promises that rows are the same on every machine, engine and run,
 * so that examples, tests and documentation can name exact answers. `quarry seed` (prisma/seed) writes them; connecting them to an
 * organisation is addSampleSources of lib/sources.
 */
export type { SampleColumn, SampleDatabase, SampleTable, SampleValue } from './definition';
export { digestRows, digestSample } from './digest';
export {
  type InstalledSamples,
  installedSamplesFile,
  readInstalledSamples,
  sampleConnections,
  sampleFile,
} from './installed';
export { SAMPLES } from './samples';
