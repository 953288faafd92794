/** Writes .env.example from the settings table. */
import { writeFileSync } from 'node:fs';
import { environmentExample } from '../lib/testing/environment-example';

writeFileSync('.env.example', environmentExample());
