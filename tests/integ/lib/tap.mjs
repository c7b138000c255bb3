// Carries a TCP connection to a port of this machine, and keeps what the client said as it was on the wire.
import net from 'node:net';

export class Tap {
  static async before(port) {
    const tap = new Tap();
    tap.said = [];
    tap.server = net.createServer((near) => {
      const far = net.connect(port, '127.0.0.1');
      near.on('data', (bytes) => tap.said.push(bytes));
      for (const [one, other] of [[near, far], [far, near]]) {
        one.pipe(other).on('error', () => {});
        one.on('close', () => other.destroy());
      }
    });
    await new Promise((resolve) => tap.server.listen(0, '127.0.0.1', resolve));
    tap.port = tap.server.address().port;
    return tap;
  }

  /** All of it. */
  get heard() {
    return Buffer.concat(this.said);
  }
}
