import { type Platform, platforms } from '../../support/platforms.js';
import { type PackageName, useOf } from '../catalogue.js';

/** Runs a suite about a package once on each platform that it is for. */
export function about(name: PackageName, suite: (platform: Platform) => void): void {
  const use = useOf(name);
  const fitting = platforms.filter((platform) => use[platform.name] !== null);
  describe.each(fitting.map((platform) => [platform.name, platform] as const))(
    `${name} on %s`,
    (_name, platform) => suite(platform),
  );
}
