import type { Ctx } from '@/lib/access';
import { describeModel } from '@/lib/agent';
import { listSources, listSourceTypes, type SourceSummary } from '@/lib/sources';
import { describeCaller, listEnvironments } from '@/lib/tenancy';
import type { SourceInfo, WorkspaceData } from '../_ui/workspace';

/** What the frame and the palette need, read once per visit of the workspace. */
export async function loadWorkspace(ctx: Ctx): Promise<WorkspaceData> {
  const [caller, environments, sources, model] = await Promise.all([
    describeCaller(ctx),
    listEnvironments(ctx),
    ctx.permissions.has('source.read') ? listSources(ctx) : [],
    describeModel(ctx),
  ]);
  return {
    organization: { slug: caller.organization.slug, name: caller.organization.name },
    organizations: caller.organizations.map(({ slug, name }) => ({ slug, name })),
    person: { name: caller.user.name, email: caller.user.email },
    role: caller.role,
    permissions: caller.permissions,
    environments,
    sources: sources.map(toSourceInfo),
    model,
  };
}

/** A source for the browser: its name, kind and place. */
export function toSourceInfo(source: SourceSummary): SourceInfo {
  const kind = listSourceTypes().find((type) => type.type === source.type);
  return {
    id: source.id,
    name: source.name,
    type: source.type,
    typeLabel: kind?.label ?? source.type,
    transport: kind?.transport ?? 'network',
    environment: source.environment,
    target: source.summary.target,
    sample: source.sample,
  };
}
