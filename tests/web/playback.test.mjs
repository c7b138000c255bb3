// Playing several files as one line of time: over what is missing, to any moment, to the end. The <video> is made up.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { Playback } from '../../web/ui/ops/playback.js';

class Video extends EventTarget {
  constructor() {
    super();
    Object.assign(this, { readyState: 0, duration: NaN, playbackRate: 1, error: null, ended: false, seeking: false, paused: true, at: 0, from: '' });
  }

  set src(value) {
    const moved = this.at !== 0;
    Object.assign(this, { from: value, readyState: 0, at: 0, ended: false, error: null });
    if (moved) {
      this.say('timeupdate'); // as browsers have it: the time of the file before is none any more
    }
  }

  get currentTime() {
    return this.at;
  }

  set currentTime(value) {
    this.at = value;
  }

  /** The file is there. */
  load(duration) {
    Object.assign(this, { readyState: 4, duration });
    this.say('loadedmetadata', 'canplay');
  }

  async play() {
    this.paused = false;
    this.say('play', 'playing');
  }

  pause() {
    const playing = !this.paused;
    this.paused = true;
    this.say(...(playing ? ['timeupdate', 'pause'] : []));
  }

  /** It has played until there. */
  reach(at) {
    this.paused = false;
    this.at = at;
    this.say('timeupdate');
    if (at >= this.duration) {
      Object.assign(this, { ended: true, paused: true });
      this.say('pause', 'ended');
    }
  }

  say(...types) {
    types.forEach((type) => this.dispatchEvent(new Event(type)));
  }
}

const TRACK = { id: 'programme', kind: 'programme', participant: null, codec: 'none',
  epochs: [[2000, 10000], [20000, 14000]].map(([start_ms, duration_ms], number) => ({ number, start_ms, duration_ms })) };

function begin() {
  const video = new Video();
  const recording = { state: 'complete', duration_ms: 34000, tracks: [TRACK], events: [] };
  const playback = new Playback(video, recording, (track, part) => `${track.id}/${part.number}`);
  const skips = [];
  playback.addEventListener('skipped', (e) => skips.push(e.detail));
  playback.show(TRACK);
  return { video, playback, skips };
}

await test('a_moment_is_one_of_the_recording_and_not_of_a_file', () => {
  const { video, playback } = begin();
  expectEqual(playback.state, 'gap', 'before the first part');
  playback.seek(25);
  expectEqual(video.from, 'programme/1', 'the second file');
  video.load(14);
  expectEqual(video.at, 5, 'where it is in it');
  expectEqual(`${playback.now} ${playback.state}`, '25 ready', 'where we are');
  playback.seek(21);
  expectEqual(`${video.from} ${video.at}`, 'programme/1 1', 'in the same file without loading it again');
});

/** Of its first file, which is from 2 to 12, what is between 5 and 8, and the end of the second. */
const SHORTER = { ...TRACK, redacted: [{ track: TRACK.id, from_ms: 5000, to_ms: 8000 }, { track: TRACK.id, from_ms: 30000, to_ms: 34000 }] };

await test('what_was_removed_is_passed_over_within_its_file_and_told', () => {
  const { video, playback, skips } = begin();
  playback.show(SHORTER);
  playback.seek(4);
  video.load(10);
  playback.toggle();
  video.from = 'still here';
  video.reach(3.2);
  expectEqual(`${video.from} ${video.at} ${playback.now}`, 'still here 6 8', 'goes on behind it, in the same file');
  expectEqual(JSON.stringify(skips), '[{"from":5,"to":8}]', 'what is said');
  expect(!video.paused, 'and plays');
  playback.seek(31);
  expectEqual(playback.state, 'ended', 'behind all that is left');
  playback.seek(6);
  expectEqual(`${playback.state} ${playback.now}`, 'gap 6', 'one who goes there is told');
  playback.seek(29);
  video.load(14);
  playback.toggle();
  video.reach(10.1);
  expectEqual(`${playback.state} ${playback.wanted} ${video.paused}`, 'ended false true', 'and does not play on where the end was removed');
});

await test('what_is_removed_while_one_looks_is_not_played_from_the_file_of_before', () => {
  const { video, playback } = begin();
  playback.seek(9);
  video.load(10);
  video.from = 'of before';
  playback.renew({ ...playback.recording, tracks: [SHORTER] });
  expectEqual(`${video.from} ${playback.now}`, 'programme/0 9', 'asked for anew');
  playback.renew({ ...playback.recording, tracks: [{ ...SHORTER }] });
  video.load(10);
  expectEqual(`${video.at} ${playback.state}`, '7 ready', 'at the same moment');
});

await test('at_the_end_of_a_file_the_next_one_plays_and_what_was_skipped_is_told', () => {
  const { video, playback, skips } = begin();
  playback.seek(5);
  video.load(10);
  playback.toggle();
  video.reach(10);
  expectEqual(`${video.from} ${playback.now}`, 'programme/1 20', 'goes on');
  expectEqual(JSON.stringify(skips), '[{"from":12,"to":20}]', 'what is said');
  video.load(14);
  expect(!video.paused, 'and plays');
  video.reach(14);
  expectEqual(`${playback.state} ${playback.wanted}`, 'ended false', 'the end');
  playback.toggle();
  expectEqual(video.from, 'programme/0', 'again from where there is something');
});

