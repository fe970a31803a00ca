/** Longer names, paths and values are cut in messages, so that a client does not fill the log with one. */
const MAX_LENGTH = 100;

/** As long as a sentence of another library may be in one of ours. */
const MAX_SENTENCE = 500;

/** Control characters, also those of C1, line and paragraph separators, and what turns the direction of text. */
const UNSHOWABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Returns a name, a path or a value from outside as it may stand in a message: on one line, without what a terminal
 * would obey, and truncated. So clients cannot forge lines of a log.
 */
export function shown(text: unknown, maxLength = MAX_LENGTH): string {
  const characters = String(text);
  const cut = characters.length > maxLength ? `${characters.slice(0, maxLength)}…` : characters;
  return cut.replace(UNSHOWABLE, escape);
}

/** Returns a message of another library, or of the application, as it may stand in one of ours. */
export function shownSentence(sentence: unknown): string {
  return shown(sentence, MAX_SENTENCE);
}

const FAMILIAR: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escape(character: string): string {
  return FAMILIAR.get(character) ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
