// What a tour's `property` says, read as anybody's text: docs/api.md, "Properties". A member that is missing, of
// another kind or malicious is as if it were not there, so whoever draws it need not look twice.

/**
 * @typedef {object} Property
 * @property {string} title '' where it says none; so are all of these
 * @property {string} address
 * @property {string} price
 * @property {string[]} facts
 * @property {string} photo a URL that a picture may be loaded from
 * @property {{name: string, logo: string, url: string, tel: string}} agency
 * @property {{name: string, photo: string, tel: string, phone: string}} agent
 */

const TEXT = 200; // characters that are read of one member
const FACTS = 8;

/** @param {unknown} value @returns {Record<string, unknown>} */
const object = (value) => (value !== null && typeof value === 'object' ? /** @type {any} */ (value) : {});

/** @param {unknown} value @returns {string} */
export const textOf = (value) => (typeof value === 'string' ? [...value.trim()].slice(0, TEXT).join('') : '');

/** @param {unknown} value @returns {URL|null} */
function urlOf(value) {
  try {
    return typeof value === 'string' && value.trim() ? new URL(value, location.origin) : null;
  } catch {
    return null;
  }
}

/** Where a picture may be loaded from: https: or this server; '' for anywhere else. @param {unknown} value */
export function webPictureOf(value) {
  const url = urlOf(value);
  return url && (url.protocol === 'https:' || url.origin === location.origin) ? url.href : '';
}

/** The same, or the URL that is the picture. @param {unknown} value */
function pictureOf(value) {
  const url = urlOf(value);
  return url && /^data:image\//i.test(url.href) ? url.href : webPictureOf(value);
}

/** A page of somebody's. @param {unknown} value */
function siteOf(value) {
  const url = urlOf(value);
  return url?.protocol === 'https:' ? url.href : '';
}

/** "tel:+15550123", or '' of what is no number. @param {unknown} value */
function telOf(value) {
  const digits = textOf(value).replace(/[\s()./-]/g, '');
  return /^\+?\d{3,20}$/.test(digits) ? `tel:${digits}` : '';
}

/** @param {unknown} property @returns {Property} */
export function readProperty(property) {
  const p = object(property);
  const [agency, agent] = [object(p.agency), object(p.agent)];
  return {
    title: textOf(p.title),
    address: textOf(p.address),
    price: textOf(p.price),
    facts: (Array.isArray(p.facts) ? p.facts : []).map(textOf).filter(Boolean).slice(0, FACTS),
    photo: pictureOf(p.photo),
    agency: { name: textOf(agency.name), logo: pictureOf(agency.logo), url: siteOf(agency.url), tel: telOf(agency.phone) },
    agent: { name: textOf(agent.name), photo: pictureOf(agent.photo), tel: telOf(agent.phone), phone: textOf(agent.phone) },
  };
}

/** What to call it in one line. @param {{title?: string, name?: string, property?: unknown}|null|undefined} tour */
export function titleOf(tour) {
  const { address, title } = readProperty(tour?.property);
  return address || title || tour?.title || tour?.name || '';
}
