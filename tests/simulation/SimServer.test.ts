import { expect, test } from 'vitest'
import { seededRng } from '../harness/world.ts'
import { Scheduler } from './Scheduler.ts'
import { SimServer } from './SimServer.ts'
import { makeTemplate } from './template.ts'

test.each(['link', 'invitation'] as const)(
  'an enrolment by %s in the middle of which the disk is exchanged is never answered, and breaks no rule',
  async (how) => {
    const rng = seededRng(1)
    const template = await makeTemplate()
    const violations: string[] = []
    const server = await SimServer.open(template, new Scheduler(rng), rng, (what) => violations.push(what))
    await server.backUp()
    const { standing } = template.people.find(({ name }) => name === 'member')!
    const asked = server.enrolAgain(standing, how, false)
    await server.restore()
    expect(await asked).toBeNull()
    expect(await server.enrolAgain(standing, how, false)).toMatchObject({ standing: { memberId: standing.memberId } })
    expect(violations).toEqual([])
    await server.close()
  },
)
