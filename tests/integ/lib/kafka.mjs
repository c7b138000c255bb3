// Brokers of Kafka of the test's own on loopback (tests/integ/kafka_cluster.c), read by kcat.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { expectEqual } from './harness.mjs';
import { ORIEL } from './server.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Kafka {
  static async start(topic, partitions) {
    const kafka = new Kafka();
    kafka.topic = topic;
    kafka.child = spawn(path.join(path.dirname(ORIEL), 'tests/kafka_cluster'), ['3', topic, String(partitions)],
      { stdio: ['pipe', 'pipe', 'ignore'] });
    running.add(kafka.child);
    kafka.lines = readline.createInterface({ input: kafka.child.stdout })[Symbol.asyncIterator]();
    kafka.brokers = (await kafka.lines.next()).value.split(',');
    return kafka;
  }

  /** Tells it something, such as "down". */
  async tell(line) {
    this.child.stdin.write(`${line}\n`);
    expectEqual((await this.lines.next()).value, 'ok', line);
  }

  /** What is in the topic, partition by partition: [{partition, key, headers, event}]. */
  async messages() {
    const { stdout } = await promisify(execFile)('kcat', ['-q', '-C', '-e', '-b', this.brokers.join(','), '-t', this.topic,
      '-o', 'beginning', '-f', '%p\t%k\t%h\t%s\n'], { timeout: 20000, maxBuffer: 1 << 26 });
    return stdout.split('\n').filter(Boolean).map((line) => {
      const [partition, key, headers, event] = line.split('\t');
      return { partition, key, headers, event: JSON.parse(event) };
    });
  }
}
