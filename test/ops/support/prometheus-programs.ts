import {
  findPrometheus,
  HOW_TO_INSTALL_PROMETHEUS,
  type Prometheus,
} from '../../../scripts/prometheus-binary.mjs';

const found = findPrometheus();

/**
 * Defines a suite that runs the programs of Prometheus. Without them, the suite fails in CI, and is reported as not run
 * elsewhere.
 */
export function describeWithPrometheus(title: string, define: (programs: Prometheus) => void): void {
  if (found) {
    describe(title, () => define(found));
  } else if (process.env['CI']) {
    it(`${title}: finds Prometheus`, () => {
      throw new Error(HOW_TO_INSTALL_PROMETHEUS);
    });
  } else {
    console.warn(`Not run: ${title}. ${HOW_TO_INSTALL_PROMETHEUS}`);
    describe.skip(title, () => define({ server: '', tool: '' }));
  }
}
