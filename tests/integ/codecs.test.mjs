// Recordings of VP9, AV1 and H.264: published by a real browser, recorded, and looked at with other
// people's tools and in both browsers. VP8 is what the other tests record.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { epochsWithPictures, saveEpoch, serveCodecTours, untilRecorded } from './lib/codec_tours.mjs';
import { complaints, probe } from './lib/ffprobe.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { playAndSeek, seek } from './lib/playback.mjs';
import { ROOT } from './lib/server.mjs';
import { endTour, joinTour } from './lib/tour.mjs';

const CODECS = [{ name: 'vp9', type: 'video/webm' }, { name: 'h264', type: 'video/mp4' },
  { name: 'av1', type: 'video/webm' }];

const tours = await serveCodecTours(CODECS.map((c) => c.name));
const { dir, server, base, mint, opsToken } = tours;
const chromium = await launchChromium();
const firefox = await launchFirefox();
const recordings = new Map();

await test('a_browser_publishes_each_codec', async () => {
  const pages = await Promise.all(CODECS.map(async ({ name }) => {
    const page = await chromium.newPage();
    await joinTour(page, `${base}/agent/${name}#${mint({ role: 'agent', tour: name })}`);
    return page;
  }));
  for (const [i, page] of pages.entries()) {
    await until(async () => {
      const sent = await page.evaluate(async () => {
        const stats = [...(await window.oriel.session.pc.getStats()).values()];
        const video = stats.filter((s) => s.type === 'outbound-rtp' && s.kind === 'video' && s.framesEncoded);
        return video.map((s) => ({ frames: s.framesEncoded, codec: stats.find((c) => c.id === s.codecId)?.mimeType }))[0];
      });
      return sent?.codec?.toLowerCase() === `video/${CODECS[i].name}` && sent.frames > 90;
    }, `90 frames of ${CODECS[i].name}`, 40000);
  }
  await Promise.all(pages.map((page) => endTour(page)));
  for (const r of await untilRecorded(tours, CODECS.length)) {
    recordings.set(r.tour, r);
  }
  await Promise.all(pages.map((page) => page.close()));
});

const programmeOf = (name) => recordings.get(name).tracks.find((t) => t.id === 'programme' || t.kind === 'programme');

for (const { name, type } of CODECS) {
  await test(`${name}_files_are_what_others_expect`, async () => {
    const camera = recordings.get(name).tracks.find((t) => t.kind === 'camera');
    for (const track of [programmeOf(name), camera]) {
      for (const epoch of epochsWithPictures(track)) {
        const { file, type: told } = await saveEpoch(tours, recordings.get(name), track, epoch,
          `${name}-${track.id}-${epoch.number}`);
        expectEqual(told, type, `content type of ${name}`);
        const [codec, ...size] = probe(file, '-select_streams', 'v', '-show_entries',
          'stream=codec_name,width,height').trim().split(',');
        expectEqual(codec, name, 'codec');
        const sizes = probe(file, '-select_streams', 'v', '-show_entries', 'frame=width,height')
          .trim().split('\n').map((l) => l.split(',').map(Number));
        const largest = sizes.sort((a, b) => b[0] * b[1] - a[0] * a[1])[0];
        // Of WebM ffprobe tells the size of the first frame, and not the header's.
        const info = type === 'video/webm' ? execFileSync('mkvinfo', ['-v', '-v', file], { encoding: 'utf8' }) : '';
        const header = info ? ['width', 'height'].map((d) => new RegExp(`Pixel ${d}: (\\d+)`).exec(info)[1]) : size;
        expectEqual(header.join('x'), largest.join('x'), 'size in the header');
        expectEqual(`${epoch.width}x${epoch.height}`, largest.join('x'), 'size that the API tells');
        expectEqual(complaints(file), '', 'what the decoders say');
        expect(!info || (info.includes('+ Cues') && !info.includes('Unknown element')), 'mkvinfo accepts it');
      }
    }
    console.log(`# ${name}: ${programmeOf(name).epochs.map((e) => `${e.width}x${e.height} ${e.duration_ms} ms`).join(', ')}`);
  });
}

/** Opens the longest part of the programme in the player of the recordings page. */
async function openPlayer(page, name) {
  const { start_ms: start } = epochsWithPictures(programmeOf(name))[0];
  await page.goto('about:blank'); // another fragment alone loads nothing
  await page.goto(`${base}/ops?recording=${recordings.get(name).id}&t=${Math.ceil(start / 1000)}#${opsToken}`);
  await page.waitForSelector('.player video');
}

