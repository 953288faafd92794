import { contractSuite } from '../contract-suite';
import { fixture } from './contract-fixture';

contractSuite(fixture);
