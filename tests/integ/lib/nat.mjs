// A NAT between clients and a server's media port, in user space: clients send to `address`, each is
// seen by the server from a port of its own, and rebind gives it another one, as a router does that
// has forgotten its mapping. The server listens on 127.0.0.1 and announces `address`.
import dgram from 'node:dgram';
import { once } from 'node:events';

async function bound(port, address) {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  socket.on('error', () => {});
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

/** A UDP port that is free now on 127.0.0.1 and on `address`. */
export async function freeUdpPort(address) {
  for (;;) {
    const probe = await bound(0, '127.0.0.1');
    const { port } = probe.address();
    const other = dgram.createSocket('udp4');
    const free = await new Promise((resolve) => {
      other.on('error', () => resolve(false));
      other.bind(port, address, () => resolve(true));
    });
    other.close();
    probe.close();
    if (free) {
      return port;
    }
  }
}

const QUEUE = 250; // [ms] before a narrow path

const isCheck = (packet) => packet.length >= 20 && packet.readUInt16BE(0) === 0x0001;
const isMedia = (packet) => packet.length >= 12 && packet[0] >= 128 && packet[0] < 192
  && (packet[1] < 192 || packet[1] > 223);

/** On a path of path.rate [bytes/s]: in order, behind what waits, at most path.queue bytes of it. */
function enqueue(path, bytes, send) {
  const now = performance.now();
  const begins = Math.max(now, path.free ?? 0);
  path.waiting ??= [];
  if ((begins - now) * path.rate / 1000 > path.queue) {
    path.lost = (path.lost ?? 0) + 1;
    return;
  }
  path.free = begins + bytes / path.rate * 1000;
  path.waiting.push({ at: path.free, send });
  const pump = () => {
    while (path.waiting.length > 0 && path.waiting[0].at <= performance.now() + 0.5) {
      path.waiting.shift().send();
    }
    path.timer = path.waiting.length > 0 ? setTimeout(pump, path.waiting[0].at - performance.now()) : null;
  };
  path.timer ??= setTimeout(pump, path.free - now);
}

export class Nat {
  /** Called, if set, with each packet of a client and its address. */
  heard = null;

  /** Share of the clients' packets of media that is lost, and of those that come to them. */
  loss = 0;
  lossDown = 0;
  lost = 0;

  /** Between two packets to a client that are lost there are so many of media at least. */
  apartDown = 0;

  /** By client's address: {rate, queue} of the way to it [bytes/s, bytes]; what finds no room is lost. */
  paths = new Map();

  /** Between address:port and 127.0.0.1:port. */
  static async open(address, port) {
    const nat = new Nat();
    nat.port = port;
    nat.clients = new Map();
    nat.front = await bound(port, address);
    nat.front.on('message', (packet, from) => nat.fromClient(packet, from));
    return nat;
  }

  async outside(client) {
    const socket = await bound(0, '127.0.0.1');
    // What still comes to an earlier mapping is lost, as it is at a router.
    socket.on('message', (packet) => socket === client.socket && this.fromServer(packet, client));
    client.all.push(socket);
    client.socket = socket;
  }

  fromClient(packet, from) {
    const key = `${from.address}:${from.port}`;
    let client = this.clients.get(key);
    if (!client) {
      client = { from, all: [], waiting: [], begun: performance.now() };
      this.clients.set(key, client);
      this.outside(client).then(() => client.waiting.splice(0).forEach((p) => this.fromClient(p, from)));
    }
    if (!client.socket) {
      client.waiting.push(packet);
      return;
    }
    this.heard?.(packet, key);
    if (this.loss && isMedia(packet) && Math.random() < this.loss) {
      this.lost++;
      return;
    }
    if (isCheck(packet)) {
      client.checkedAt ??= performance.now();
    }
    client.socket.send(packet, this.port, '127.0.0.1');
  }

  losesDown(client) {
    client.passed = (client.passed ?? 0) + 1;
    const loses = client.passed > this.apartDown && Math.random() < this.lossDown;
    client.passed = loses ? 0 : client.passed;
    return loses;
  }

  fromServer(packet, client) {
    if (this.lossDown && isMedia(packet) && this.losesDown(client)) {
      this.lost++;
      return;
    }
    if (isMedia(packet)) {
      client.mediaAt ??= performance.now();
    }
    const path = this.paths.get(`${client.from.address}:${client.from.port}`);
    const send = () => !this.closed && this.front.send(packet, client.from.port, client.from.address);
    if (path) {
      enqueue(path, packet.length, send);
    } else {
      send();
    }
  }

  /** What goes to this client passes a path of so many kbit/s from now on; 0: a wide one. */
  narrow(key, kbps) {
    if (kbps) {
      this.paths.set(key, { rate: kbps * 125, queue: kbps * QUEUE / 8 });
    } else {
      this.paths.delete(key);
    }
  }

  /** Packets that found no room before this client's path. */
  dropped(key) {
    return this.paths.get(key)?.lost ?? 0;
  }

  /** Of all clients those that are seen from another port than before `since` [ms]: rebound, or come from
   *  a socket of their own since then, as after an ICE restart. */
  changed(since) {
    return [...this.clients.values()].filter((c) => (c.rebound ?? c.begun) >= since);
  }

  /** Clients' addresses that sent so far. */
  known() {
    return [...this.clients.keys()];
  }

  /** The server sees these clients from other ports from now on. Of each {rebound, checkedAt,
   * mediaAt} [ms]: the change, the client's first check after it, the first media behind it. */
  async rebind(keys) {
    const clients = keys.map((key) => this.clients.get(key));
    for (const client of clients) {
      await this.outside(client);
      client.rebound = performance.now();
      client.checkedAt = client.mediaAt = undefined;
    }
    return clients;
  }

  close() {
    this.closed = true;
    [this.front, ...[...this.clients.values()].flatMap((c) => c.all)].forEach((s) => s.close());
  }
}
