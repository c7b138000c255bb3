// Walks the pages as a person does: opens a link, fills in the form, joins, ends.
import { until } from './harness.mjs';

/** Opens a tour link in a Playwright page and joins; resolves when the tour is on the screen. */
export async function joinTour(page, url, { name = 'Test', camera = true } = {}) {
  const failed = []; // of what it fetches: a page without its script shows nothing, and says nothing
  page.on('requestfailed', (request) => failed.push(`${request.url()} ${request.failure()?.errorText}`));
  await page.goto(url);
  await page.waitForSelector('form.prejoin').catch((error) => {
    throw new Error(`${error.message}; what it could not fetch: ${failed.join(', ') || 'nothing'}`);
  });
  if (await page.$('input[name=name]')) {
    await page.fill('input[name=name]', name);
  }
  if (camera) {
    for (const device of ['camera', 'microphone']) {
      const button = page.locator(`[data-device=${device}]`);
      if ((await button.getAttribute('aria-pressed')) !== 'true' && !url.includes('/agent/')) {
        await button.click();
      }
      await page.waitForSelector(`[data-device=${device}][aria-pressed=true]`);
    }
  }
  if (await page.$('input[name=consent]')) {
    await page.check('input[name=consent]');
  }
  await page.evaluate(() => {
    window.renegotiations = 0;
    window.oriel.addEventListener('negotiationneeded', () => window.renegotiations++);
    document.querySelector('form.prejoin').addEventListener('submit', () => {
      window.joinedAt = performance.now();
    }, { capture: true });
  });
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('.tour').catch(async (error) => {
    throw new Error(`${error.message}; the page says: ${await page.innerText('body')}`);
  });
}

/** The same in a Puppeteer page of Firefox, to watch and listen; a tour that is recorded. */
export async function joinInFirefox(page, url) {
  await page.goto(url);
  await page.waitForSelector('form.prejoin');
  if (await page.$('input[name=name]')) {
    await page.type('input[name=name]', 'Fay');
  }
  await page.click('input[name=consent]');
  await page.evaluate(() => {
    document.querySelector('form.prejoin').addEventListener('submit', () => {
      window.joinedAt = performance.now();
    }, { capture: true });
  });
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('.tour');
}

/** Waits until the stage shows a decoded picture; the time since the click on Join [ms]. */
export async function firstFrame(page) {
  const handle = await page.waitForFunction(() => {
    const video = document.querySelector('.stage video');
    return video && video.videoWidth > 0 && !video.hidden
      ? { ms: performance.now() - window.joinedAt, width: video.videoWidth } : false;
  }, null, { timeout: 30000, polling: 'raf' });
  return handle.jsonValue();
}

/** Who and what the page's stage slot carries. */
export function stageOf(page) {
  return page.evaluate(() => {
    const slot = [...window.oriel.session.slots.values()].find((s) => s.kind === 'stage');
    return { participant: slot?.participant ?? null, source: slot?.source ?? null };
  });
}

export function untilStage(page, source) {
  return until(async () => (await stageOf(page)).source === source, `${source} on the stage`);
}

export async function endTour(agent) {
  await agent.click('[data-control=end]');
  await agent.click('dialog button[value=yes]');
  await agent.waitForSelector('.notice h1:has-text("The tour has ended")');
}

/** All recordings of a server, newest first, through the API, page by page. */
export async function listRecordings(base, opsToken) {
  const all = [];
  for (let after = ''; after !== null;) {
    const url = new URL(`/v1/recordings${after && `?after=${encodeURIComponent(after)}`}`, base);
    const response = await fetch(url, { headers: { authorization: `Bearer ${opsToken}` } });
    const page = await response.json();
    all.push(...page.recordings);
    after = page.next;
  }
  return all;
}

/** Waits until the newest recording is complete, and gives it. */
export function untilComplete(base, opsToken, known = 0) {
  return until(async () => {
    const all = await listRecordings(base, opsToken);
    return all.length > known && all[0].state === 'complete' ? all[0] : null;
  }, 'a complete recording');
}
