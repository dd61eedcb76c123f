import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readRecovery } from '../recovery.ts'
import { ready, isSetUp } from '../routes/ready.ts'
import { readSettings } from '../settings.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { StorageTrouble } from '../storage/StorageTrouble.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { verify } from './verify.ts'
import { withContext } from './withContext.ts'

interface Finding {
  check: string
  ok: boolean
  advice: string
}

/** `doctor`: what an operator would look at first, each with what to do about it. */
export async function doctor(environment: Readonly<Record<string, string | undefined>>): Promise<OperatorAnswer> {
  const settings = readSettings(environment)
  const findings: Finding[] = []
  const find = (check: string, ok: boolean, advice: string) => findings.push({ check, ok, advice: ok ? '' : advice })
  const major = Number(process.versions.node.split('.')[0])
  find('node', major >= 24, `Node 24 or newer is needed, this is ${process.versions.node}`)
  const built = existsSync(fileURLToPath(new URL('../../dist/index.html', import.meta.url)))
  find('app', built, 'the app is not built yet: npm start builds it')
  const isPublic = settings.publicUrl !== null || !['127.0.0.1', 'localhost', '::1'].includes(settings.host)
  const https = settings.publicUrl?.startsWith('https:') ?? false
  find('https', !isPublic || https, 'phones need HTTPS: set PUBLIC_URL to an https address (docs/install.md)')
  const recovering: string[] = []
  const missing = await withContext(environment, async (server) => {
    const writable = await ready(server).then(
      () => true,
      () => false,
    )
    find('database', writable, 'the database cannot be written')
    for (const community of await listCommunities(server.storage.db)) {
      const left = await readRecovery(server.storage.db, community, server.clock.now())
      if (!left) continue
      const from = new Date(left.madeAt).toISOString()
      recovering.push(`     restored from a backup of ${from}; ${left.missing.length} phones have not synced since`)
    }
    find('officer', await isSetUp(server), 'there is no officer yet: npm run qiaomen -- init-officer')
  }).catch((error: unknown) => {
    if (!(error instanceof StorageTrouble)) throw error
    return error.message
  })
  if (missing) find('database', false, missing)
  else find('verify', (await verify(environment)).ok !== false, 'npm run qiaomen -- verify says what is wrong')
  const ok = findings.every((finding) => finding.ok)
  const lines = findings.map((finding) =>
    `${finding.ok ? 'ok  ' : 'LOOK'} ${finding.check} ${finding.advice}`.trimEnd(),
  )
  return { value: { ok, findings, recovering }, lines: [...lines, ...recovering], ok }
}