for (const [what, browser] of [['chromium', chromium], ['firefox', firefox]]) {
  const page = await browser.newPage();
  const evaluate = (run, argument) => page.evaluate(run, argument);
  for (const { name } of CODECS) {
    await test(`${name}_plays_and_seeks_in_${what}`, async () => {
      await openPlayer(page, name);
      await playAndSeek(evaluate, { atLeast: 1.5 });
    });
  }
  await page.close();
}

// Sound for 7 s, then pictures, and pictures that are shown in another order than they were sent, as the
// recorder's own tests recorded them. /?NAME plays a file.
for (const name of ['codecs_the_index_leads', 'codecs_h264_with_b_pictures']) {
  execFileSync(process.env.ORIEL_TEST_RECORDER ?? path.join(ROOT, 'build/asan/tests/test_recorder'),
    [name], { env: { ...process.env, ORIEL_TEST_KEEP: dir } });
}
const files = http.createServer((request, response) => {
  const { pathname, search } = new URL(request.url, 'http://127.0.0.1');
  if (pathname === '/') {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><video src="/${search.slice(1)}" preload="metadata" muted></video>`);
    return;
  }
  if (!/\.(mp4|webm)$/.test(pathname)) { // a browser's icon
    response.writeHead(404).end();
    return;
  }
  const file = fs.readFileSync(path.join(dir, path.basename(pathname)));
  const type = pathname.endsWith('.mp4') ? 'video/mp4' : 'video/webm';
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? 'bytes=0-') ?? [];
  const end = to ? Number(to) + 1 : file.length;
  response.writeHead(206, { 'content-type': type, 'accept-ranges': 'bytes',
    'content-range': `bytes ${from}-${end - 1}/${file.length}`, 'content-length': end - from });
  response.end(file.subarray(Number(from), end));
});
await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve));

for (const [what, browser] of [['chromium', chromium], ['firefox', firefox]]) {
  await test(`a_seek_before_the_first_picture_lands_on_the_sound_in_${what}`, async () => {
    const page = await browser.newPage();
    const evaluate = (run, argument) => page.evaluate(run, argument);
    await page.goto(`http://127.0.0.1:${files.address().port}/?sound_first.webm`);
    await until(() => evaluate(() => document.querySelector('video').readyState >= 1), 'metadata');
    for (const target of [3, 10, 5]) {
      await seek(evaluate, target, 'video');
    }
    await evaluate(() => { document.querySelector('video').muted = true; return document.querySelector('video').play(); });
    await until(() => evaluate(() => document.querySelector('video').currentTime > 5.5), 'play from there');
    await page.close();
  });
}

for (const [what, browser] of [['chromium', chromium], ['firefox', firefox]]) {
  await test(`pictures_sent_in_another_order_are_shown_in_their_own_in_${what}`, async () => {
    const page = await browser.newPage();
    const evaluate = (run, argument) => page.evaluate(run, argument);
    await page.goto(`http://127.0.0.1:${files.address().port}/?h264_b.mp4`);
    await evaluate(() => {
      const video = document.querySelector('video');
      window.times = [];
      const note = (_, frame) => {
        window.times.push(frame.mediaTime);
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback?.(note);
      return video.play();
    });
    await until(() => evaluate(() => document.querySelector('video').ended), 'the end', 20000);
    const { times, duration, shown } = await evaluate(() => {
      const video = document.querySelector('video');
      return { times: window.times, duration: video.duration,
        shown: video.getVideoPlaybackQuality().totalVideoFrames };
    });
    console.log(`# ${what}: ${shown} pictures, ${times.length} seen, from ${times[0]?.toFixed(3)} s on`);
    expect(duration > 3.9 && duration < 4.4, `it lasts ${duration} s`);
    expect(shown >= 55, `${shown} of 60 pictures`);
    expect(times.every((t, i) => i === 0 || t >= times[i - 1]), `times ${times}`);
    // Each at its time: multiples of 1/15 s apart. (Firefox takes the first picture's time for the beginning.)
    const apart = times.map((t) => (t - times[0]) * 15);
    expect(apart.every((n) => Math.abs(n - Math.round(n)) < 0.06), `times ${times}`);
    // And piece by piece, in order of decoding: without a hole.
    const ranges = await evaluate(async () => {
      const source = new MediaSource();
      document.querySelector('video').src = URL.createObjectURL(source);
      await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
      const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.4d400c"');
      buffer.appendBuffer(await (await fetch('/h264_b.mp4')).arrayBuffer());
      await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
      return Array.from({ length: buffer.buffered.length },
        (_, i) => [buffer.buffered.start(i), buffer.buffered.end(i)]);
    });
    expect(ranges.length === 1 && ranges[0][0] < 0.2 && ranges[0][1] > 3.9, `buffered ${JSON.stringify(ranges)}`);
    await page.close();
  });
}

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
await chromium.close();
await firefox.close();
files.close();
finish();
