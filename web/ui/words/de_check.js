// Deutsch dessen, was sich von einer Verbindung zeigt.

/** @type {import('./words.js').Words} */
export default {
  'verdict.good': 'Ihre Verbindung ist gut.',
  'verdict.udp_blocked': 'Ihre Verbindung reicht. Im Büro kann, wer das Netz betreut, UDP durchlassen: Bild und Ton laufen dann ruhiger.',
  'verdict.relay_only': 'Ihre Verbindung reicht, über einen Umweg. Im Büro kann, wer das Netz betreut, sie direkt durchlassen.',
  'verdict.narrow_up': 'Sie können zusehen und zuhören. Um gut gesehen zu werden, nehmen Sie ein anderes Netz oder beenden Sie andere Uploads.',
  'verdict.narrow': 'Ihre Verbindung ist langsam. Nehmen Sie ein Kabel, ein anderes WLAN oder den Hotspot Ihres Telefons und beenden Sie andere Downloads.',
  'verdict.lossy': 'Ihre Verbindung ist unruhig. Gehen Sie näher an den WLAN-Router oder nehmen Sie ein Kabel.',
  'verdict.far': 'Ihre Verbindung antwortet spät. Wenn Sie ein VPN benutzen, schalten Sie es aus.',
  'verdict.media_blocked': 'Ihr Netz lässt Ton und Bild nicht durch. Versuchen Sie ein anderes Netz, zum Beispiel den Hotspot Ihres Telefons; wenn Sie ein VPN benutzen, schalten Sie es aus.',
  'verdict.websocket_blocked': 'Etwas unterwegs hält die Besichtigung auf, etwa ein Firmennetz oder ein Virenscanner. Versuchen Sie ein anderes Netz.',
  'verdict.unreachable': 'Es kommt keine Antwort. Prüfen Sie Ihre Internetverbindung.',
  'verdict.offline': 'Dieses Gerät ist nicht online. Prüfen Sie WLAN oder mobile Daten.',
  'verdict.no_webrtc': 'Dieser Browser kann keine Live-Besichtigung zeigen. Nehmen Sie einen aktuellen Chrome, Edge, Firefox oder Safari.',
  'verdict.token': 'Der Link gilt nicht mehr. Bitten Sie um einen neuen.',
  'verdict.not_allowed': 'Dieser Link öffnet die Besichtigung nicht. Bitten Sie um einen neuen.',
  'verdict.busy': 'Gerade ist zu viel los. Versuchen Sie es in einer Minute noch einmal.',
  'verdict.no_answer': 'Die Antwort war nicht zu verstehen. Laden Sie die Seite neu.',
};