await test('what_is_being_recorded_goes_on_where_it_ended', () => {
  const { video, playback, skips } = begin();
  playback.seek(25);
  video.load(14);
  playback.toggle();
  const grown = { ...TRACK, epochs: TRACK.epochs.map((e) => (e.number === 1 ? { ...e, duration_ms: 24000 } : e)) };
  playback.renew({ state: 'recording', duration_ms: 44000, tracks: [grown], events: [] });
  expectEqual(`${playback.length} ${playback.part.end}`, '44 44', 'what there is now');
  video.from = '';
  video.reach(14);
  expectEqual(`${video.from} ${playback.state} ${skips.length}`, 'programme/1 loading 0', 'the file is asked for again');
  video.load(24);
  expectEqual(`${video.at} ${video.paused}`, '14 false', 'and goes on');
});

await test('where_nothing_is_one_stays_until_one_plays', () => {
  const { video, playback, skips } = begin();
  playback.seek(15);
  expectEqual(`${playback.now} ${playback.state} ${skips.length}`, '15 gap 0', 'looked at');
  playback.toggle();
  expectEqual(`${playback.now} ${video.from}`, '20 programme/1', 'played');
  playback.seek(99);
  expectEqual(`${playback.now} ${playback.state}`, '34 ended', 'behind the end');
});

await test('another_file_is_opened_where_one_is', () => {
  const { video, playback } = begin();
  playback.seek(5);
  video.load(10);
  video.reach(4);
  playback.show({ ...TRACK, id: 'camera', epochs: [{ number: 0, start_ms: 1000, duration_ms: 20000 }] });
  video.load(20);
  expectEqual(`${video.from} ${video.at} ${playback.now}`, 'camera/0 5 6', 'the same moment of another track');
  playback.show(TRACK);
  video.load(10);
  video.at = 4;
  playback.seek(21);
  video.load(14);
  expectEqual(`${video.from} ${video.at} ${playback.now}`, 'programme/1 1 21', 'another file of the same track');
});

await test('one_stays_where_one_wanted_to_be_though_the_picture_comes_later', () => {
  const { video, playback } = begin();
  playback.seek(5);
  video.load(10);
  video.at = 3.4; // the next picture
  video.say('seeked', 'timeupdate');
  expectEqual(playback.now, 5, 'the moment');
  video.at = 8; // by a key of the keyboard that is the system's
  video.say('seeked');
  expectEqual(playback.now, 10, 'another one');
});

await test('the_end_stays_the_end_while_it_plays', () => {
  const { video, playback } = begin();
  playback.seek(5);
  video.load(10);
  playback.toggle();
  video.reach(4);
  playback.seek(34);
  expectEqual(`${playback.now} ${playback.state} ${video.paused}`, '34 ended true', 'the end');
  playback.seek(5);
  playback.seek(15); // nothing is there
  video.say('canplay');
  expectEqual(`${playback.now} ${playback.state}`, '15 gap', 'what a file says that one has left');
});

await test('a_start_that_another_file_overtakes_still_counts', async () => {
  const { video, playback } = begin();
  playback.seek(5);
  video.load(10);
  video.play = () => Promise.reject(Object.assign(new Error('overtaken'), { name: 'AbortError' }));
  playback.toggle();
  playback.seek(25);
  await Promise.resolve();
  delete video.play;
  video.load(14);
  expectEqual(`${playback.wanted} ${video.paused}`, 'true false', 'it plays');
});

await test('at_the_edge_of_what_is_being_made_one_waits_for_more', () => {
  const { video, playback } = begin();
  const growing = (duration_ms) => ({ state: 'recording', duration_ms: 90000, events: [],
    tracks: [{ ...TRACK, epochs: TRACK.epochs.map((e) => (e.number === 1 ? { ...e, duration_ms } : e)) }] });
  playback.renew(growing(14000));
  playback.seek(90);
  expectEqual(`${playback.now} ${video.from}`, '33 programme/1', 'the end is what there is');
  video.load(14);
  playback.toggle();
  video.reach(14);
  expectEqual(`${playback.state} ${playback.wanted}`, 'behind true', 'all there is');
  video.from = '';
  playback.renew(growing(14500));
  expectEqual(`${playback.state} ${video.from}`, 'behind ', 'hardly more');
  playback.renew(growing(20000));
  expectEqual(`${playback.state} ${video.from}`, 'loading programme/1', 'more');
  video.load(20);
  expectEqual(`${video.at} ${video.paused}`, '14 false', 'goes on');
});

await test('a_file_that_is_shorter_than_it_should_be_is_asked_for_twice_only', () => {
  const { video, playback } = begin();
  playback.seek(25);
  video.load(8);
  playback.toggle();
  video.reach(8);
  expectEqual(playback.state, 'loading', 'asked for again');
  video.load(8);
  video.reach(8);
  expectEqual(playback.state, 'ended', 'and no more');
});

await test('a_file_that_cannot_be_played_says_so_and_is_asked_for_again', () => {
  const { video, playback } = begin();
  playback.seek(5);
  video.error = { code: 4 };
  video.say('error');
  expectEqual(playback.state, 'broken', 'state');
  video.from = '';
  playback.seek(6);
  expectEqual(`${video.from} ${playback.state}`, 'programme/0 loading', 'again');
});
finish();
