// What the page was opened with: the tour's name in the path, the token in the fragment, so that no
// server, proxy or log ever sees the token.

/** @returns {{tour: string, token: string}} */
export function readLink() {
  const tour = decodeURIComponent(location.pathname.split('/')[2] ?? '');
  return { tour, token: location.hash.replace(/^#/, '') };
}

export function signalUrl() {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/signal`;
}
