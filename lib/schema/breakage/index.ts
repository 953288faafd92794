/** What a change of a schema breaks: saved questions, apps and policies that name what is gone. Private to lib/schema. */
export { breakingChanges } from './breaking-changes';
export { type Breakage, findBreakage } from './find-breakage';
