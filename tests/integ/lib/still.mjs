// When pictures of the stage come and when a page says that none does, by what is drawn.
import { expect, until } from './harness.mjs';

const SAID_MS = 2000; // after the last picture
const GONE_MS = 1000; // after the first new one
const STOOD_MS = 250; // from one of its timers to the next, of 50 ms: then something else has had the processor

/** So much of the time from one moment to another the page was not run [ms]. */
const lostBetween = (gaps, from, to) => gaps.filter((g) => g.to > from && g.from < to).reduce((sum, g) => sum + g.to - g.from, 0);

/** From now on the page notes when each picture was drawn, when the notice stood, and what became of its link. */
export const watchPicture = (page) => page.evaluate((stood) => {
  window.noted?.end.abort();
  const noted = window.noted = { pictures: [performance.now()], notices: [], links: [], gaps: [], end: new AbortController() };
  window.oriel.addEventListener('link', (e) => noted.links.push([performance.now(), e.detail]), { signal: noted.end.signal });
  const picture = (video) => () => {
    noted.pictures.push(performance.now());
    if (video.isConnected && !noted.end.signal.aborted) {
      video.requestVideoFrameCallback(picture(video));
    }
  };
  let watched = null;
  let ran = performance.now();
  const beat = setInterval(() => {
    const now = performance.now();
    if (now - ran > stood) {
      noted.gaps.push({ from: ran, to: now });
    }
    ran = now;
  }, stood / 5);
  noted.end.signal.addEventListener('abort', () => clearInterval(beat));
  const look = () => {
    const now = performance.now();
    const video = document.querySelector('.stage .main video');
    if (video && video !== watched) {
      watched = video;
      video.requestVideoFrameCallback(picture(video));
    }
    const lost = document.querySelector('.stage .lost');
    const last = noted.notices.at(-1);
    if (lost && (!last || last.to)) {
      noted.notices.push({ from: now, to: 0, words: lost.innerText.trim().replace(/\s+/g, ' ') });
    } else if (!lost && last && !last.to) {
      last.to = now;
    }
  };
  const changes = new MutationObserver(look); // and not by frames: a tab behind another one has one a second
  changes.observe(document.body, { childList: true, subtree: true });
  noted.end.signal.addEventListener('abort', () => changes.disconnect());
  look();
}, STOOD_MS);

/** It was said in time from then on [ms of the page], as far as the page was run at all; prints that. */
export async function expectSaid(page, who, since) {
  const { notices, gaps } = await page.evaluate(() => ({ notices: window.noted.notices, gaps: window.noted.gaps }));
  const { from, words } = notices.find((n) => n.from > since);
  const stood = lostBetween(gaps, since, from);
  console.log(`# ${who}: said after ${Math.round(from - since)} ms (${words}), of which the page stood still for ${Math.round(stood)}`);
  expect(from - since - stood < SAID_MS, `${who}: said after ${from - since} ms, ${stood} of them standing still`);
}

/** Waits until no picture has come for so long. */
export const blockedFor = (page, seconds) =>
  until(() => page.evaluate((s) => performance.now() - window.noted.pictures.at(-1) > s * 1000, seconds), `${seconds} s without a picture`);

/** Waits until pictures come again and nothing is said any more; the longest time without a picture [ms of the page],
 *  and the notice that stood when it ended. */
const missed = (page) => until(() => page.evaluate(() => {
  const { pictures, notices, links, gaps } = window.noted;
  const apart = pictures.slice(1).map((t, i) => t - pictures[i]);
  const at = apart.indexOf(Math.max(...apart));
  const [last, next] = [pictures[at], pictures[at + 1]];
  const first = notices.find((n) => n.from > last && n.from < next);
  const stood = notices.find((n) => n.from < next && !(n.to && n.to < next - 500)); // it is seen a little before it is told
  return stood?.to > 0 && !document.querySelector('.stage .lost') && { last, next, gaps, first: first?.from, stood: stood.to,
    words: notices.filter((n) => n.from > last).map((n) => n.words), links: links.map(([t, what]) => `${what} ${Math.round(t - last)}`) };
}), 'pictures again, and nothing said any more');

/** It was said in time and is not said any more; prints that. opened: when pictures could come again [ms of the page] */
export async function expectPrompt(page, who, opened) {
  const { last, next, first, stood, gaps, words, links } = await missed(page).catch(async (error) => {
    throw new Error(`${who}: ${error.message}: ${JSON.stringify(await page.evaluate(() => ({ now: performance.now(), last: window.noted.pictures.at(-1),
      notices: window.noted.notices, links: window.noted.links, link: document.querySelector('.tour')?.dataset.link,
      pc: window.oriel.session?.pc.connectionState, stage: document.querySelector('oriel-stage')?.picture?.participant,
      drawn: document.querySelector('.stage .main video')?.getVideoPlaybackQuality().totalVideoFrames,
      seen: document.visibilityState, says: document.body.innerText.slice(0, 200) })))}`);
  });
  const [said, gone] = [first - last - lostBetween(gaps, last, first), Math.max(0, stood - next - lostBetween(gaps, next, stood))];
  console.log(`# ${who}: ${Math.round(next - last)} ms without a picture, said after ${Math.round(first - last)} ms, ${Math.round(said)} of them awake (${words.join(' | ')}); the next one ${
    Math.round(next - opened)} ms after it could come, gone ${Math.round(gone)} ms later; ${links.join(', ')}`);
  expect(said < SAID_MS, `${who}: said after ${said} ms`);
  expect(gone < GONE_MS, `${who}: gone after ${gone} ms`);
  return next - opened;
}
