// What a recording lets hear of two people in real browsers: both at once, a short yes to its last
// sound, and nothing at full scale. Each hums a tone of their own, so it can be told who is heard.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fs from 'node:fs';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { expect, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, untilComplete } from './lib/tour.mjs';

const RATE = 48000;
const AGENT = 440;
const BUYER = 1000;

const dir = tempDir();
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir)]).ready;
const { urls } = server;
const browser = await launchChromium({ flags: ['--autoplay-policy=no-user-gesture-required'] });
const agent = browser.pages()[0];
const buyer = await browser.newPage();

/** The page's microphone is a tone, silent until window.hum(seconds) is called; loud: of full scale. */
function microphoneIs(page, frequency) {
  return page.addInitScript((hz) => {
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    media.getUserMedia = async (what) => {
      const stream = await real(what);
      if (what.audio) {
        const context = new AudioContext({ sampleRate: 48000 });
        const tone = new OscillatorNode(context, { frequency: hz });
        const gain = new GainNode(context, { gain: 0 });
        const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
        tone.connect(gain).connect(out);
        tone.start();
        stream.getAudioTracks().forEach((t) => { t.stop(); stream.removeTrack(t); });
        stream.addTrack(out.stream.getAudioTracks()[0]);
        window.hum = (seconds, loud = 0.3) => {
          const at = context.currentTime + 0.05;
          gain.gain.setValueAtTime(loud, at);
          gain.gain.setValueAtTime(0, at + seconds);
        };
      }
      return stream;
    };
  }, frequency);
}

/** Samples of the left channel of a file, -1..1, as a player hears them. */
function listen(file) {
  const run = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-map', '0:a', '-af', 'aresample=async=1',
    '-ac', '2', '-ar', `${RATE}`, '-f', 'f32le', '-'], { maxBuffer: 1 << 28 });
  expect(run.status === 0 && run.stderr.length === 0, `ffmpeg: ${run.stderr}`);
  const all = new Float32Array(run.stdout.buffer.slice(run.stdout.byteOffset,
    run.stdout.byteOffset + run.stdout.length));
  return { left: all.filter((_, i) => i % 2 === 0), peak: all.reduce((p, x) => Math.max(p, Math.abs(x)), 0) };
}

/** Sine and cosine part of a tone in n samples from `at`; Hann window. */
function part(samples, at, n, hz) {
  let [s, c, weight] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const w = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / n);
    const phase = (2 * Math.PI * hz * i) / RATE;
    s += w * (samples[at + i] ?? 0) * Math.sin(phase);
    c += w * (samples[at + i] ?? 0) * Math.cos(phase);
    weight += w;
  }
  return [(2 * s) / weight, (2 * c) / weight];
}

const loudness = (samples, at, n, hz) => Math.hypot(...part(samples, at, n, hz));

/** Where near hz a tone is strongest: a clock that is being corrected changes the pitch by up to 5 %. */
function pitch(samples, at, n, hz) {
  let best = [0, hz];
  for (let k = -24; k <= 24; k++) {
    const f = hz * (1 + k / 400);
    const loud = loudness(samples, at, n, f);
    best = loud > best[0] ? [loud, f] : best;
  }
  return best[1];
}

/** How far each of the tones is above what is none of them, in n samples from `at` [dB]. */
function aboveRest(samples, at, n, tones) {
  const found = tones.map((hz) => {
    const f = pitch(samples, at, n, hz);
    return [f, ...part(samples, at, n, f)];
  });
  let rest = 0;
  for (let i = 0; i < n; i++) {
    const w = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / n);
    const heard = found.reduce((sum, [hz, s, c]) => {
      const phase = (2 * Math.PI * hz * i) / RATE;
      return sum + s * Math.sin(phase) + c * Math.cos(phase);
    }, 0);
    rest += w * ((samples[at + i] ?? 0) - heard) ** 2 / n;
  }
  return found.map(([, s, c]) => 10 * Math.log10((s * s + c * c) / 2 / rest));
}

const middle = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** The tones in the middle of a span of frames of 10 ms, as `aboveRest`, of 200 ms each 100 ms. */
function clearness(samples, [from, to], tones) {
  const all = [];
  for (let f = from + 20; f + 30 < to; f += 10) {
    all.push(aboveRest(samples, f * 480, 9600, tones));
  }
  expect(all.length >= 5, `${all.length} times to look at`);
  return tones.map((_, i) => middle(all.map((r) => r[i])));
}

/** [from, to] in frames of 10 ms where a tone is heard, joined over less than 50 ms. */
function spoken(samples, hz) {
  const spans = [];
  for (let f = 0; f * 480 + 960 <= samples.length; f++) {
    if (loudness(samples, f * 480, 960, hz) > 0.1) {
      const last = spans.at(-1);
      if (last && f - last[1] < 5) {
        last[1] = f;
      } else {
        spans.push([f, f]);
      }
    }
  }
  return spans;
}

