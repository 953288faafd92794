import { cacheContract } from './contract-suite';
import { createCache } from './index';

cacheContract({ backend: 'memory', create: createCache, place: async () => ({ options: {}, remove: async () => undefined }) });
