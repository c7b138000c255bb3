// Headless Firefox with fake devices through WebDriver BiDi; nothing leaves the machine.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';

// Without the two permissions Firefox gathers only default-route addresses and never talks to a
// server on 127.0.0.1.
const PREFS = {
  'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true,
  'permissions.default.camera': 1, 'permissions.default.microphone': 1,
  'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.gmp-manager.updateEnabled': false, 'media.gmp-manager.url': 'http://127.0.0.1:9/',
  'app.update.enabled': false, 'browser.safebrowsing.downloads.remote.enabled': false,
  'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true, 'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false, 'services.settings.server': 'data:,',
  'extensions.update.enabled': false, 'browser.newtabpage.enabled': false,
};

export async function launchFirefox() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'oriel-firefox-'));
  process.on('exit', () => fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr',
    headless: true, extraPrefsFirefox: PREFS, timeout: 120000, protocolTimeout: 120000,
    defaultViewport: { width: 1280, height: 720 }, env: { ...process.env, HOME: home } });
}
