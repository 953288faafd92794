import { afterAll, beforeAll, describe } from 'vitest';
import { failures } from './failures';
import type { EngineFixture } from './fixture';
import { introspection } from './introspection';
import { parameters } from './parameters';
import { parser } from './parser';
import { pooling } from './pooling';
import { privateServer } from './private-server';
import { report } from './report';
import { server } from './server';
import { streams } from './streams';
import { Suite } from './suite';
import { values } from './values';
import { walls } from './walls';

export { type Certificates, makeCertificates } from './certificates';
export type { EngineFixture, PrivateServer, ServerFixture, StoredExample, TestDatabase, TestLogin } from './fixture';
export { CERTIFICATE_LOGIN, ODD_NAME } from './fixture';
export { collect, expectCode, options, read, until } from './probes';

const AREAS = [values, parameters, walls, parser, streams, failures, pooling, report, introspection, server, privateServer];

/**
 * Runs what an adapter promises against a real server or file: the definition of done for an engine. Every text that an engine is given
 * comes from its fixture (lib/adapters/<engine>/contract-fixture.ts). What an engine can't do it declares in Capabilities.notOffered, and
 * the run names the reason. Titles are made for the table that scripts/contract-table.mjs prints: engine › area › behaviour [› case].
 */
export function contractSuite(fixture: EngineFixture): void {
  describe(`${fixture.label}: the adapter contract`, () => {
    const suite = new Suite(fixture);
    beforeAll(() => suite.setUp());
    afterAll(() => suite.tearDown());
    for (const area of AREAS) area(suite);
  });
}
