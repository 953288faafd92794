import { route } from '@/lib/access';
import { getOrganizationSettings, updateOrganizationSettings } from '@/lib/tenancy';
import { organizationSettingsSchema } from '@/lib/tenancy/schema';

export const GET = route({ permission: 'organization.read' }, (ctx) => getOrganizationSettings(ctx));

export const PUT = route({ permission: 'organization.manage', body: organizationSettingsSchema }, (ctx, { body }) =>
  updateOrganizationSettings(ctx, body),
);
