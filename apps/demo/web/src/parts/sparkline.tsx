interface Props {
  readonly name: string;
  readonly value: string;
  /** Says what the value is, such as its unit. */
  readonly unit?: string;
  /** The latest value comes last; `null` stands for an unknown one. */
  readonly series: readonly (number | null)[];
  /** The number of points that the chart has room for. */
  readonly width: number;
  /** Formats the peak, which is the upper edge of the chart. */
  readonly formatPeak: (peak: number) => string;
  readonly isMain?: boolean;
}

const HEIGHT = 40;

/** Shows a metric with a chart of the last minute. Without a value above zero there is nothing to chart. */
export function Sparkline({ name, value, unit, series, width, formatPeak, isMain = false }: Props) {
  const peak = Math.max(0, ...series.filter((each) => each !== null));
  return (
    <div class={isMain ? 'tile main' : 'tile'}>
      <p class="tile-name">{name}</p>
      <p class="tile-value">
        {value} {unit && <span class="muted">{unit}</span>}
      </p>
      {peak > 0 ? (
        <>
          <Chart name={name} series={series} width={width} peak={peak} label={formatPeak(peak)} />
          <p class="tile-peak">Peak {formatPeak(peak)}</p>
        </>
      ) : (
        <p class="tile-peak">None in the last minute</p>
      )}
    </div>
  );
}

interface ChartProps extends Pick<Props, 'name' | 'series' | 'width'> {
  readonly peak: number;
  readonly label: string;
}

function Chart({ name, series, width, peak, label }: ChartProps) {
  const first = width - series.length;
  const points = series.flatMap((each, index) =>
    each === null ? [] : [[first + index, HEIGHT - 2 - (each / peak) * (HEIGHT - 6)] as const],
  );
  const line = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y.toFixed(1)}`).join('');
  const [begin, end] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width - 1} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name} during the last minute, with a peak of ${label}`}
    >
      {points.length > 1 && <path class="spark-area" d={`${line}L${end} ${HEIGHT}L${begin} ${HEIGHT}Z`} />}
      {points.length > 1 && <path class="spark-line" d={line} />}
    </svg>
  );
}
