import { styleText } from 'node:util';
import Table from 'cli-table3';
import { printable } from './text.js';

type Format = Parameters<typeof styleText>[0];

/** Formats text for one stream: with colours if it is a terminal that shows them. */
export class Style {
  private constructor(private readonly hasColours: boolean) {}

  /** Returns the style of a stream. A terminal shows colours unless NO_COLOR is set. */
  static of(stream: NodeJS.WriteStream): Style {
    return new Style(stream.isTTY && stream.hasColors());
  }

  static readonly PLAIN = new Style(false);

  good(text: string): string {
    return this.format('green', text);
  }

  warning(text: string): string {
    return this.format('yellow', text);
  }

  bad(text: string): string {
    return this.format('red', text);
  }

  title(text: string): string {
    return this.format('bold', text);
  }

  /** Returns rows in columns, without lines. Cells are made safe for a terminal; styled cells come as {@link Styled}. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
    const table = new Table({ chars: NO_LINES, style: { head: [], border: [], 'padding-left': 0 } });
    table.push(
      ...(head.length > 0 ? [head.map((name) => this.title(name))] : []),
      ...rows.map((row) => row.map((cell) => (typeof cell === 'string' ? printable(cell) : cell.styled))),
    );
    return withoutTrailingSpaces(table.toString());
  }

  /** Returns names and values in two columns. */
  list(rows: readonly (readonly [name: string, value: Cell])[]): string {
    return this.table([], rows);
  }

  private format(format: Format, text: string): string {
    return this.hasColours ? styleText(format, text) : text;
  }
}

/** Text that may contain colours and is safe on a terminal. */
export interface Styled {
  readonly styled: string;
}

export type Cell = string | Styled;

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
) as Record<string, string>;
NO_LINES['middle'] = ' ';

function withoutTrailingSpaces(text: string): string {
  return text.replaceAll(/ +$/gm, '');
}
