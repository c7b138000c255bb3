// Certificates for a test: authorities of its own, and what they sign.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });

/** An authority: {pem, sign(name, options)}; its files are in dir. */
export function authority(dir, name) {
  const at = (file) => path.join(dir, `${name}.${file}`);
  openssl('req', '-x509', ...EC, '-days', '2', '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('pem'));
  let n = 0;
  return {
    pem: at('pem'),
    /** {cert, key}: files for a host, or a client; days: -1: its time was over yesterday. */
    sign(host, { days = 2 } = {}) {
      const [key, csr, ext, cert] = ['key', 'csr', 'ext', 'crt'].map((file) => at(`${++n}.${file}`));
      fs.writeFileSync(ext, `subjectAltName=DNS:${host}\n`);
      openssl('req', '-new', ...EC, '-subj', `/CN=${host}`, '-keyout', key, '-out', csr);
      openssl('x509', '-req', '-in', csr, '-CA', at('pem'), '-CAkey', at('key'), '-days', String(days), '-extfile', ext, '-out', cert);
      fs.chmodSync(key, 0o600);
      return { cert, key };
    },
  };
}
