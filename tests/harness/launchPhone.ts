import { chromium, type BrowserContext, type BrowserContextOptions, type LaunchOptions } from 'playwright'
import { findBrowser } from '../../scripts/launcher/findBrowser.js'

/** What a Chromium needs to run as root on a machine without a screen, and to leave the network alone. */
const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface PhoneOptions {
  /** Starts without network, the service worker's own update fetch included. */
  offline?: boolean
  width?: number
  height?: number
  theme?: 'light' | 'dark'
  /** Device pixels per CSS px. */
  density?: number
}

/**
 * A phone: a browser profile in a folder of its own, so that it can be closed, killed and started again with everything
 * that it had stored.
 *
 * @param profile an absolute path; it is created when missing
 */
export function launchPhone(profile: string, options: PhoneOptions = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { ...launchOptions(), ...describe(options) })
}

/** A browser whose windows are private ones: each forgets everything when it is closed. */
export async function launchPrivately(): Promise<{ open(): Promise<BrowserContext>; close(): Promise<void> }> {
  const browser = await chromium.launch(launchOptions())
  return { open: () => browser.newContext(describe({})), close: () => browser.close() }
}

function launchOptions(): LaunchOptions {
  const executablePath = findBrowser()
  return { ...(executablePath === undefined ? {} : { executablePath }), args: browserArgs }
}

function describe(options: PhoneOptions): BrowserContextOptions {
  const { offline = false, width = 360, height = 740, theme = 'light', density = 1 } = options
  return {
    offline,
    viewport: { width, height },
    deviceScaleFactor: density,
    colorScheme: theme,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    hasTouch: true,
  }
}
