// web/lib/link_watch.js in virtual time: what arrives is up to the test, and so is the clock.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';

let now = 0;
let timers = [];
const realNow = performance.now.bind(performance);
performance.now = () => now;
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (run, ms) => timers.push({ at: now + ms, run });
const { LinkWatch } = await import('../../web/lib/link_watch.js');

/** A link whose two pairs have got so many bytes. */
class Link {
  constructor() {
    this.pc = { connectionState: 'connected', getStats: async () => new Map(
      this.bytes.map((n, i) => [i, { type: 'candidate-pair', bytesReceived: n, currentRoundTripTime: 0.05 * i }])) };
    this.bytes = [0, 0];
    this.said = [];
    timers = [];
    this.watch = new LinkWatch(this.pc);
    for (const what of ['silent', 'heard']) {
      this.watch.addEventListener(what, () => this.said.push([what, now - this.begun]));
    }
    this.begun = now;
  }

  /** Time passes; every `every` ms a packet of `size` bytes comes over pair `pair`. */
  async run(ms, { size = 0, every = 50, pair = 0 } = {}) {
    this.begun = now;
    this.said = [];
    for (const end = now + ms; now < end;) {
      now += 50;
      this.bytes[pair] += now % every === 0 ? size : 0;
      const due = timers.filter((t) => t.at <= now);
      timers = timers.filter((t) => t.at > now);
      due.forEach((t) => t.run());
      await new Promise((done) => { realTimeout(done, 0); }); // its promises
    }
    return this.said;
  }
}

const video = { size: 5000 };
const reports = { size: 100, every: 500 };

await test('a_link_with_media_is_missed_within_a_second', async () => {
  const link = new Link();
  expectEqual((await link.run(5000, video)).length, 0, 'events');
  const [[what, after]] = await link.run(2000);
  expect(what === 'silent' && after >= 800 && after <= 1050, `${what} after ${after}`);
  expect(link.watch.silent, 'it is silent');
  const [[again, at]] = await link.run(500, { ...video, pair: 1 }); // over another pair
  expect(again === 'heard' && at <= 250, `${again} after ${at}`);
  expect(!link.watch.silent, 'it is not silent');
  expectEqual(link.watch.rtt, 50, 'the longest round trip');
});

await test('a_link_with_reports_only_is_missed_after_three', async () => {
  const link = new Link();
  expectEqual((await link.run(20000, reports)).length, 0, 'events');
  const [[what, after]] = await link.run(3000);
  expect(what === 'silent' && after >= 1500 && after <= 2050, `${what} after ${after}`);
});

await test('a_link_with_feedback_is_missed_within_a_second', async () => {
  const link = new Link();
  const feedback = { size: 60, every: 100 }; // to who sends, and is sent nothing
  expectEqual((await link.run(5000, feedback)).length, 0, 'events');
  const [[what, after]] = await link.run(2000);
  expect(what === 'silent' && after >= 800 && after <= 1050, `${what} after ${after}`);
  await link.run(5000, feedback);
  expectEqual((await link.run(20000, reports)).length, 0, 'events when nothing is sent any more');
});

await test('who_stops_watching_has_a_quiet_link', async () => {
  const link = new Link();
  await link.run(5000, video);
  expectEqual((await link.run(20000, reports)).length, 0, 'events');
});

await test('silence_is_told_again_while_it_lasts', async () => {
  const link = new Link();
  await link.run(3000, video);
  const said = await link.run(14000);
  expectEqual(said.map(([what]) => what).join(), 'silent,silent,silent,silent', 'events');
});

await test('a_link_that_was_never_there_is_not_missed', async () => {
  const link = new Link();
  expectEqual((await link.run(10000)).length, 0, 'events');
});

await test('a_pair_that_goes_is_neither_heard_nor_missed', async () => {
  const link = new Link();
  await link.run(3000, { ...video, pair: 1 });
  await link.run(1500);
  link.bytes = [0]; // its count goes with it
  expectEqual((await link.run(1000)).filter(([what]) => what === 'heard').length, 0, 'heard');
  link.bytes = [0, 0];
  expectEqual((await link.run(500, video)).length, 1, 'heard when something comes');
});

await test('the_average_round_trip_stands_in_for_one_that_is_not_told', async () => {
  const link = new Link();
  const pair = { type: 'candidate-pair', bytesReceived: 1, totalRoundTripTime: 6, responsesReceived: 5 };
  link.pc.getStats = async () => new Map([[0, pair]]);
  await link.run(300);
  expectEqual(link.watch.rtt, 1200, 'the average');
  pair.currentRoundTripTime = 0.7;
  await link.run(300);
  expectEqual(link.watch.rtt, 700, 'the last');
  link.pc.getStats = async () => new Map();
  await link.run(300);
  expectEqual(link.watch.rtt, 700, 'the last that is known');
});

await test('a_page_that_slept_knows_nothing', async () => {
  const link = new Link();
  await link.run(3000, video);
  now += 60000;
  expectEqual((await link.run(700)).length, 0, 'events');
  expectEqual((await link.run(2000, video)).length, 0, 'events');
});

await test('a_closed_connection_is_watched_no_more', async () => {
  const link = new Link();
  await link.run(3000, video);
  link.pc.connectionState = 'closed';
  expectEqual((await link.run(5000)).length, 0, 'events');
  expectEqual(timers.length, 0, 'timers');
});

performance.now = realNow;
finish();
