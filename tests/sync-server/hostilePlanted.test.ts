import { expect, test } from 'vitest'
import { HostileGround } from '../hostile/HostileGround.ts'
import { PLANTED, plantedEnv } from '../hostile/planted.ts'
import { runCase } from '../hostile/runCase.ts'
import { allCases } from '../hostile/runCorpus.ts'

test.for(PLANTED)('$name: seen by "$caughtBy"', async ({ name, caughtBy }) => {
  const one = allCases.find((each) => each.name === caughtBy)
  const ground = await HostileGround.open('sqlite', plantedEnv(name))
  try {
    expect(await runCase(ground, one!)).toMatchObject({ ok: false })
  } finally {
    await ground.close()
  }
})
