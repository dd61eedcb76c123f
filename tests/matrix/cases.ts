import type { Case } from './Case.ts'
import { atDoors } from './doorCases.ts'
import { ofEverybody, ofTheOffice } from './officeCases.ts'
import { ofTheProgramme } from './programmeCases.ts'
import { aboutTeams, assignments, invitations } from './teamCases.ts'

/** Every verb with every target that makes a difference to somebody. */
export const CASES: readonly Case[] = [
  ...atDoors(),
  ...assignments(),
  ...aboutTeams(),
  ...invitations(),
  ...ofTheOffice(),
  ...ofEverybody(),
  ...ofTheProgramme(),
]
