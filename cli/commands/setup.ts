import { createTokenFor } from '../../lib/access';
import { processClock } from '../../lib/kernel/clock';
import { QuarryError } from '../../lib/kernel/errors';
import { logger } from '../../lib/kernel/log';
import { isSetupNeeded, setUpInstallation } from '../../lib/tenancy';
import { setupSchema } from '../../lib/tenancy/schema';
import { onBuilderDatabase } from '../installation';
import { note, print, printJson, readStandardInput } from '../output';

export interface SetupOptions {
  email: string;
  /** "-" reads it from standard input, so that it needn't stand in the list of processes. */
  password: string;
  organization: string;
  name?: string;
  samples?: boolean;
  json?: boolean;
}

/** The first owner and a token, without a browser. */
export async function setup(options: SetupOptions): Promise<void> {
  const { json, password, ...rest } = options;
  const parsed = setupSchema.safeParse({ ...rest, password: password === '-' ? await readStandardInput() : password });
  if (!parsed.success) throw new QuarryError('input.invalid', parsed.error.issues[0]?.message ?? 'The input is not valid.');
  const clock = processClock();
  const { organization, environments, token, samples } = await onBuilderDatabase(async () => {
    if (parsed.data.samples && (await isSetupNeeded())) await (await import('../../prisma/seed')).seedSamples();
    const made = await setUpInstallation(parsed.data, { clock, log: logger() });
    // Connecting the samples opened pools, which the server will open anew.
    if (parsed.data.samples) await (await import('../../lib/sources')).drainPools(0);
    const { token } = await createTokenFor({
      organizationId: made.organization.id,
      userId: made.userId,
      name: 'quarry setup',
      clock,
    });
    return { ...made, token };
  });
  if (samples && 'error' in samples) note(`The sample databases could not be connected: ${samples.error}`);
  if (json)
    return printJson({ organization, environments: environments.map(({ id, slug, name }) => ({ id, slug, name })), token });
  print(`${parsed.data.email} owns ${organization.name} (${organization.slug}).`);
  print(`Environments: ${environments.map(({ slug }) => slug).join(', ')}.`);
  if (samples?.added) print(`Sample databases connected: ${samples.added}.`);
  print(`Token, shown this once: ${token}`);
}
