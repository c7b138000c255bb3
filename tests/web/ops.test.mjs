// What the recordings page makes of addresses, of loudness, and of pictures without sound.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';

const at = (search) => { globalThis.location = { search, pathname: '/ops', hash: '#x', origin: 'https://tours.example' }; };
at('');
const { placeNow, set } = await import('../../web/ui/ops/place.js');
const { peaksOf } = await import('../../web/ui/ops/waveform.js');
const { deedsOf } = await import('../../web/ui/ops/acts.js');
const { Sound, soundOf } = await import('../../web/ui/ops/sound.js');

await test('an_address_asks_for_what_can_be_asked_for', () => {
  at(`?recording=${'a'.repeat(32)}&t=7&to=nonsense&from=2026-01-02&state=everything&q=elm`);
  expectEqual(JSON.stringify(placeNow()), `{"recording":"${'a'.repeat(32)}","t":7,"filters":{"q":"elm","from":"2026-01-02"}}`, 'the place');
  at('?recording=../../x&t=-4');
  expectEqual(JSON.stringify(placeNow()), '{"recording":"","t":-1,"filters":{}}', 'of an address that leads nowhere');
  expectEqual(JSON.stringify(set({ person: 'ann', q: 'elm', state: '' })), '{"q":"elm","person":"ann"}', 'in whatever order it was typed');
});

/** As docs/recording-format.md has it. */
function waveform(...windows) {
  const bytes = new DataView(new ArrayBuffer(20 + 2 * windows.length));
  bytes.setUint32(0, 0x4f525746);
  bytes.setUint8(4, 1);
  bytes.setUint16(6, 100);
  bytes.setUint32(8, windows.length);
  windows.forEach(([low, high], i) => { bytes.setInt8(20 + 2 * i, low); bytes.setInt8(21 + 2 * i, high); });
  return bytes.buffer;
}

await test('loudness_is_drawn_over_the_whole_of_it', () => {
  expectEqual(peaksOf(waveform([-64, 10], [0, 0], [0, 32], [-128, 127]), 0.8, 4).join(), '0.5,1,0,0', 'the loudest of each piece; nothing behind its end');
  expectEqual(peaksOf(waveform([-128, 0], [0, 0]), 0.2, 4).map((p) => p.toFixed(2)).join(), '1.00,0.70,0.49,0.34', 'fewer than pieces');
  expectEqual(peaksOf(waveform().slice(0, 19), 1, 4).length, 0, 'too short');
  const lying = waveform([-64, 64]);
  new DataView(lying).setUint32(8, 1e9);
  expectEqual(peaksOf(lying, 0.1, 1).join(), '0.5', 'fewer than it says');
});

await test('what_somebody_looked_at_in_one_go_is_one_thing', () => {
  let n = 100;
  const act = (minute, sub, what, more) => ({ n: n--, at: `2026-01-02T10:${String(minute).padStart(2, '0')}:00Z`, what, outcome: 'done', sub, ...more });
  const deeds = deedsOf([act(30, 'olga', 'recording.play'), act(29, 'olga', 'recording.ticket'), act(29, 'olga', 'recording.get', { count: 3 }),
    act(28, 'paul', 'recording.get'), act(27, 'olga', 'recording.get', { outcome: 'refused', code: 'token_tour' }),
    act(26, 'olga', 'recording.hold', { detail: 'a court asks' }), act(26, 'olga', 'recording.waveform'), act(25, 'olga', 'export.download'), act(9, 'olga', 'recording.get'), act(1, 'olga', 'recording.get')]);
  expectEqual(deeds.map((d) => `${d.who} ${d.whats.join('+')} ${d.refused}`.trim()).join('; '), ['olga recording.play+recording.ticket+recording.get+recording.waveform',
    'paul recording.get', 'olga recording.get token_tour', 'olga recording.hold', 'olga export.download', 'olga recording.get', 'olga recording.get'].join('; '), 'deeds');
});

const tracks = [{ id: 'cam', kind: 'camera', participant: 'Ann', epochs: [{ number: 0, start_ms: 0, duration_ms: 9000 }] },
  { id: 'mic', kind: 'microphone', participant: 'Ann', epochs: [{ number: 0, start_ms: 1000, duration_ms: 9000 }] },
  { id: 'programme', kind: 'programme', participant: null, epochs: [{ number: 0, start_ms: 0, duration_ms: 9000 }] }];

await test('a_picture_has_the_sound_of_whoever_it_shows_and_of_nobody_else', () => {
  const [cam, mic, programme] = tracks;
  const ann = { name: 'Ann' };
  expectEqual(soundOf(tracks, cam, [ann, { name: 'Bea' }])?.id, 'mic', 'of that person');
  expectEqual(soundOf(tracks, programme, [ann]), null, 'it has its own');
  expectEqual(soundOf(tracks, mic, [ann]), null, 'it is sound');
  expectEqual(soundOf(tracks, cam, [ann, ann]), null, 'two of one name');
  expectEqual(soundOf([...tracks, { ...mic, id: 'mic2' }], cam, [ann]), null, 'two microphones');
  expectEqual(soundOf(tracks, { ...cam, participant: null }, [ann]), null, 'nobody knows whose');
});

await test('the_sound_goes_as_the_picture_goes', () => {
  const audio = { paused: true, readyState: 4, seeking: false, currentTime: 0, src: '', hasAttribute: () => true, removeAttribute() { this.src = ''; },
    load() {}, play() { this.paused = false; return Promise.resolve(); }, pause() { this.paused = true; } };
  const video = { paused: false, seeking: false, readyState: 4, muted: false, volume: 0.5, playbackRate: 2 };
  const sound = new Sound(audio, (track, part) => `${track.id}/${part.number}`);
  sound.show(tracks[1]);
  sound.follow(video, 0.5);
  expectEqual(`${audio.src} ${audio.paused}`, ' true', 'before it begins');
  sound.follow(video, 5);
  expectEqual(`${audio.src} ${audio.currentTime} ${audio.paused} ${audio.volume} ${audio.playbackRate}`, 'mic/0 4 false 0.5 2', 'where the picture is');
  audio.currentTime = 4.1;
  sound.follow(video, 5);
  expectEqual(audio.currentTime, 4.1, 'near enough');
  video.paused = true;
  sound.follow(video, 7);
  expectEqual(`${audio.currentTime} ${audio.paused}`, '6 true', 'paused, elsewhere');
  sound.show(null);
  expectEqual(audio.src, '', 'with a picture that has its own');
});
finish();
