import { read } from '../../../scripts/docs.mjs';

export interface BoardTarget {
  readonly expr: string;
  readonly legendFormat: string;
}

export interface BoardPanel {
  readonly type: 'row' | 'stat' | 'timeseries';
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly BoardTarget[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly custom?: { readonly stacking?: { readonly mode?: string } };
    };
  };
}

/** Returns the panels of the board. */
export function boardPanels(): readonly BoardPanel[] {
  const { panels } = JSON.parse(read('ops/grafana/nestjs-redis-session.json')) as {
    readonly panels: readonly BoardPanel[];
  };
  return panels;
}

/** Returns an expression with the values that Grafana puts in place of its variables. */
export function withVariables(expression: string, window: string): string {
  return expression
    .replaceAll('$__rate_interval', window)
    .replaceAll('$job', '.+')
    .replaceAll('$instance', '.+');
}
