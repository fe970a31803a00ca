const PREFIXES = ['', 'k', 'M', 'G', 'T'];
const BINARY_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
const THOUSAND = 1000;
const KIBI = 1024;

/** Texts of values by the unit's name in Grafana. */
const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  short: (value) => scaled(value, THOUSAND, PREFIXES),
  ops: (value) => `${scaled(value, THOUSAND, PREFIXES)}/s`,
  reqps: (value) => `${scaled(value, THOUSAND, PREFIXES)}/s`,
  bytes: (value) => withUnit(scaled(value, KIBI, BINARY_PREFIXES), 'B'),
  Bps: (value) => withUnit(scaled(value, THOUSAND, PREFIXES), 'B/s'),
  percentunit: (value) => `${rounded(value * 100)} %`,
  s: duration,
};

/** Returns the text of a value in a unit of Grafana. */
export function shown(value: number, unit = 'short'): string {
  const format = FORMATS[unit];
  if (!format) throw new Error(`expected one of the units ${Object.keys(FORMATS).join()}, received ${unit}`);
  return format(value);
}

/** Adds a unit, whose prefix the text may have already. */
function withUnit(text: string, unit: string): string {
  return text.includes(' ') ? text + unit : `${text} ${unit}`;
}

function scaled(value: number, base: number, prefixes: readonly string[]): string {
  const wanted = value < base ? 0 : Math.floor(Math.log(value) / Math.log(base));
  const power = Math.min(wanted, prefixes.length - 1);
  const prefix = prefixes[power] as string;
  return `${rounded(value / base ** power)}${prefix === '' ? '' : ` ${prefix}`}`;
}

function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${rounded(seconds * 1_000_000)} µs`;
  return seconds < 1 ? `${rounded(seconds * 1000)} ms` : `${rounded(seconds)} s`;
}

/** Returns a number with at most three significant digits. */
function rounded(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
