// axe-core in a page of a test: what a person who sees, hears or moves less well would stumble over.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { expectEqual } from './harness.mjs';

const SOURCE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing of any impact is wrong in the page, or below `within`; says which rule and where otherwise. */
export async function expectAccessible(page, what, { within = 'html', except = [] } = {}) {
  // By the debugger, since the content policy lets a page run nothing that is not the server's.
  if (!await page.evaluate(() => 'axe' in window)) {
    await page.evaluate(SOURCE);
  }
  const found = await page.evaluate(async ([selector, off]) => {
    const rules = Object.fromEntries(off.map((id) => [id, { enabled: false }]));
    const { violations } = await window.axe.run(selector, { resultTypes: ['violations'], rules });
    return violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
  }, [within, except]);
  expectEqual(found.join('\n'), '', `what axe finds in ${what}`);
}

/** Everything that Tab reaches, once round from where the focus is, as "role name"; at most `most`. */
export async function tabOrder(page, most = 60) {
  const order = [];
  for (let i = 0, ends = 0; i < most && ends < 2; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) {
        return null;
      }
      const text = e.getAttribute('aria-label') ?? (e.labels?.[0]?.innerText || e.innerText || e.title || '');
      return `${e.getAttribute('role') ?? e.tagName.toLowerCase()} ${text.trim().replace(/\s+/g, ' ')}`;
    });
    if (at === null) { // behind the last one; what is before the first that we saw comes next
      ends++;
    } else if (at === order[0]) {
      break;
    } else {
      order.push(at);
    }
  }
  return order;
}

/** Controls that are seen and are smaller than a finger: "name WxH". */
export function smallTargets(page, least = 44) {
  return page.evaluate((min) => [...document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=button], [role=tab]')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .map((e) => ({ e, box: (e.closest('label') ?? e).getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && (box.width < min - 0.5 || box.height < min - 0.5))
    .map(({ e, box }) => `${e.dataset.control ?? e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 30)} ${
      Math.round(box.width)}x${Math.round(box.height)}`), least);
}

/** Controls below `within` that no finger gets to, however far one scrolls: something lies over them, or they are outside. */
export function unreachable(page, within = 'body') {
  return page.evaluate((root) => [...document.querySelectorAll(['button', 'a[href]', 'input', 'textarea', '[role=tab]'].map((s) => `${root} ${s}`).join())]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => {
      e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      const box = (e.closest('label') ?? e).getBoundingClientRect();
      const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return !there || !(e.closest('label') ?? e).contains(there);
    })
    .map((e) => e.dataset.control ?? e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 30)).join(', '), within);
}
