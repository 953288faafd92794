#!/usr/bin/env node
/** The package's bin: the same as `npm run quarry --`, from any folder. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'));
register();
await import('./main.ts');
