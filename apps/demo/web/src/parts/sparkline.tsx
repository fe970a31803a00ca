interface Props {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  /** The latest at the end; `null` where nothing was known. */
  readonly series: readonly (number | null)[];
  /** How many points the width shows. */
  readonly width: number;
}

const HEIGHT = 40;

/** A figure, and how it went during the last minute. */
export function Sparkline({ name, value, unit, series, width }: Props) {
  const known = series.filter((each) => each !== null);
  const top = Math.max(1, ...known);
  const first = width - series.length;
  const points = series.flatMap((each, index) =>
    each === null ? [] : [[first + index, HEIGHT - 2 - (each / top) * (HEIGHT - 6)] as const],
  );
  const line = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y.toFixed(1)}`).join('');
  const [begin, end] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  return (
    <div class="tile">
      <p class="tile-name">{name}</p>
      <p class="tile-value">
        {value} {unit && <span class="muted">{unit}</span>}
      </p>
      <svg
        class="spark"
        viewBox={`0 0 ${width - 1} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} during the last minute, up to ${top === 1 ? Math.max(0, ...known) : top}`}
      >
        {points.length > 1 && <path class="spark-area" d={`${line}L${end} ${HEIGHT}L${begin} ${HEIGHT}Z`} />}
        {points.length > 1 && <path class="spark-line" d={line} />}
      </svg>
    </div>
  );
}
