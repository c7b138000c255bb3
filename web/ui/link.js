// What the page was opened with: the tour's name in the path, the token in the fragment, so that no
// server, proxy or log ever sees the token.

/** @returns {{tour: string, token: string}} */
export function readLink() {
  const { tour, token } = splitLink(location.href);
  return { tour, token };
}

/** @param {{protocol: string, host: string}} [where] */
export function signalUrl({ protocol, host } = location) {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/v1/signal`;
}

/** A whole tour link, of this address or another. What is no link has no token. @param {string} link */
export function splitLink(link) {
  try {
    const url = new URL(link, location.href);
    const web = /^https?:$/.test(url.protocol);
    return { url: signalUrl(web ? url : location), tour: decodeURIComponent(url.pathname.split('/')[2] ?? ''),
      token: web ? url.hash.replace(/^#/, '') : '' };
  } catch {
    return { url: signalUrl(), tour: '', token: '' };
  }
}
