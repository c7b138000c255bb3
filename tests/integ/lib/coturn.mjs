// A TURN server of the test's own on loopback: coturn with the secret that it shares with Oriel.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { until } from './harness.mjs';
import { freePort, tempDir } from './server.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const listens = (port) => new Promise((resolve) => {
  const probe = net.connect(port, '127.0.0.1');
  probe.on('connect', () => resolve(true)).on('error', () => resolve(false));
  probe.on('close', () => probe.destroy());
  probe.on('connect', () => probe.end());
});

/** {port, tlsPort, log(), stop()}: UDP and TCP on one port, TLS with a certificate of its own. */
export async function startCoturn(secret) {
  const dir = tempDir();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const [cert, key, log] = ['cert.pem', 'key.pem', 'turn.log'].map((f) => path.join(dir, f));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const config = path.join(dir, 'turn.conf');
  fs.writeFileSync(config, `listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port=${port}
tls-listening-port=${tlsPort}
cert=${cert}
pkey=${key}
realm=oriel.test
fingerprint
use-auth-secret
static-auth-secret=${secret}
allow-loopback-peers
no-rfc5780
no-cli
log-file=${log}
simple-log
pidfile=${path.join(dir, 'turn.pid')}
userdb=${path.join(dir, 'turndb')}
`, { mode: 0o600 });
  const child = spawn('turnserver', ['-c', config, '--verbose'], { stdio: 'ignore' });
  running.add(child);
  const gone = new Promise((resolve) => child.on('exit', () => {
    running.delete(child);
    resolve();
  }));
  await until(async () => await listens(port) && listens(tlsPort), 'coturn to listen');
  return {
    port,
    tlsPort,
    log: () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : ''),
    stop: () => {
      child.kill('SIGTERM');
      return gone;
    },
  };
}
