// A host may be in with a laptop and a phone: each is somebody on the list, and both are one person.

/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../../../lib/types.js').Participant} Participant */

/** Another device of ours. The server does not say whose a device is; it numbers them, and one person has one name.
 *  @param {TourModel} model @param {Participant} person */
export const isOwnDevice = ({ me }, person) => Boolean(me?.device && person.device) && person.id !== me?.id
  && person.name === me?.name && person.role === me?.role;
