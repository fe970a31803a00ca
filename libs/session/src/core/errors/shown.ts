/** Maximum length of a name, path or value in a message, so that a client cannot flood the log. */
const MAX_LENGTH = 100;

/** Maximum length of another library's message within one of ours. */
const MAX_SENTENCE = 500;

/** Matches control characters (also of C1), line and paragraph separators, and bidirectional controls. */
const UNSHOWABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Returns an external name, path or value in a form that is safe in a message: on one line, truncated, and with escaped
 * control characters, so that clients can neither forge log lines nor control a terminal.
 */
export function shown(text: unknown, maxLength = MAX_LENGTH): string {
  const characters = String(text);
  const cut = characters.length > maxLength ? `${characters.slice(0, maxLength)}…` : characters;
  return cut.replace(UNSHOWABLE, escape);
}

/** Returns a message of another library or of the application in a form that is safe within one of ours. */
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
