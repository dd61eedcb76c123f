const DASHES = /[－—–‒‐‑−─﹣ー]+/gu
const TILDES = /[～〜∼﹏〰]/gu
// Zero-width marks, byte order marks and direction overrides are invisible on the door, so they are on no label.
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Cs}|\p{Co}/gu
const WIDE = /[\uff01-\uff5e]/gu

/** Full-width digits, letters and punctuation to ASCII, every dash to '-', every tilde to '~', blanks to one space. */
export function halfWidth(text: string): string {
  return text
    .normalize('NFC')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(DASHES, '-')
    .replace(TILDES, '~')
    .replace(WIDE, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/[【［〔{[]/gu, '(')
    .replace(/[】］〕}\]]/gu, ')')
    .replace(/№/gu, 'No')
    .replace(/\s+/gu, ' ')
    .trim()
}

/** Half width without any blank: what the rules of this folder match against. */
export const squeezed = (text: string): string => halfWidth(text).replace(/ /gu, '')

/** Brackets after a name are printed full width, as a Chinese sign would have them. */
export const printed = (text: string): string => text.replace(/\(/gu, '（').replace(/\)/gu, '）')
