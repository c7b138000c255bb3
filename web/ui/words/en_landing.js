// English of the front door, and of where there is nothing.

export default {
  'landing.title': 'Join a property tour',
  'landing.text': 'Open the link in your invitation, or paste it here.',
  'landing.link': 'Invitation link',
  'landing.other': 'This is no tour link of this address. Copy the whole link from your invitation.',
  'landing.no_link': 'This is not a link. It starts with https:// and ends with a long code.',
  'missing.title': 'There is nothing at this address',
  'missing.text': 'The address may be mistyped. Open the link in your invitation, or paste it here.',
};
