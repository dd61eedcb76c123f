import { spawn } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { startServer } from '../harness/startServer.ts'

const main = path.resolve(import.meta.dirname, '../../sync-server/main.ts')

/** Starts the server with settings that it must refuse, and gives what it said and how it ended. */
function refusal(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (part) => (said += String(part)))
  child.stderr.on('data', (part) => (said += String(part)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said: said.trim() })))
}

describe('the server as a process', () => {
  test('says where it is, how to make the first officer, and that it is well', async () => {
    const server = await startServer()
    expect(server.setUpLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter#/)
    for (const question of ['healthz', 'readyz']) expect((await fetch(`${server.url}/${question}`)).status).toBe(200)
    await server.stop()
  })

  test('starts again on the data that a killed one left, and still knows nobody', async () => {
    const first = await startServer()
    await first.stop('SIGKILL')
    const second = await startServer(first.dataDir)
    expect(second.setUpLink).toBeDefined()
    await second.stop()
  })

  test('a second server on the same folder is locked out with one line', async () => {
    const server = await startServer()
    const { code, said } = await refusal({ DATA_DIR: server.dataDir })
    expect(code).toBe(1)
    expect(said.split('\n')).toHaveLength(1)
    await server.stop()
  })

  const wrong: [story: string, env: Record<string, string>][] = [
    ['a variable that it does not know', { QIAOMEN_COLOUR: 'red' }],
    ['a port that is none', { PORT: 'eighty' }],
    ['a database that it cannot speak to', { DATABASE_URL: 'mysql://localhost/x' }],
    ['an address that is none', { PUBLIC_URL: 'knock' }],
    ['a log level that it does not know', { LOG_LEVEL: 'loud' }],
  ]
  test.for(wrong)('%s stops the start with one clear line', async ([, env]) => {
    const { code, said } = await refusal(env)
    expect(code).toBe(1)
    expect(said.split('\n')).toHaveLength(1)
    expect(said).toContain(Object.values(env)[0] === 'red' ? 'QIAOMEN_COLOUR' : String(Object.keys(env)[0]))
  })
})
