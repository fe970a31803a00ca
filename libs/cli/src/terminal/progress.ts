import { Presets, SingleBar } from 'cli-progress';

const REDRAWS_PER_SECOND = 5;

/** The progress of a long step. */
export interface Progress {
  /** Shows the part that is done, from 0 to 1, and a few words about it. */
  show(part: number, note: string): void;
  /** Removes the bar. */
  end(): void;
}

const INVISIBLE: Progress = { show: () => undefined, end: () => undefined };

/** Shows a progress bar on a stream that is a terminal, and nothing on any other. */
export function showProgress(stream: NodeJS.WriteStream, label: string): Progress {
  if (!stream.isTTY) return INVISIBLE;
  const bar = new SingleBar(
    {
      stream,
      format: `${label} {bar} {percentage} % {note}`,
      clearOnComplete: true,
      hideCursor: true,
      fps: REDRAWS_PER_SECOND,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { note: '' });
  return {
    show: (part, note) => bar.update(part, { note }),
    end: () => bar.stop(),
  };
}
