/** The fields in a reply of INFO, by name. */
export type InfoFields = Readonly<Record<string, string | undefined>>;

/** Returns the fields in a reply of INFO. */
export function parseInfo(text: string): InfoFields {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** Returns the parts of a value such as `keys=3,expires=2`, by name. */
export function parseParts(value: string): InfoFields {
  return Object.fromEntries(value.split(',').map((part) => part.split('=', 2) as [string, string]));
}
