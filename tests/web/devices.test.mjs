// web/lib/devices.js and device_watch.js: what goes wrong with a device is said, and what comes back is sent again.
import assert from 'node:assert/strict';
import { finish, test } from '../integ/lib/harness.mjs';
import { run } from './lib_oriel.mjs';

const media = new EventTarget();
Object.assign(globalThis.navigator, { mediaDevices: media });
const page = new EventTarget();
Object.assign(globalThis.document, { addEventListener: page.addEventListener.bind(page), visibilityState: 'visible' });

const { OrielClient, DeviceError, openDevice, openScreen, listDevices, explainDevice } = await import('../../web/lib/oriel.js');

class Track extends EventTarget {
  constructor(deviceId) {
    super();
    Object.assign(this, { deviceId, stopped: false, muted: false, kind: 'video' });
  }
  getSettings() { return { deviceId: this.deviceId }; }
  stop() { this.stopped = true; }
  say(what) { this.dispatchEvent(new Event(what)); }
}

let opened = []; // what was asked for
let answer; // a function of the constraints that gives a track or throws
media.getUserMedia = async (wanted) => {
  opened.push(wanted);
  const track = answer(wanted);
  return { getTracks: () => [track] };
};
const settled = async () => {
  await run(10);
  await new Promise((done) => { setImmediate(done); });
};

const refuse = (name, message = '') => () => { throw new DOMException(message, name); };

for (const [name, message, code, words] of [
  ['NotAllowedError', 'Permission denied', 'device_denied', 'next to the address bar'],
  ['NotAllowedError', 'Permission denied by system', 'device_denied_by_system', 'privacy settings'],
  ['NotFoundError', '', 'device_missing', 'No camera was found'],
  ['OverconstrainedError', '', 'device_missing', 'No camera was found'],
  ['NotReadableError', '', 'device_busy', 'in use by another program'],
  ['UnknownError', '', 'device_failed', 'could not be started'],
]) {
  await test(`${name}_${code}`, async () => {
    answer = refuse(name, message);
    const error = await openDevice('camera').catch((e) => e);
    assert.ok(error instanceof DeviceError);
    assert.deepEqual([error.code, error.kind, error.cause.name], [code, 'camera', name]);
    assert.ok(error.message.includes(words), error.message);
    assert.equal(explainDevice(error, 'camera'), error, 'explained once');
  });
}

await test('a_page_that_is_not_secure', async () => {
  delete navigator.mediaDevices;
  assert.equal((await openDevice('microphone').catch((e) => e)).code, 'device_insecure');
  assert.equal((await openScreen().catch((e) => e)).code, 'device_insecure');
  assert.deepEqual(await listDevices('camera'), []);
  navigator.mediaDevices = media;
});

await test('the_side_of_a_phone_that_is_wanted', async () => {
  answer = () => new Track('back');
  opened = [];
  await openDevice('camera', undefined, { facing: 'environment' });
  await openDevice('camera');
  await openDevice('camera', 'front', { facing: 'environment' });
  assert.deepEqual(opened.map(({ video }) => [video.facingMode?.ideal, video.deviceId?.exact]),
    [['environment', undefined], ['user', undefined], [undefined, 'front']]);
});

/** A client that sends a camera; what it tells of devices and what it sends are listed. */
async function sending(options = {}, kind = 'camera') {
  opened = [];
  const c = new OrielClient({ url: 'ws://127.0.0.1:1', token: '', ...options });
  const sent = [];
  const news = [];
  Object.assign(c, { me: { id: 'p1', sources: {} }, tour: {}, session: { publish: async (k, t) => sent.push(t), close() {} } });
  c.on('device', (n) => news.push(`${n.kind} ${n.state} ${n.code}`));
  c.on('devices', () => news.push('devices'));
  const track = new Track('front');
  await c.publish(kind, track);
  return { c, sent, news, track };
}

await test('a_camera_that_is_taken_and_given_back_at_once', async () => {
  const { c, sent, news, track } = await sending();
  const fresh = new Track('front');
  answer = () => fresh;
  track.say('ended');
  await settled();
  assert.deepEqual(news, ['camera lost device_lost', 'camera back device_back']);
  assert.deepEqual(opened, [{ video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 },
    deviceId: { exact: 'front' } } }]);
  assert.deepEqual(sent, [track, null, fresh]);
  assert.equal(c.published.get('camera'), fresh);
  await run(5000);
  assert.equal(opened.length, 1, 'and then it is not opened again');
  c.finish('left', '');
});

await test('one_that_is_plugged_in_again_later_or_another_in_its_place', async () => {
  const { c, news, track } = await sending();
  answer = refuse('NotFoundError');
  track.say('ended');
  await run(5000);
  assert.equal(opened.length, 6, 'three times, each the same one and then any');
  answer = (wanted) => (wanted.video.deviceId ? refuse('OverconstrainedError')() : new Track('other'));
  media.dispatchEvent(new Event('devicechange'));
  await settled();
  assert.deepEqual(news, ['camera lost device_lost', 'devices', 'camera back device_back']);
  assert.equal(c.published.get('camera').deviceId, 'other');
  c.finish('left', '');
});

