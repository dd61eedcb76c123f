/**
 * What the browser journeys need beyond npm: a Chromium, a Chinese font so that the pictures show words and not boxes, and
 * strace, which counts the fsyncs of a saved tap. Debian's packages when this is root, else Playwright's own Chromium.
 */
import { execFileSync } from 'node:child_process'
import { findBrowser } from './launcher/findBrowser.js'
import { modernNode } from './launcher/modernNode.js'
import { inProject } from './launcher/project.js'
import { runTool } from './launcher/runTool.js'
import { say } from './launcher/say.js'

/** @returns {Promise<string>} path of the browser */
export async function ensureBrowser() {
  const packages = missingPackages()
  if (packages.length > 0 && mayInstall()) {
    say(`installing ${packages.join(', ')} …`)
    await installPackages(packages)
  }
  if (findBrowser() === undefined) {
    say('downloading a browser …')
    await runTool(modernNode(), [inProject('node_modules', 'playwright', 'cli.js'), 'install', 'chromium'])
  }
  const browser = findBrowser()
  if (browser === undefined) throw new Error('no Chromium found and none could be installed; set CHROMIUM_PATH')
  return browser
}

function missingPackages() {
  return [
    ...(findBrowser() === undefined ? ['chromium'] : []),
    ...(answers('fc-list', [':lang=zh-cn']) ? [] : ['fontconfig', 'fonts-noto-cjk']),
    ...(answers('strace', ['-V']) ? [] : ['strace']),
  ]
}

function mayInstall() {
  return process.getuid?.() === 0 && answers('apt-get', ['--version'])
}

/** @param {string[]} packages */
async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runTool('apt-get', ['update', '-qq'], env)
    await runTool('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env)
  } catch (error) {
    // Whether the tests can do without is for the tests to say; the browser has a second way in.
    say(`apt-get did not succeed: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * Whether a program is there and has something to say.
 * @param {string} program
 * @param {string[]} args
 */
function answers(program, args) {
  try {
    return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0
  } catch {
    return false
  }
}