const ask = (recording, rest) => fetch(new URL(`/v1/recordings/${recording.id}${rest}`, urls.ops),
  { headers: { authorization: `Bearer ${tokenOf(urls.ops)}` } });

async function fetched(recording, track) {
  const file = path.join(dir, `${track}.webm`);
  fs.writeFileSync(file, Buffer.from(await (await ask(recording, `/${track}/0.webm`)).arrayBuffer()));
  return file;
}

let sound;
let voices;
let gaps;

await test('two_people_hum_in_a_recorded_tour', async () => {
  await microphoneIs(agent, AGENT);
  await microphoneIs(buyer, BUYER);
  await joinTour(agent, urls.agent);
  await joinTour(buyer, urls.buyer, { name: 'Bea' });
  await until(async () => (await inbound(buyer)).packets > 50 && (await inbound(agent)).packets > 50, 'sound both ways');
  await agent.evaluate(() => window.hum(7));
  await pause(2000); // the agent is the loudest for long
  await buyer.evaluate(() => window.hum(0.6));
  await pause(2000);
  await buyer.evaluate(() => window.hum(2.5));
  await pause(3500);
  await Promise.all([agent, buyer].map((page) => page.evaluate(() => window.hum(1.5, 0.95))));
  await pause(1800);
  await endTour(agent);
  const recording = await untilComplete(urls.ops, tokenOf(urls.ops));
  const { tracks, events } = await (await ask(recording, '')).json();
  gaps = events.filter((e) => e.type === 'gap');
  sound = listen(await fetched(recording, 'programme'));
  const own = tracks.filter((t) => t.kind === 'microphone');
  voices = await Promise.all(own.map(async (t) => listen(await fetched(recording, t.id))));
});

await test('a_yes_of_600_ms_is_whole', async () => {
  const spans = spoken(sound.left, BUYER);
  console.log(`# the buyer spoke ${spans.map(([a, b]) => `${a * 10}..${b * 10 + 20} ms`).join(', ')}`);
  const [from, to] = spans[0];
  const length = (to - from) * 10;
  // A clock that is being corrected makes it up to 5 % shorter or longer, and the windows are 20 ms.
  expect(length >= 550 && length <= 640, `the yes is ${length} ms long`);
  for (let f = from; f <= to; f++) {
    expect(loudness(sound.left, f * 480, 960, BUYER) > 0.1, `it is broken at ${(f - from) * 10} ms`);
  }
  expect(!JSON.stringify(gaps).includes('"late"'), 'sound came too late for the mix');
});

// A window in which a correction of the clock begins or ends has two pitches, so most are pure, and in none a tone is
// missing. What the browser itself sent is the measure: one that gets no processor makes no pure tone.
await test('both_are_heard_at_once_and_clearly', async () => {
  const [, both] = spoken(sound.left, BUYER);
  const [from, to] = both;
  expect(to - from > 220, `both hummed for ${(to - from) * 10} ms`);
  const heard = clearness(sound.left, both, [AGENT, BUYER]);
  const alone = [AGENT, BUYER].map((hz) => {
    const own = voices.map((v) => [v.left, spoken(v.left, hz)]).find(([, spans]) => spans.length > 0);
    expect(own, `a track in which ${hz} Hz is heard`);
    return clearness(own[0], own[1].reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a)), [hz])[0];
  });
  const dB = (numbers) => numbers.map((x) => x.toFixed(1)).join(' and ');
  console.log(`# agent and buyer are ${dB(heard)} dB over the rest, in their own tracks ${dB(alone)}`);
  heard.forEach((h, i) => expect(h >= Math.min(20, alone[i] - 6), `a tone is only ${h.toFixed(1)} dB over the rest`));
  for (const hz of [AGENT, BUYER]) {
    for (let f = from + 20; f + 20 < to; f++) {
      const loud = loudness(sound.left, f * 480, 960, hz);
      expect(loud > 0.1, `${hz} Hz is at ${loud.toFixed(3)} ${(f - from) * 10} ms after the buyer began`);
    }
  }
});

await test('each_own_track_has_its_own_voice_only', async () => {
  const heard = voices.map((v) => [AGENT, BUYER].map((hz) => spoken(v.left, hz).length > 0).join());
  expect(heard.sort().join(' ') === 'false,true true,false', `heard in the microphones' tracks: ${heard.join(' ')}`);
});

await test('no_sample_is_at_full_scale', async () => {
  console.log(`# peak ${sound.peak.toFixed(3)} of full scale`);
  expect(sound.peak < 0.999 && sound.peak > 0.5, `the peak is ${sound.peak}`);
});

await browser.close();
await server.stop();
finish();
