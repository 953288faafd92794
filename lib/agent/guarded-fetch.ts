import { QuarryError } from '../kernel/errors';
import { checkServer } from '../sources';

/**
 * Refuses an address where no model may be: a cloud's metadata service, Quarry's own services, and what PRIVATE_HOSTS forbids. A
 * name that nothing answers to passes: the server may come later.
 * @throws QuarryError source.host_refused with the reason
 */
export async function refuseModelHost(address: string): Promise<void> {
  try {
    await checkServer(new URL(address));
  } catch (error) {
    if (!(error instanceof QuarryError) || error.code !== 'source.unreachable') throw error;
  }
}

/**
 * fetch for addresses that an organisation has set. The host is judged before each request, since a name may point elsewhere by
 * now, and redirects are not followed: they would lead around the check.
 * @throws QuarryError model.unavailable, so that the next provider in the order is asked
 */
export const guardedFetch: typeof fetch = async (input, init) => {
  try {
    await refuseModelHost(input instanceof Request ? input.url : String(input));
  } catch (error) {
    if (!(error instanceof QuarryError)) throw error;
    throw new QuarryError('model.unavailable', error.message, { stage: 'generate', cause: error });
  }
  return fetch(input, { ...init, redirect: 'error' });
};
