// What is made of a recorded tour by media helpers: thumbnails, a waveform and one MP4, which plays
// in both browsers; and helpers that die or are fed broken bytes, which is nobody else's problem.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { documented } from './lib/documented.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const config = await writeConfig(dir, (c) => {
  c.derived = { thumbnail_every_s: 1, export_width: 640, export_height: 360, export_fps: 15 };
});
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const browser = await launchChromium();
let token = tokenOf(server.urls.ops);
let recording;

const call = (method, where, body) => fetch(new URL(`/v1/recordings/${recording.id}${where}`,
  server.urls.ops), { method, body, headers: { authorization: `Bearer ${token}` } });
const json = async (where) => (await call('GET', where)).json();

/** Orders an export and gives its path. */
async function order(layout) {
  const answer = await call('POST', '/exports', JSON.stringify({ layout }));
  expectEqual(answer.status, 202, 'status of the order');
  (await documented(server.urls.ops))('startExport', 202, await answer.json());
  return answer.headers.get('location').replace(`/v1/recordings/${recording.id}`, '');
}

const untilState = (where, state) => until(async () => {
  const job = await json(where);
  return job.state === state ? job : null;
}, `${where} is ${state}`);

const probe = (file) => JSON.parse(spawnSync('ffprobe', ['-v', 'error', '-of', 'json',
  '-show_entries', 'format=duration:stream=codec_name,duration,width,height', file],
{ encoding: 'utf8' }).stdout);

/** Is it the whole tour, with pictures and sound that end together, its index first? */
function checkFile(file) {
  const { format, streams } = probe(file);
  const seconds = recording.duration_ms / 1000;
  const [video, audio] = ['h264', 'aac'].map((name) => streams.find((s) => s.codec_name === name));
  expect(video && audio, `streams: ${JSON.stringify(streams)}`);
  expect(Math.abs(format.duration - seconds) < 0.3, `${format.duration} s of ${seconds} s`);
  expect(Math.abs(video.duration - audio.duration) < 0.3, `${video.duration}, ${audio.duration}`);
  expect(video.width === 640 && video.height === 360, `${video.width} x ${video.height}`);
  const bytes = fs.readFileSync(file);
  expect(bytes.indexOf('moov') > 0 && bytes.indexOf('moov') < bytes.indexOf('mdat'), 'index first');
  const said = spawnSync('ffmpeg', ['-nostdin', '-v', 'warning', '-i', file, '-f', 'null', '-'],
    { encoding: 'utf8' });
  expectEqual(said.stderr, '', 'what a decoder says');
}

await test('a_tour_is_recorded', async () => {
  const agent = browser.pages()[0];
  await joinTour(agent, server.urls.agent);
  await agent.click('[data-control=screen]');
  await until(async () => (await server.metric('oriel_recorder_segments')) >= 6, 'six segments');
  await endTour(agent);
  recording = await untilComplete(server.urls.ops, token);
});

await test('what_is_answered_of_recordings_is_as_the_document_says', async () => {
  const check = await documented(server.urls.ops);
  const get = async (id, where, method = 'GET', body = undefined) => {
    const answer = await fetch(new URL(`/v1/recordings${where}`, server.urls.ops), { method, body, headers: { authorization: `Bearer ${token}` } });
    const data = await answer.json();
    check(id, answer.status, data);
    return data;
  };
  const one = `/${recording.id}`;
  const details = await get('getRecording', one);
  expect(details.tracks.length >= 3 && details.events.length > 3, JSON.stringify(details));
  await get('listRecordings', '');
  await get('getRecordingKeys', '/keys');
  await get('getRecordingStatus', '/status');
  await get('listSegments', `${one}/programme/0/segments`);
  await get('getHold', `${one}/hold`);
  expectEqual((await call('POST', '/hold', '{"reason":"a court asks"}')).status, 204, 'hold');
  expectEqual((await get('getHold', `${one}/hold`)).reason, 'a court asks', 'why');
  expectEqual((await call('DELETE', '/hold')).status, 204, 'release');
  await get('allowPlayback', `${one}/playback`, 'POST');
  const etag = (await call('GET', '')).headers.get('etag');
  const same = await fetch(new URL(`/v1/recordings${one}`, server.urls.ops), { headers: { authorization: `Bearer ${token}`, 'if-none-match': etag } });
  expectEqual(same.status, 304, 'for who has it');
});

await test('thumbnails_and_waveforms_are_made_when_somebody_looks', async () => {
  expectEqual((await json('/thumbnails')).state, 'making', 'at first');
  const list = await untilState('/thumbnails', 'ready');
  (await documented(server.urls.ops))('listThumbnails', 200, list);
  const { thumbnails } = list;
  expect(thumbnails.length >= 1, `${thumbnails.length} thumbnails`);
  thumbnails.forEach((t, i) => expect(t.width === 320 && t.t_ms <= recording.duration_ms &&
    (i === 0 || t.t_ms > thumbnails[i - 1].t_ms), JSON.stringify(t)));
  const picture = await call('GET', `/thumbnails/${thumbnails.at(-1).number}`);
  expectEqual(picture.headers.get('content-type'), 'image/jpeg', 'type');
  fs.writeFileSync(path.join(dir, 'thumbnail.jpg'), Buffer.from(await picture.arrayBuffer()));
  expectEqual(probe(path.join(dir, 'thumbnail.jpg')).streams[0].width, 320, 'width');
  const wave = new Int8Array(await (await call('GET', '/tracks/programme/waveform')).arrayBuffer());
  expect(wave.length > 20 + recording.duration_ms / 50 - 4, `${wave.length} bytes`);
  expect(wave.slice(20).some((v) => v > 10), 'the beep of the fake microphone is seen');
});

