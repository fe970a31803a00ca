import { drawBoard } from '../../ops/picture/picture.js';
import type { PanelData } from '../../ops/picture/theme.js';
import { shown } from '../../ops/picture/units.js';
import { boardPanels } from './support/board.js';

const CHART: PanelData = {
  type: 'timeseries',
  title: 'Calls < 1',
  unit: 'ops',
  isStacked: false,
  gridPos: { x: 0, y: 0, w: 8, h: 7 },
  series: [
    {
      name: 'load',
      points: [
        [0, 1],
        [1, NaN],
        [2, 3],
      ],
    },
    {
      name: 'commit',
      points: [
        [0, 2],
        [2, 2],
      ],
    },
  ],
};

describe('the picture of the board', () => {
  it('draws a line through the known values of each series', () => {
    const picture = drawBoard('Board', [CHART], 'Made up');
    expect(picture).not.toContain('NaN');
    expect(picture.match(/<path class="l\d"/g)).toHaveLength(2);
    expect(picture).toContain('Calls &lt; 1');
  });

  it('stacks areas, the highest of which is the sum', () => {
    const picture = drawBoard('Board', [{ ...CHART, isStacked: true }], 'Made up');
    expect(picture.match(/<path class="a\d"/g)).toHaveLength(2);
    expect(picture).toContain('>5/s<');
  });

  it('shows the last value of a panel with one number', () => {
    const stat: PanelData = {
      ...CHART,
      type: 'stat',
      unit: 's',
      series: [
        {
          name: '',
          points: [
            [0, 0.25],
            [1, NaN],
          ],
        },
      ],
    };
    expect(drawBoard('Board', [stat], '')).toContain('>250 ms<');
    expect(drawBoard('Board', [{ ...stat, series: [] }], '')).toContain('>no data<');
  });

  it.each([
    [0, 'short', '0'],
    [1234, 'short', '1.23 k'],
    [0.5, 'ops', '0.5/s'],
    [1536, 'bytes', '1.5 KiB'],
    [12, 'bytes', '12 B'],
    [2_000_000, 'Bps', '2 MB/s'],
    [0.995, 'percentunit', '99.5 %'],
    [0.00025, 's', '250 µs'],
  ])('%d in the unit %s is shown as %s', (value, unit, text) => {
    expect(shown(value, unit)).toBe(text);
  });

  it('every unit of the board has a text', () => {
    for (const { fieldConfig } of boardPanels())
      expect(() => shown(1, fieldConfig?.defaults.unit)).not.toThrow();
  });
});
