/** Number of colours for the series of a panel. */
export const CATEGORIES = 8;

/** A series of a panel: its name, and its values by time in seconds. Not a number where the query has no value. */
export interface PanelSeries {
  readonly name: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** A panel of a board with its data. */
export interface PanelData {
  readonly type: 'row' | 'stat' | 'timeseries';
  readonly title: string;
  readonly unit: string;
  readonly isStacked: boolean;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly series: readonly PanelSeries[];
}

/** A rectangle in the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Returns a text as the content of an element. */
export function escape(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
