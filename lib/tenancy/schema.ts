import { z } from 'zod';
import { ROLE_NAMES } from '../access/permissions';
import { emailSchema, passwordSchema } from '../access/schema';
import { cacheSettingsSchema } from '../sources/schema';

/** Browser-safe shapes of what the routes of organisations, members and environments take. */
const name = z.string().trim().min(1, 'Write a name.').max(100);

export const setupSchema = z.strictObject({
  email: emailSchema,
  password: passwordSchema,
  name: name.optional(),
  organization: name,
  /** Also connect the sample databases in the development environment. */
  samples: z.boolean().optional(),
});
export type SetupInput = z.output<typeof setupSchema>;

export const createOrganizationSchema = z.strictObject({ name });
export type CreateOrganizationInput = z.output<typeof createOrganizationSchema>;

export const addMemberSchema = z.strictObject({
  email: emailSchema,
  name: name.optional(),
  role: z.enum(ROLE_NAMES),
  /** Of the account that is made; someone who has an account keeps their own password. */
  password: passwordSchema.optional(),
});
export type AddMemberInput = z.output<typeof addMemberSchema>;

export const changeMemberSchema = z
  .strictObject({ role: z.enum(ROLE_NAMES).optional(), active: z.boolean().optional() })
  .refine((change) => change.role !== undefined || change.active !== undefined, 'Say what to change: role or active.');
export type ChangeMemberInput = z.output<typeof changeMemberSchema>;

export const ENVIRONMENT_KINDS = ['development', 'staging', 'production', 'other'] as const;
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];

export const createEnvironmentSchema = z.strictObject({
  name,
  /** Decides the frame's colour. */
  kind: z.enum(ENVIRONMENT_KINDS).default('other'),
});
export type CreateEnvironmentInput = z.output<typeof createEnvironmentSchema>;

/** What an organisation sets for itself; `cache` replaces what was set. */
export const organizationSettingsSchema = z.strictObject({ cache: cacheSettingsSchema });
export type OrganizationSettingsInput = z.output<typeof organizationSettingsSchema>;
