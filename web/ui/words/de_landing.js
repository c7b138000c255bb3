// Deutsch der Eingangstür.

/** @type {import('./words.js').Words} */
export default {
  'landing.title': 'An einer Besichtigung teilnehmen',
  'landing.text': 'Öffnen Sie den Link aus Ihrer Einladung oder fügen Sie ihn hier ein.',
  'landing.link': 'Link aus der Einladung',
  'landing.other': 'Das ist kein Link zu einer Besichtigung hier. Kopieren Sie den ganzen Link aus Ihrer Einladung.',
  'landing.no_link': 'Das ist kein Link. Er beginnt mit https:// und endet mit einem langen Code.',
  'missing.title': 'Unter dieser Adresse ist nichts',
  'missing.text': 'Vielleicht ist sie vertippt. Öffnen Sie den Link aus Ihrer Einladung oder fügen Sie ihn hier ein.',
};
