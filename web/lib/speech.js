// What a participant offers for speech: redundancy where the browser has it, and silence that is not
// sent.

/**
 * Opus and, where the browser has it, RED (RFC 2198). Of what is sent the first one is used: a lost
 * packet is then found in the next one. Of what is received the server chooses.
 * @param {RTCRtpTransceiver} transceiver @param {boolean} sends
 */
export function preferSpeech(transceiver, sends) {
  const all = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
  const opus = all.filter((c) => c.mimeType.toLowerCase() === 'audio/opus');
  const red = all.filter((c) => c.mimeType.toLowerCase() === 'audio/red');
  if (opus.length > 0 && transceiver.setCodecPreferences) {
    transceiver.setCodecPreferences(sends ? [...red, ...opus] : [...opus, ...red]);
  }
}

/**
 * The offer with `usedtx=1` (RFC 7587) for the Opus of the m-line `mid`. The server's answer repeats
 * it, and by that the browser stops sending while nobody speaks.
 * @param {string} sdp @param {string|null|undefined} mid
 */
export function leaveSilenceOut(sdp, mid) {
  return sdp.split(/(?=^m=)/m).map((section) => {
    const opus = /^a=rtpmap:(\d+) opus\//im.exec(section);
    if (!opus || !section.includes(`a=mid:${mid}\r\n`)) {
      return section;
    }
    return section.replace(new RegExp(`^(a=fmtp:${opus[1]} (?!.*usedtx).*?)\r$`, 'm'), '$1;usedtx=1\r');
  }).join('');
}
