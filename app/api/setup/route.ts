import { publicRoute } from '@/lib/access';
import { isSetupNeeded, setUpInstallation } from '@/lib/tenancy';
import { setupSchema } from '@/lib/tenancy/schema';

const reason = 'The first owner account is made before there is anybody who could sign in; afterwards it answers setup.done.';

export const GET = publicRoute({ reason }, async () => ({ needed: await isSetupNeeded() }));

export const POST = publicRoute({ reason, body: setupSchema, status: 201 }, async ({ body, clock, log }) => {
  const { organization, environments, samples } = await setUpInstallation(body, { clock, log });
  return { organization, environments, samples };
});
