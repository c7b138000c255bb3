// A bucket of the test's own: Ceph's gateway (rgw.sh), its configuration for a server, and somebody
// else's S3 client, which is curl with its own signer.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './harness.mjs';
import { freePort } from './server.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rgw.sh');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A TCP port of which the 40 successors are likely free, too: above the ephemeral ones is nothing else, and
 *  who has some holds the UDP port of the first one's number, so that tests beside each other differ. */
export async function portOfMany() {
  const [first, step, count] = [61000, 50, 80];
  const begin = Math.floor(Math.random() * count);
  for (let i = 0; i < count; i++) {
    const port = first + step * ((begin + i) % count);
    const claim = dgram.createSocket('udp4').unref();
    const mine = await new Promise((resolve) => {
      claim.on('error', () => resolve(false));
      claim.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
    });
    if (mine) {
      return port;
    }
  }
  throw new Error('all ports are taken');
}

export class Bucket {
  /** State, logs and pids of the service in `dir`. */
  static async up(dir) {
    const b = new Bucket();
    b.dir = path.join(dir, 'rgw');
    // Before the folder goes in which the pids are.
    process.prependListener('exit', () => spawnSync(SCRIPT, [b.dir, 'down']));
    b.port = await portOfMany();
    b.rgw('up', String(b.port), String(await freePort()));
    b.files = ['access', 'secret'].map((name) => {
      const file = path.join(dir, `${name}_key`);
      fs.writeFileSync(file, `test${name === 'access' ? 'key' : 'secret'}\n`, { mode: 0o600 });
      return file;
    });
    b.foreign('PUT', '/tours');
    return b;
  }

  rgw(...args) {
    return execFileSync(SCRIPT, [this.dir, ...args], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 120000 });
  }

  /** For a server's configuration. */
  configure(recording) {
    recording.store = 's3';
    recording.s3 = { endpoint: `http://127.0.0.1:${this.port}`, bucket: 'tours', prefix: 'oriel/', access_key_file: this.files[0],
      secret_key_file: this.files[1], connect_timeout_s: 2, stall_timeout_s: 4 };
    recording.spool = { retry_max_s: 2, reserve_mib: 0 };
  }

  /** The answer's body. */
  foreign(method, where) {
    return execFileSync('curl', ['-sS', '--fail-with-body', '--path-as-is', '--aws-sigv4', 'aws:amz:us-east-1:s3', '-u', 'testkey:testsecret',
      '-X', method, '-H', `x-amz-content-sha256: ${EMPTY}`, `http://127.0.0.1:${this.port}${where}`], { maxBuffer: 1 << 28 });
  }

  put(key, file) {
    execFileSync('curl', ['-sS', '--fail-with-body', '--aws-sigv4', 'aws:amz:us-east-1:s3', '-u', 'testkey:testsecret', '-T', file,
      '-H', `x-amz-content-sha256: ${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}`,
      `http://127.0.0.1:${this.port}/tours/${key}`]);
  }

  /** The keys below a prefix. */
  keys(prefix = '') {
    const page = this.foreign('GET', `/tours?list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}`).toString();
    return [...page.matchAll(/<Key>([^<]+)<\/Key>/g)].map((m) => m[1]);
  }

  /** How many requests the service has answered until now. Its log comes late: something is asked
   *  that must be in it. */
  async requests() {
    const mark = `mark-${this.marks = (this.marks ?? 0) + 1}-`;
    this.foreign('GET', `/tours?list-type=2&prefix=${mark}`);
    const lines = await until(() => {
      const all = this.log();
      return all.some((l) => l.includes(mark)) && all;
    }, 'the log of the service');
    return lines.filter((l) => !l.includes('prefix=mark-')).length;
  }

  log() {
    return fs.readFileSync(path.join(this.dir, 'log/client.rgw.log'), 'utf8').match(/ beast: .*"(?:GET|HEAD|PUT|DELETE) \/tours\S*/g) ?? [];
  }
}
