// Headless Chromium with fake devices, in a fresh profile; nothing leaves the machine.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless=new', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=fps=30',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'];

/** A camera of few pictures a second, for what does not look at how they move: a third of the work is saved. */
export const SLOW_CAMERA = '--use-fake-device-for-media-stream=fps=10';

/** A browser context; close it when done. viewport: {width, height}; without: flags to leave out. */
export async function launchChromium({ flags = [], without = [], viewport = { width: 1280, height: 720 }, ...more } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'oriel-chromium-'));
  process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return chromium.launchPersistentContext(dir, {
    executablePath: '/usr/bin/chromium', headless: true, chromiumSandbox: false,
    args: [...FLAGS.filter((f) => !without.includes(f)), ...flags], viewport, ...more });
}

/** Adds up inbound-rtp of a page's peer connection: what it decoded and heard. */
export function inbound(page) {
  return page.evaluate(async () => {
    const pc = window.oriel?.session?.pc ?? window.pc;
    const sum = { frames: 0, energy: 0, packets: 0, lost: 0, keyFrames: 0, width: 0 };
    if (!pc) {
      return sum;
    }
    for (const s of (await pc.getStats()).values()) {
      if (s.type === 'inbound-rtp') {
        sum.frames += s.framesDecoded ?? 0;
        sum.keyFrames += s.keyFramesDecoded ?? 0;
        sum.energy += s.totalAudioEnergy ?? 0;
        sum.packets += s.packetsReceived ?? 0;
        sum.lost += s.packetsLost ?? 0;
        sum.width = Math.max(sum.width, s.frameWidth ?? 0);
      }
    }
    return sum;
  });
}