await test('an_export_is_the_whole_tour', async () => {
  const where = await order('faces');
  const check = await documented(server.urls.ops);
  check('getExport', 200, await untilState(where, 'done'));
  check('listExports', 200, await json('/exports'));
  const media = await call('GET', `${where}/media`);
  expectEqual(media.headers.get('content-type'), 'video/mp4', 'type');
  fs.writeFileSync(path.join(dir, 'tour.mp4'), Buffer.from(await media.arrayBuffer()));
  checkFile(path.join(dir, 'tour.mp4'));
  const list = (await json('/exports')).exports;
  expect(list.length === 1 && list[0].layout === 'faces', JSON.stringify(list));
});

/** Plays the export in a page with a ticket, and seeks; runs in the browser. */
async function play({ base, bearer, file }) {
  const answer = await fetch(`${base}/playback`, { method: 'POST', headers: { authorization: bearer } });
  const video = document.createElement('video');
  video.muted = true;
  video.src = `${base}${file}`;
  document.body.append(video);
  const event = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
  });
  await event('loadedmetadata');
  const { duration, videoWidth } = video;
  video.currentTime = duration / 2;
  await event('seeked');
  const from = video.currentTime;
  await video.play();
  while (video.currentTime < from + 0.5) {
    await event('timeupdate');
  }
  return { ticket: answer.ok, duration, videoWidth, from };
}

const playing = () => ({ base: `/v1/recordings/${recording.id}`, bearer: `Bearer ${token}`,
  file: '/exports/0/media' });

function checkPlayed(seen) {
  expect(seen.ticket, 'the ticket');
  expectEqual(seen.videoWidth, 640, 'width');
  expect(Math.abs(seen.duration * 1000 - recording.duration_ms) < 300, `${seen.duration} s`);
  expect(Math.abs(seen.from - seen.duration / 2) < 0.2, `sought to ${seen.from}`);
}

await test('the_export_plays_and_seeks_in_chromium', async () => {
  const page = await browser.newPage();
  await page.goto(server.urls.ops.split('#')[0]);
  checkPlayed(await page.evaluate(play, playing()));
});

await test('the_export_plays_and_seeks_in_firefox', async () => {
  const firefox = await launchFirefox();
  try {
    const page = await firefox.newPage();
    await page.goto(server.urls.ops.split('#')[0]);
    checkPlayed(await page.evaluate(play, playing()));
  } finally {
    await firefox.close();
  }
});
await browser.close();

/** The helpers of the server: its children, but for none. */
const helpers = () => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
  try {
    const [, name, rest] = /\((.*)\) (.*)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return name === 'oriel-media' && Number(rest.split(' ')[1]) === server.pid;
  } catch {
    return false;
  }
});

await test('a_helper_that_dies_is_one_failed_export', async () => {
  const where = await order('faces');
  const [pid] = await until(() => (helpers().length ? helpers() : null), 'a helper');
  expect(fs.readFileSync(`/proc/${pid}/status`, 'utf8').includes('Seccomp:\t2') ||
    (await until(() => fs.readFileSync(`/proc/${pid}/status`, 'utf8').includes('Seccomp:\t2'),
      'its filter')), 'it is locked up');
  process.kill(Number(pid), 'SIGKILL');
  const job = await untilState(where, 'failed');
  expect(job.error.includes('signal 9'), job.error);
  const again = await order('stage');
  await untilState(again, 'done');
  expectEqual((await call('DELETE', again)).status, 204, 'removed');
  expectEqual((await call('GET', again)).status, 404, 'gone');
});

await test('a_damaged_object_is_one_failed_export', async () => {
  const objects = path.join(dir, 'recordings/objects/recordings', recording.id, 'programme');
  const file = path.join(objects, fs.readdirSync(objects)[1]);
  const good = fs.readFileSync(file);
  const changed = Buffer.from(good);
  changed[changed.length >> 1] ^= 1;
  fs.writeFileSync(file, changed);
  const job = await untilState(await order('faces'), 'failed');
  fs.writeFileSync(file, good);
  expectEqual(job.error, 'not_authentic', 'why');
  expectEqual(await server.metric('oriel_derived_failed_total'), 2, 'failed tasks');
});

await test('bad_orders_are_refused', async () => {
  expectEqual((await call('POST', '/exports', '{"layout":"round"}')).status, 400, 'another layout');
  expectEqual((await call('POST', '/exports', '[1')).status, 400, 'no JSON');
  expectEqual((await call('GET', '/exports/99')).status, 404, 'a number that is none');
  expectEqual((await call('GET', '/exports/x/media')).status, 404, 'no number');
  expectEqual((await call('GET', '/thumbnails/999')).status, 404, 'no such picture');
  expectEqual((await fetch(new URL(`/v1/recordings/${recording.id}/exports`, server.urls.ops))).status,
    401, 'without a token');
});

await test('all_of_it_is_verified_and_the_command_line_exports_without_a_server', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  const run = (...words) => spawnSync(ORIEL, ['recordings', '-c', config, ...words],
    { encoding: 'utf8' });
  const verified = run('verify', recording.id);
  expectEqual(verified.status, 0, `verify: ${verified.stdout}${verified.stderr}`);
  const file = path.join(dir, 'by_hand.mp4');
  const made = run('export', recording.id, '-o', file, '--layout', 'stage');
  expectEqual(made.status, 0, `export: ${made.stderr}`);
  checkFile(file);
});

finish();
