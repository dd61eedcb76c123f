import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Stairwell } from '../../../src/domain/records/stairwell.ts'
import { Tonight } from '../../../src/features/visits/Tonight.ts'
import { openDoorstep, putRounds, putStairwell, ROUND, type Doorstep } from '../doorstep.ts'

let doorstep: Doorstep
let stairwell: Stairwell
beforeEach(async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  stairwell = await putStairwell(doorstep)
})
afterEach(() => doorstep.close())

test('a look that was under way while a knock was saved begins no second evening', async () => {
  const tonight = new Tonight()
  const moment = Date.now()
  const [door] = stairwell.doors
  const { id: doorId, level, label } = door!
  const knock = { stairwellId: stairwell.id, roundId: ROUND, doorId, level, label, outcome: 'met' as const }
  for (let knocks = 0; knocks < 3; knocks++) {
    const looking = tonight.look(ROUND, moment)
    const saving = tonight.save('visit/record', knock, moment)
    const again = tonight.look(ROUND, moment)
    await Promise.all([looking, saving, again])
  }
  const verbs = (await doorstep.saved()).map(({ verb }) => verb)
  expect(verbs).toEqual(['session/start', 'visit/record', 'visit/record', 'visit/record'])
})
