// Clients of other stacks in programs of their own (tests/integ/clients): started, listened to, ended.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { until } from './harness.mjs';
import { ROOT } from './server.mjs';

const running = new Set();
process.on('exit', () => running.forEach((c) => c.child.kill('SIGKILL')));

export class Client {
  /** script: in tests/integ/clients; what: publish or play */
  constructor(script, what, url, token, ...more) {
    this.last = { frames: 0 };
    this.said = '';
    this.child = spawn('/usr/bin/python3', [ // Debian's, which has the modules
      path.join(ROOT, 'tests/integ/clients', script), what, url, token, ...more],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
    running.add(this);
    let rest = '';
    this.child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      lines.forEach((line) => {
        this.last = JSON.parse(line);
        this.deleted ??= this.last.deleted; // what it tells four times a second may come behind it
      });
    });
    this.child.stderr.setEncoding('utf8').on('data', (chunk) => { this.said += chunk; });
    this.gone = new Promise((resolve) => this.child.on('close', (code) => { // and all that it told is read
      running.delete(this);
      this.exited = true;
      resolve(code);
    }));
  }

  /** Waits until what it tells satisfies `probe`, and gives it. */
  tells(probe, what, ms) {
    return until(() => {
      if (this.exited) {
        throw new Error(`the client has ended: ${this.said.slice(-2000)}`);
      }
      return probe(this.last) && this.last;
    }, what, ms).catch((error) => {
      throw new Error(`${error.message}; it tells ${JSON.stringify(this.last)} ${this.said.slice(-1000)}`);
    });
  }

  /** It deletes its session twice: the two statuses. */
  async end() {
    this.child.stdin.end();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 10000);
    await this.gone;
    clearTimeout(late);
    return this.deleted;
  }
}
