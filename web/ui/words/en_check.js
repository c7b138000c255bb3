// English of what was found of a connection: loaded with the check.

export default {
  'verdict.good': 'Your connection is good.',
  'verdict.udp_blocked': 'Your connection will do. In an office, those who run the network can make it smoother: let UDP through.',
  'verdict.relay_only': 'Your connection will do, by a detour. In an office, those who run the network can let it through directly.',
  'verdict.narrow_up': 'You can look and listen. To be seen well, use another network or stop other uploads.',
  'verdict.narrow': 'Your connection is slow. Use a cable, another Wi-Fi or the hotspot of your phone, and stop other downloads.',
  'verdict.lossy': 'Your connection is unsteady. Go nearer to the Wi-Fi box, or use a cable.',
  'verdict.far': 'Your connection answers late. If you use a VPN, switch it off.',
  'verdict.media_blocked': 'Your network does not let sound and picture through. Try another network, for example the hotspot of your phone; if you use a VPN, switch it off.',
  'verdict.websocket_blocked': 'Something on the way blocks the tour, such as a company network or a virus scanner. Try another network.',
  'verdict.unreachable': 'No answer comes. Check your internet connection.',
  'verdict.offline': 'This device is not online. Check Wi-Fi or mobile data.',
  'verdict.no_webrtc': 'This browser cannot show live tours. Use a current Chrome, Edge, Firefox or Safari.',
  'verdict.token': 'The link is not valid any more. Ask your agent for a new one.',
  'verdict.not_allowed': 'This link does not open the tour. Ask your agent for a new one.',
  'verdict.busy': 'Too much is going on right now. Try again in a minute.',
  'verdict.no_answer': 'The answer could not be understood. Load the page again.',
};
