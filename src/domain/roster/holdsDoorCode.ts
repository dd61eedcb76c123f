/** A run of digits beside a word for a code, or a bare run of four and more: a door code, which we never keep. */
const DOOR_CODE = /(密码|门码|口令|code|pin)[^\n]{0,12}?[0-9０-９#＃*＊]{3,}|[0-9０-９#＃*＊]{4,}/iu

/** Says whether a note would give away how to open a door. */
export function holdsDoorCode(note: string): boolean {
  return DOOR_CODE.test(note)
}
