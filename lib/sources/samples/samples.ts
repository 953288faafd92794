import type { SampleDatabase } from './definition';
import { network } from './network';
import { storefront } from './storefront';

/** In the order in which they are offered. */
export const SAMPLES: readonly SampleDatabase[] = [network, storefront];
