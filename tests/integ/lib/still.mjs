// When pictures of the stage come and when a page says that none does, by what is drawn.
import { expect, until } from './harness.mjs';

const SAID_MS = 2000; // after the last picture
const GONE_MS = 1000; // after the first new one

/** From now on the page notes when each picture was drawn, when the notice stood, and what became of its link. */
export const watchPicture = (page) => page.evaluate(() => {
  window.noted?.end.abort();
  const noted = window.noted = { pictures: [performance.now()], notices: [], links: [], stood: 0, end: new AbortController() };
  window.oriel.addEventListener('link', (e) => noted.links.push([performance.now(), e.detail]), { signal: noted.end.signal });
  const picture = (video) => () => {
    noted.pictures.push(performance.now());
    if (video.isConnected && !noted.end.signal.aborted) {
      video.requestVideoFrameCallback(picture(video));
    }
  };
  let watched = null;
  let drew = performance.now();
  const draw = () => {
    const now = performance.now();
    noted.stood = Math.max(noted.stood, now - drew);
    drew = now;
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
    if (!noted.end.signal.aborted) {
      requestAnimationFrame(draw);
    }
  };
  draw();
});

/** It was said in time from then on [ms of the page], as far as the page was run at all; prints that. */
export async function expectSaid(page, who, since) {
  const { notices, stood } = await page.evaluate(() => ({ notices: window.noted.notices, stood: window.noted.stood }));
  const said = notices.find((n) => n.from > since);
  console.log(`# ${who}: said after ${Math.round(said?.from - since)} ms (${said?.words}); the page itself stood still for up to ${Math.round(stood)} ms`);
  expect(said?.from - since < SAID_MS + stood, `${who}: said after ${said?.from - since} ms`);
}

/** Waits until no picture has come for so long. */
export const blockedFor = (page, seconds) =>
  until(() => page.evaluate((s) => performance.now() - window.noted.pictures.at(-1) > s * 1000, seconds), `${seconds} s without a picture`);

/** Waits until pictures come again and nothing is said any more; the longest time without a picture [ms of the page],
 *  and the notice that stood when it ended. */
const missed = (page) => until(() => page.evaluate(() => {
  const { pictures, notices, links } = window.noted;
  const gaps = pictures.slice(1).map((t, i) => t - pictures[i]);
  const at = gaps.indexOf(Math.max(...gaps));
  const [last, next] = [pictures[at], pictures[at + 1]];
  const first = notices.find((n) => n.from > last && n.from < next);
  const stood = notices.find((n) => n.from < next && !(n.to && n.to < next - 500)); // it is seen a little before it is told
  return stood?.to > 0 && !document.querySelector('.stage .lost') && { last, next, said: first?.from - last, gone: Math.max(0, stood.to - next),
    words: notices.filter((n) => n.from > last).map((n) => n.words), links: links.map(([t, what]) => `${what} ${Math.round(t - last)}`) };
}), 'pictures again, and nothing said any more');

/** It was said in time and is not said any more; prints that. opened: when pictures could come again [ms of the page] */
export async function expectPrompt(page, who, opened) {
  const { last, next, said, gone, words, links } = await missed(page).catch(async (error) => {
    throw new Error(`${who}: ${error.message}: ${JSON.stringify(await page.evaluate(() => ({ now: performance.now(), last: window.noted.pictures.at(-1),
      notices: window.noted.notices, links: window.noted.links, link: document.querySelector('.tour')?.dataset.link,
      pc: window.oriel.session?.pc.connectionState, stage: document.querySelector('oriel-stage')?.picture?.participant,
      drawn: document.querySelector('.stage .main video')?.getVideoPlaybackQuality().totalVideoFrames,
      seen: document.visibilityState, says: document.body.innerText.slice(0, 200) })))}`);
  });
  console.log(`# ${who}: ${Math.round(next - last)} ms without a picture, said after ${Math.round(said)} ms (${words.join(' | ')}); the next one ${
    Math.round(next - opened)} ms after it could come, gone ${Math.round(gone)} ms later; ${links.join(', ')}`);
  expect(said < SAID_MS, `${who}: said after ${said} ms`);
  expect(gone < GONE_MS, `${who}: gone after ${gone} ms`);
  return next - opened;
}
