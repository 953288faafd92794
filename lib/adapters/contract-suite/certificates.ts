import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CERTIFICATE_LOGIN } from './fixture';

/** PEM texts of a private CA, what it signed, and a CA that signed nothing. */
export interface Certificates {
  ca: string;
  otherCa: string;
  /** Made out to localhost. */
  serverCert: string;
  serverKey: string;
  /** Its common name is CERTIFICATE_LOGIN. */
  clientCert: string;
  clientKey: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** @param folder where openssl works; left to the caller to remove */
export function makeCertificates(folder: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const pem = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  for (const ca of ['ca', 'other-ca']) {
    const subject = ['-days', '2', '-subj', `/CN=Quarry test ${ca}`];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', `${ca}.key`, '-out', `${ca}.crt`, ...subject);
  }
  const sign = (name: string, subject: string, extensions: string) => {
    writeFileSync(path.join(folder, `${name}.ext`), extensions);
    openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-extfile', `${name}.ext`, '-out', `${name}.crt`);
  };
  sign('server', '/CN=localhost', 'subjectAltName=DNS:localhost\n');
  sign('client', `/CN=${CERTIFICATE_LOGIN}`, 'extendedKeyUsage=clientAuth\n');
  return {
    ca: pem('ca.crt'),
    otherCa: pem('other-ca.crt'),
    serverCert: pem('server.crt'),
    serverKey: pem('server.key'),
    clientCert: pem('client.crt'),
    clientKey: pem('client.key'),
  };
}
