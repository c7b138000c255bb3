// Bare TCP clients that may come from any address of 127.0.0.0/8, trickle, and not read.
import net from 'node:net';

/** A connected socket: `text` is what came, `gone` resolves at its end, `ended` tells whether. */
export function connect(port, from = '127.0.0.1') {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from });
  socket.text = '';
  socket.ended = false;
  socket.on('data', (d) => { socket.text += d.toString('latin1'); });
  socket.on('error', () => {});
  socket.gone = new Promise((resolve) => socket.on('close', () => {
    socket.ended = true;
    resolve();
  }));
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(socket));
    socket.on('close', () => resolve(socket));
  });
}

/** `n` of them, a hundred at a time: more would fill the kernel's queue of connections. */
export async function connectMany(n, port, from) {
  const all = [];
  while (all.length < n) {
    all.push(...await Promise.all(Array.from({ length: Math.min(100, n - all.length) }, () => connect(port, from))));
  }
  return all;
}

/** How many are still open. */
export const open = (sockets) => sockets.filter((s) => !s.ended).length;

/** Writes `bytes` to each open socket every `ms`; returns the function that stops it. */
export function drip(sockets, bytes, ms) {
  const timer = setInterval(() => sockets.forEach((s) => s.writable && s.write(bytes)), ms);
  return () => clearInterval(timer);
}
