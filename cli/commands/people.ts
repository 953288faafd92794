import { createToken, jobContext } from '../../lib/access';
import { createTokenSchema } from '../../lib/access/schema';
import { systemDb } from '../../lib/db';
import { QuarryError } from '../../lib/kernel/errors';
import { addMember } from '../../lib/tenancy';
import { addMemberSchema } from '../../lib/tenancy/schema';
import { Failure } from '../failure';
import { onBuilderDatabase } from '../installation';
import { print, printJson, readStandardInput } from '../output';

interface Place {
  organization?: string;
  json?: boolean;
}

/** The one organisation that is meant: named, or the only one there is. */
function chooseOrganization(found: { id: string; slug: string }[], named: string | undefined, whose: string): string {
  const candidates = named === undefined ? found : found.filter(({ slug }) => slug === named);
  const [only, second] = candidates;
  if (only && !second) return only.id;
  if (second)
    throw new Failure(
      'usage',
      `${whose}: say which organisation with --organization ${found.map(({ slug }) => slug).join(' or ')}.`,
    );
  if (named !== undefined) throw new Failure('not_found', `${whose}: there is no organisation "${named}".`);
  throw new Failure('setup.required', 'There is no organisation yet. Run "quarry setup" first.');
}

export async function addMemberCommand(
  options: Place & { email: string; role: string; password?: string; name?: string },
): Promise<void> {
  const { organization, json, password, ...rest } = options;
  const secret = password === '-' ? await readStandardInput() : password;
  const parsed = addMemberSchema.safeParse(secret === undefined ? rest : { ...rest, password: secret });
  if (!parsed.success) throw invalid(parsed.error.issues[0]);
  const member = await onBuilderDatabase(async () => {
    const all = await systemDb().organization.findMany({ select: { id: true, slug: true }, orderBy: { createdAt: 'asc' } });
    return addMember(await jobContext(chooseOrganization(all, organization, 'member add')), parsed.data);
  });
  if (json) return printJson(member);
  print(`${member.email} is now a member with the role ${member.role}.`);
}

export async function createTokenCommand(
  options: Place & { email: string; name?: string; scopes?: string; expires?: string },
): Promise<void> {
  const scopes = options.scopes
    ?.split(',')
    .map((scope) => scope.trim())
    .filter(Boolean);
  const parsed = createTokenSchema.safeParse({ name: options.name ?? 'command line', scopes, expiresAt: options.expires });
  if (!parsed.success) throw invalid(parsed.error.issues[0]);
  const made = await onBuilderDatabase(async () => {
    const email = options.email.trim().toLowerCase();
    const memberships = await systemDb().membership.findMany({
      where: { active: true, user: { email, active: true } },
      select: { userId: true, organization: { select: { id: true, slug: true } } },
      orderBy: { createdAt: 'asc' },
    });
    const [first] = memberships;
    if (!first) throw new QuarryError('not_found', `${email} is not an active member of any organisation.`);
    const places = memberships.map((membership) => membership.organization);
    const organizationId = chooseOrganization(places, options.organization, email);
    return createToken(await jobContext(organizationId, { userId: first.userId }), parsed.data);
  });
  if (options.json) return printJson(made);
  print(made.token);
}

function invalid(issue: { path: PropertyKey[]; message: string } | undefined): QuarryError {
  const field = issue?.path.length ? `--${issue.path.join('.')}: ` : '';
  return new QuarryError('input.invalid', `${field}${issue?.message ?? 'The input is not valid.'}`);
}
