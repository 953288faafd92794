/**
 * Owns the rules of the layout (docs/ARCHITECTURE.md, "Who may import whom") as a function over a file map, so that planted
 * violations are tested to fail.
 */
import { checkCompleteness } from './completeness-rules';
import { checkImports } from './import-rules';
import { type FileMap, parseProject, type Violation } from './project';
import { checkSources } from './source-rules';

export { readProject } from './project';

/** Every violation in the files; none means that the layout holds. */
export function checkArchitecture(files: FileMap): Violation[] {
  const sources = parseProject(files);
  return [...checkImports(sources), ...checkSources(sources, files), ...checkCompleteness(sources, files)];
}
