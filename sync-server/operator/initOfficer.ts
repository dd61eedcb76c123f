import { readSettings } from '../settings.ts'
import { firstCommunity, makeEntryLink, SETUP_LINK_MINUTES } from '../start.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** A one-time link for an officer: the first one, or a new one when everybody's way in was lost. */
export async function initOfficer(environment: Readonly<Record<string, string | undefined>>): Promise<OperatorAnswer> {
  const settings = readSettings(environment)
  const origin = settings.publicUrl ?? `http://${settings.host}:${settings.port}`
  const mayBegin = true
  return withContext(
    environment,
    async (server) => {
      const secret = await makeEntryLink(server, await firstCommunity(server), { role: 'officer' })
      const url = `${origin}/enter#${secret}`
      return {
        value: { url, minutes: SETUP_LINK_MINUTES },
        lines: [`Once, within ${SETUP_LINK_MINUTES} minutes: ${url}`],
      }
    },
    mayBegin,
  )
}
