// Starts an Oriel of the test's own and waits for the line that says it is ready.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const ORIEL = process.env.ORIEL_BIN ?? path.join(ROOT, 'build/asan/oriel');

// Below what systems give to connections (Linux: from 32768 on), so that a port which a test keeps while its server is
// down is not taken meanwhile by a browser of the suite beside it.
const PORTS = { first: 20000, count: 12000 };

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A TCP port that is free now, and that nobody is given by chance. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + crypto.randomInt(PORTS.count);
    if (await isFree(port)) {
      return port;
    }
  }
}

/** Servers that must not outlive the test, and then what they wrote. */
const running = new Set();
const dirs = [];
process.on('exit', () => {
  running.forEach((s) => s.child.kill('SIGKILL'));
  dirs.forEach((dir) => fs.rmSync(dir, { recursive: true, force: true }));
});

/** A directory of the test's own, removed at exit. */
export function tempDir(below = os.tmpdir()) {
  const dir = fs.mkdtempSync(path.join(below, 'oriel-'));
  dirs.push(dir);
  return dir;
}

/** conf/dev.json with state and ports of the test's own; `change` may edit it. */
export async function writeConfig(dir, change = () => {}) {
  const text = fs.readFileSync(path.join(ROOT, 'conf/dev.json'), 'utf8');
  const config = JSON.parse(text.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (m) => (m[0] === '"' ? m : '')));
  config.state_dir = dir;
  config.listen.port = await freePort();
  config.media.port = 0;
  config.auth.hs256_secret_file = path.join(dir, 'jwt.secret');
  config.recording.dir = path.join(dir, 'recordings');
  config.recording.kek_file = path.join(dir, 'kek');
  config.overload = { lag_ms: 0 }; // a machine that tests keep busy is none that turns people away
  change(config);
  const file = path.join(dir, 'oriel.json');
  fs.writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

export class Server {
  /** command: argv; the process runs in ROOT */
  constructor(command, { readyMs = 60000 } = {}) {
    this.lines = [];
    this.log = [];
    this.urls = {};
    this.exited = null;
    this.child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ready = this.waitReady(readyMs);
    this.gone = new Promise((resolve) => this.child.on('exit', (code, signal) => {
      this.exited = { code, signal };
      running.delete(this);
      // A sanitizer's report, an assertion, a fault: whatever test it failed first.
      if (signal ? !['SIGKILL', 'SIGTERM', 'SIGINT'].includes(signal) : code !== 0) {
        console.log(`# the server ended with ${code ?? signal}\n${this.tail().replace(/^/gm, '#   ')}`);
      }
      resolve(this.exited);
    }));
    running.add(this);
  }

  waitReady(ms) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready after ${ms} ms\n${this.tail()}`)), ms);
      this.child.on('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code}\n${this.tail()}`));
      });
      this.follow(this.child.stdout, (line) => {
        this.lines.push(line);
        const url = /^(agent|buyer|ops) URL:? (\S+)/.exec(line);
        if (url) {
          this.urls[url[1]] = url[2];
        }
        if (line === 'ready') {
          clearTimeout(timer);
          resolve(this);
        }
      });
      this.follow(this.child.stderr, (line) => this.log.push(line));
    });
  }

  follow(stream, onLine) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      lines.forEach(onLine);
    });
  }

  tail() {
    return [...this.lines.slice(-10), ...this.log.slice(-40)].join('\n');
  }

  get pid() {
    return this.child.pid;
  }

  /** A number of /metrics, summed over all whose name begins so, and over their labels. */
  async metric(name) {
    const text = await (await fetch(new URL('/metrics', this.urls.agent))).text();
    const values = text.split('\n').filter((l) => l.startsWith(name));
    return values.reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
  }

  /** Ends it in good order and returns {code, signal}. */
  async stop(signal = 'SIGTERM') {
    if (!this.exited) {
      this.child.kill(signal);
    }
    return this.gone;
  }
}

/** The token of a printed link. */
export const tokenOf = (url) => new URL(url).hash.slice(1);