await test('a_phone_call_and_a_page_that_wakes', async () => {
  const { c, news, track } = await sending({}, 'microphone');
  track.muted = true;
  track.say('mute');
  const fresh = new Track('front');
  answer = () => fresh;
  document.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  await run(5000);
  assert.equal(opened.length, 0, 'a page that is not seen opens nothing');
  document.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  await run(1900);
  assert.equal(opened.length, 0, 'the system has a while to give it back');
  await run(200);
  await settled();
  assert.deepEqual(news, ['microphone interrupted device_interrupted', 'microphone back device_back']);
  assert.ok(track.stopped && c.published.get('microphone') === fresh);
  c.finish('left', '');
});

await test('a_system_that_gives_it_back_by_itself', async () => {
  const { c, news, track } = await sending({}, 'microphone');
  track.say('mute');
  track.say('unmute');
  page.dispatchEvent(new Event('visibilitychange'));
  await run(5000);
  assert.deepEqual(news, ['microphone interrupted device_interrupted', 'microphone back device_back']);
  assert.deepEqual([opened.length, c.published.get('microphone')], [0, track]);
  c.finish('left', '');
});

await test('what_people_decide_stands', async () => {
  const { c, news, track } = await sending();
  answer = refuse('NotAllowedError', 'Permission denied');
  track.say('ended');
  await run(5000);
  media.dispatchEvent(new Event('devicechange'));
  await settled();
  assert.deepEqual(news, ['camera lost device_lost', 'camera failed device_denied', 'devices']);
  assert.equal(opened.length, 1, 'who was refused does not ask again');
  const off = await sending();
  let give;
  media.getUserMedia = () => new Promise((done) => { give = done; });
  off.track.say('ended');
  await settled();
  await off.c.publish('camera', null); // turned off while it is being opened
  const late = new Track('front');
  give({ getTracks: () => [late] });
  await run(5000);
  assert.ok(late.stopped);
  assert.equal(off.c.published.get('camera'), null);
  const no = await sending();
  let refuses;
  media.getUserMedia = () => new Promise((_, fail) => { refuses = () => fail(new DOMException('Permission denied', 'NotAllowedError')); });
  no.track.say('ended');
  await settled();
  await no.c.publish('camera', null);
  refuses(); // what nobody wants any more
  await run(5000);
  assert.deepEqual(no.news, ['camera lost device_lost']);
  c.finish('left', '');
  off.c.finish('left', '');
  no.c.finish('left', '');
});

await test('a_peer_connection_that_is_replaced_while_it_is_sent_again', async () => {
  const fresh = new Track('front');
  media.getUserMedia = async () => ({ getTracks: () => [fresh] });
  const { c, news, track } = await sending();
  c.session = { publish: async (kind, what) => {
    if (what) {
      c.session = { publish: async () => undefined, close() {} };
      throw new DOMException('closed', 'InvalidStateError');
    }
  } };
  track.say('ended');
  await settled();
  assert.deepEqual(news, ['camera lost device_lost', 'camera back device_back']);
  assert.deepEqual([c.published.get('camera'), fresh.stopped], [fresh, false]);
  c.finish('left', '');
});

await test('what_could_not_be_sent_is_tried_again', async () => {
  let tracks = [];
  media.getUserMedia = async () => {
    tracks = [...tracks, new Track('front')];
    return { getTracks: () => [tracks.at(-1)] };
  };
  const { c, news, track } = await sending();
  c.session = { publish: async (kind, what) => {
    if (what && tracks.length === 1) {
      throw new DOMException('not now', 'InvalidStateError');
    }
  }, close() {} };
  track.say('ended');
  await settled();
  assert.deepEqual([tracks[0].stopped, c.published.get('camera')], [true, null]);
  await run(1100);
  await settled();
  assert.deepEqual(news, ['camera lost device_lost', 'camera back device_back']);
  assert.deepEqual([c.published.get('camera'), tracks[1].stopped], [tracks[1], false]);
  c.finish('left', '');
});

await test('a_camera_that_is_turned_off_as_it_comes_back', async () => {
  const fresh = new Track('front');
  media.getUserMedia = async () => ({ getTracks: () => [fresh] });
  const { c, news, track } = await sending();
  c.session = { publish: async (kind, what) => {
    if (what) {
      c.publish(kind, null);
    }
  }, close() {} };
  track.say('ended');
  await settled();
  assert.deepEqual([news, fresh.stopped, c.published.get('camera')], [['camera lost device_lost'], true, null]);
  c.finish('left', '');
  await c.publish('camera', new Track('front'));
  media.dispatchEvent(new Event('devicechange'));
  assert.equal(news.length, 1, 'nothing is heard after the end');
});

await test('a_screen_and_who_recovers_by_himself', async () => {
  media.getUserMedia = async () => assert.fail('opened');
  const screen = await sending({}, 'screen');
  screen.track.say('ended');
  const own = await sending({ recoverDevices: false });
  own.track.say('ended');
  await run(5000);
  assert.deepEqual([...screen.news, ...own.news], ['screen lost screen_ended', 'camera lost device_lost']);
  assert.deepEqual([screen.sent.at(-1), own.sent.at(-1)], [null, null]);
  screen.c.finish('left', '');
  own.c.finish('left', '');
  media.dispatchEvent(new Event('devicechange'));
  own.track.say('mute');
  assert.equal(screen.news.length + own.news.length, 2, 'nothing is heard after the end');
});
finish();
