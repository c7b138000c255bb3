// Kills a server with SIGKILL while it records a real browser, again and again, and another one beside it.
// After each restart the recording must verify and lack at most 5 s. Usage: crash.mjs ROUNDS
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { launchChromium } from './lib/chromium.mjs';
import { expect, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig, tokenOf } from './lib/server.mjs';
import { joinTour, listRecordings } from './lib/tour.mjs';

const LOSS_MS = 5000; // the promise
const rounds = Number(process.argv[2] ?? 10);
const browser = await launchChromium();
let begun = 0;

/** Verifies with the command a person would use; throws with its output when it fails. */
function verify(config, id) {
  try {
    execFileSync(ORIEL, ['recordings', '-c', config, 'verify', id], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`verify ${id}: ${error.stdout}${error.stderr}`);
  }
}

/** A server and its agent, for as many rounds as are left. */
async function killAgainAndAgain(name) {
  const config = await writeConfig(tempDir());
  const start = () => new Server([ORIEL, 'serve', '-c', config]).ready;
  const page = await browser.newPage();
  let server = await start();
  const recordings = () => listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  while (begun < rounds) {
    await test(`kill_${++begun}_loses_at_most_5_s`, async () => {
      const known = (await recordings()).length;
      await joinTour(page, server.urls.agent);
      await page.waitForSelector('.rec:has-text("Recording")');
      await until(async () => (await server.metric('oriel_recorder_segments')) > 0, 'a first segment');
      // Any moment will do; this is where in a segment the kill falls, not a wait for something.
      await pause(crypto.randomInt(500, 6000));
      const killed = Date.now();
      await server.stop('SIGKILL');
      // Else the page would join the new server by itself and begin a recording of its own.
      await page.goto('about:blank');
      server = await start();
      const all = await recordings();
      expect(all.length === known + 1, `${all.length} recordings after ${known} and one more`);
      const recording = all[0];
      const lost = killed - Date.parse(recording.started) - recording.duration_ms;
      console.log(`# ${name}: ${recording.duration_ms} ms kept, ${Math.round(lost)} ms lost, ${recording.state}`);
      expect(lost <= LOSS_MS, `lost ${lost} ms`);
      verify(config, recording.id);
    });
  }
  return async () => {
    for (const { id } of await recordings()) {
      verify(config, id);
    }
    await server.stop();
  };
}

const ends = await Promise.all(['one', 'the other'].map(killAgainAndAgain));
await test('every_recording_still_verifies', async () => {
  for (const end of ends) {
    await end();
  }
});

await browser.close();
finish();
