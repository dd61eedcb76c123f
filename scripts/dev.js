/**
 * `npm run dev`: a throw-away server with the sample data, and the app with hot reload in front of it. Ctrl-C ends both.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { inProject, projectFolder } from './launcher/project.js'

const address = { host: '127.0.0.1', port: process.env.PORT ?? '5173' }
const here = `http://${address.host}:${address.port}`

const flags = ['--disable-warning=ExperimentalWarning']
const demo = inProject('sync-server', 'operator', 'demo.ts')
const server = start([...flags, demo, '--json', '--port', '0'], {}, ['ignore', 'pipe', 2])
/** @type {import('node:child_process').ChildProcess | undefined} */
let app

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => end(0))
server.once('exit', (code) => end(code ?? 1))

if (!server.stdout) throw new Error('the server has no stdout')
createInterface({ input: server.stdout }).on('line', (line) => {
  if (!line.startsWith('{')) return
  const { url, signIn } = JSON.parse(line)
  app ??= startApp(url)
  console.log(`\n${here}`)
  for (const [role, link] of Object.entries(signIn))
    if (typeof link === 'string') console.log(`  ${role.padEnd(9)} ${link.replace(url, here)}`)
})

/** @param {string} api address of the server that answers /api */
function startApp(api) {
  const args = [inProject('node_modules', 'vite', 'bin', 'vite.js'), '--host', address.host, '--port', address.port]
  const child = start([...args, '--strictPort'], { DEV_API_URL: api }, ['ignore', 2, 2])
  child.once('exit', (code) => end(code ?? 1))
  return child
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {import('node:child_process').StdioOptions} stdio
 */
function start(args, env, stdio) {
  return spawn(process.execPath, args, { cwd: projectFolder, env: { ...process.env, ...env }, stdio })
}

/** @param {number} code */
function end(code) {
  process.exitCode = code
  server.kill('SIGTERM')
  app?.kill('SIGTERM')
}
